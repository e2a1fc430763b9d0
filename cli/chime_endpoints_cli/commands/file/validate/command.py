"""The command line of `validate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from chime_endpoints.declared.document.variables import from_context
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.cdk.context import cdk_context

from . import report
from .checks import check, read


@click.command(
    "validate",
    cls=Command,
    examples=[
        ("chime-endpoints validate", "endpoints.yaml of this directory"),
        ("chime-endpoints validate staging.yaml -c APP_INSTANCE_ARN=arn:…", "another file, with a variable's value"),
        ("chime-endpoints validate - < endpoints.yaml", "the standard input, for example from an editor"),
        ("chime-endpoints validate --format github", "in GitHub Actions: mark the lines in the pull request"),
    ],
    exit_codes={
        ExitCode.DONE: "valid",
        ExitCode.FAILED: "failed; for example, the file does not exist",
        ExitCode.FOUND: "a file has mistakes",
    },
)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@click.option(
    "--all", "show_all", is_flag=True, help=f"Print all mistakes of a file, also more than {report.MOST_SHOWN}."
)
@options.context
@options.formats("text", "json", "github")
@options.as_json
def validate_command(
    *, files: tuple[Path, ...], show_all: bool, context: tuple[str, ...], form: str | None, as_json: bool
) -> ExitCode:
    """Check declaration files and report every mistake at once.

    FILE is by default the file that cdk.json names as `endpoints` in its context, otherwise endpoints.yaml. `-` is the
    standard input.

    Each mistake is reported with its file, line, column, entry and field, the value that was found, the values that are
    allowed, and a suggestion for a misspelled word. The line is shown below it; words that may be a device token are
    masked. The command does not call AWS and does not load CDK.
    """
    form = options.form_of(form, as_json=as_json, default="text")
    given = {**cdk_context(), **options.variables_in(context)}
    paths = files or (Path(str(given.get("endpoints") or "endpoints.yaml")),)
    sources = [read(path) for path in paths]
    results = [check(source, from_context(given.get, os.environ)) for source in sources]
    report.show(results, form, show_all=show_all)
    return ExitCode.FOUND if any(result.problems for result in results) else ExitCode.DONE
