"""`chime-endpoints validate`: checks a declaration file without AWS and without CDK."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from chime_endpoints.declared.document.problems import DeclaredFileError, Problem
from chime_endpoints.declared.document.variables import from_context
from chime_endpoints.declared.load import load
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.cdk.context import cdk_context
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.terminal import complain, counted, say, show_json


@click.command(
    "validate",
    cls=Command,
    examples=[
        ("chime-endpoints validate", "endpoints.yaml of this directory"),
        ("chime-endpoints validate staging.yaml -c APP_INSTANCE_ARN=arn:…", "another file, with a variable's value"),
    ],
    exit_codes={
        ExitCode.DONE: "valid",
        ExitCode.FAILED: "failed; for example, the file does not exist",
        ExitCode.FOUND: "the file has mistakes",
    },
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@options.context
@options.as_json
def validate_command(*, file: Path | None, context: tuple[str, ...], as_json: bool) -> ExitCode:
    """Check a declaration file and report every mistake at once.

    FILE is by default the file that cdk.json names as `endpoints` in its context, otherwise endpoints.yaml.

    Each mistake is reported with its file, line, column, entry and field, the value that was found, the values that are
    allowed, and a suggestion for a misspelled word. The command does not call AWS and does not load CDK.
    """
    given = {**cdk_context(), **options.variables_in(context)}
    file = file or Path(str(given.get("endpoints") or "endpoints.yaml"))
    if not file.exists() or file.is_dir():
        problem = f"{file} is a directory" if file.is_dir() else f"{file} does not exist"
        raise CommandError(problem, remedy="Name a file: chime-endpoints validate FILE")
    try:
        declared = load(file, from_context(given.get, os.environ))
    except DeclaredFileError as error:
        if as_json:
            show_json(
                {"file": str(file), "valid": False, "mistakes": [_to_json(problem) for problem in error.problems]}
            )
        else:
            complain(f"{error}\n{counted(len(error.problems), 'mistake')}")
        return ExitCode.FOUND
    if as_json:
        counts = {"endpoints": len(declared.entries), "stacks": declared.stacks}
        show_json({"file": str(file), "valid": True, "mistakes": [], **counts})
    else:
        number = counted(len(declared.entries), "endpoint")
        say(f"{file} is valid: {number} in {counted(declared.stacks, 'stack')}.")
    return ExitCode.DONE


def _to_json(problem: Problem) -> dict[str, object]:
    told = {"entry": problem.entry, "field": problem.field, "text": problem.text, "code": problem.code}
    return {**asdict(problem.place), **told}
