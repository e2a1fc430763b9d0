"""`chime-endpoints validate`: a declaration file alone, without AWS and without CDK."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from chime_endpoints.declared.load import load
from chime_endpoints.declared.problems import DeclaredFileError, Problem

from . import options
from .command import Command
from .errors import CommandError
from .exit_codes import ExitCode
from .terminal import complain, counted, say, show_json


@click.command(
    "validate",
    cls=Command,
    examples=[
        ("chime-endpoints validate", "endpoints.yaml of this directory"),
        ("chime-endpoints validate staging.yaml -c APP_INSTANCE_ARN=arn:…", "another file, with a variable's value"),
    ],
    exit_codes={
        ExitCode.DONE: "valid",
        ExitCode.FAILED: "failed: there is no such file, for example",
        ExitCode.FOUND: "the file has mistakes",
    },
)
@click.argument("file", default="endpoints.yaml", type=click.Path(path_type=Path))
@options.context
@options.as_json
def validate_command(*, file: Path, context: tuple[str, ...], as_json: bool) -> ExitCode:
    """Check a declaration file and tell all mistakes in it at once.

    Each mistake has its file, line, column, entry and field, what was found, what is allowed, and the word that was
    probably meant. Nothing is asked of AWS, and CDK is not loaded.
    """
    if not file.is_file():
        raise CommandError(f"there is no file {file}", remedy="Name one: chime-endpoints validate FILE")
    given = options.variables_in(context)
    try:
        declared = load(file, lambda name: given.get(name) or os.environ.get(name))
    except DeclaredFileError as error:
        if as_json:
            show_json({"valid": False, "mistakes": [_to_json(problem) for problem in error.problems]})
        else:
            complain(f"{error}\n{counted(len(error.problems), 'mistake')}")
        return ExitCode.FOUND
    if as_json:
        show_json({"valid": True, "mistakes": [], "endpoints": len(declared.entries), "stacks": declared.stacks})
    else:
        number = counted(len(declared.entries), "endpoint")
        say(f"{file} is valid: {number} in {counted(declared.stacks, 'stack')}.")
    return ExitCode.DONE


def _to_json(problem: Problem) -> dict[str, object]:
    told = {"entry": problem.entry, "field": problem.field, "text": problem.text, "code": problem.code}
    return {**asdict(problem.place), **told}
