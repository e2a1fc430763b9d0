"""The command line of `plan`."""

from __future__ import annotations

from pathlib import Path

import click

from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.background.background_process import background_cloud
from chime_endpoints_cli.local.cdk.context import cdk_context
from chime_endpoints_cli.output.console.terminal import show_json, write_raw
from chime_endpoints_cli.output.errors import CommandError

from .declared.assembly import read_assembly
from .declared.file import read_file
from .planning import make_plan
from .result import report
from .result.entries import Plan
from .result.markdown import to_markdown


@click.command(
    "plan",
    cls=Command,
    examples=[
        ("chime-endpoints plan", "endpoints.yaml of this directory"),
        ("cdk synth -q && chime-endpoints plan --app cdk.out", "an app of your own, or plain templates in it"),
        ("chime-endpoints plan --allow-changes --format markdown > plan.md", "for a comment on a pull request"),
        ("chime-endpoints plan --json | jq '.entries[] | select(.fails)'", "as JSON for another program"),
    ],
    exit_codes={
        ExitCode.DONE: "nothing to do; with --allow-changes, also changes that would not fail",
        ExitCode.FAILED: "failed, or the outcome is not known because something could not be looked up",
        ExitCode.FOUND: "there are changes, or the deployment would fail",
    },
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--app",
    type=click.Path(path_type=Path),
    metavar="DIRECTORY",
    help="Read the templates of a synthesized app (cdk.out) instead of a declaration file.",
)
@click.option(
    "--stack", "stacks", multiple=True, metavar="STACK", help="Plan only this stack; can be given several times."
)
@click.option(
    "--allow-changes", is_flag=True, help="Exit with 0 instead of 2 if there are changes and none would fail."
)
@options.context
@options.local
@options.formats("table", "json", "markdown")
@options.as_json
def plan_command(
    *,
    file: Path | None,
    app: Path | None,
    stacks: tuple[str, ...],
    allow_changes: bool,
    context: tuple[str, ...],
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Show what a deployment would do, and what would make it fail.

    FILE is by default the file that cdk.json names as `endpoints` in its context, otherwise endpoints.yaml.

    The command compares the declaration with the deployed stacks, and runs the function's own code on what is
    registered, without changing anything. It shows each entry with a sign: `+` created, `~` changed in place, `-/+`
    replaced, `-` removed, `>` moved or renamed, `=` unchanged. It reads device tokens from their secrets and
    parameters, and never shows them. An entry whose outcome depends on something that your credentials may not read is
    "not known".
    """
    form = options.form_of(form, as_json=as_json, default="table")
    if file is not None and app is not None:
        raise CommandError("FILE and --app cannot be used together", remedy="Use one of them.")
    if app is not None:
        declared = read_assembly(app)
    else:
        of_the_cloud = background_cloud().variables if local else {}
        given = {**cdk_context(), **of_the_cloud, **options.variables_in(context)}
        declared = read_file(file or Path(str(given.get("endpoints") or "endpoints.yaml")), given)
    plan = make_plan(options.services_of(local=local), declared.only(stacks))
    if form == "json":
        show_json(plan.to_json())
    elif form == "markdown":
        write_raw(to_markdown(plan))
    else:
        report.show(plan)
    return exit_code(plan, allow_changes=allow_changes)


def exit_code(plan: Plan, *, allow_changes: bool) -> ExitCode:
    """Return the exit code for a plan; a failure that it found counts more than what it could not look up."""
    if plan.fails:
        return ExitCode.FOUND
    if plan.is_unsure:
        return ExitCode.FAILED
    return ExitCode.FOUND if plan.has_changes and not allow_changes else ExitCode.DONE
