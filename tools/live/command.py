"""The command line of the suite."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.error_handler import exit_code_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.command_line.process import exit_with
from chime_endpoints_cli.output.console.terminal import counted, heading, is_asked, say
from chime_endpoints_cli.output.errors import CommandError

from .account import Account
from .conformance import Results, conform
from .in_progress import has_ended, in_progress
from .plan import say_plan
from .report import show_checks, show_probes, write_profile
from .run import Run
from .sandbox.leftovers import Leftover, find, remove
from .stack.checks import Verdict


@click.command(
    cls=Command,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=[
        ("make live", "say what it creates, ask, and run"),
        ("make live ARGS=--yes", "do not ask"),
        ("make live ARGS=--clean-up", "delete what earlier runs have left"),
    ],
    exit_codes={
        ExitCode.DONE: "done, or there are no credentials and nothing was done",
        ExitCode.FAILED: "failed, or something is left in the account; the message says what",
        ExitCode.FOUND: "an assumption of this project does not hold",
    },
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--clean-up", "is_clean_up", is_flag=True, help="Only delete what earlier runs have left.")
@click.option("--quick", is_flag=True, help="Leave out what takes minutes: the second delivery of an event.")
@click.option("--no-stacks", is_flag=True, help="Only run the probes, without CloudFormation, Lambda and S3.")
@click.option("--rate", is_flag=True, help="Also probe the rate limit; this throttles all callers of the account.")
@click.option(
    "--profile",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("live-profile.json"),
    show_default=True,
    help="File to write the results to, for the emulator.",
)
def live(*, yes: bool, is_clean_up: bool, quick: bool, no_stacks: bool, rate: bool, path: Path) -> ExitCode:
    """Observe how the real services behave, in a sandbox that is deleted afterwards.

    It runs against the account and region of your AWS settings. It settles each switch of the emulator, and each
    assumption about CloudFormation, Lambda and their logs, and writes the results as a profile for the emulator.
    """
    account = Account()
    if not account.has_credentials():
        say_plan(account, stacks=not no_stacks)
        say("There are no AWS credentials. Nothing was done.")
        return ExitCode.DONE
    account.require_region()
    leftovers = find(account, stacks=not no_stacks)
    if is_clean_up:
        return _only_clean_up(account, leftovers, yes=yes)
    old = [each for each in leftovers if has_ended(each.run)]
    say_plan(account, stacks=not no_stacks)
    _say_leftovers(old, "Leftovers of earlier runs, which are deleted first:")
    _say_leftovers(
        [each for each in leftovers if each not in old],
        "These may belong to a run that is in progress elsewhere. If not, delete them with make live ARGS=--clean-up:",
    )
    _require_consent("Run it?", yes=yes)
    failures = remove(account, old)
    with path.open("a", encoding="utf-8"):  # before anything is created
        pass
    new = Run.new()
    with in_progress(new):
        results = conform(account, new, disturbing=rate, quick=quick, stacks=not no_stacks)
    results.left[:0] = failures
    return _report(account, results, path)


def _only_clean_up(account: Account, leftovers: Sequence[Leftover], *, yes: bool) -> ExitCode:
    if not leftovers:
        say(f"No run has left anything in {account.region}.")
        return ExitCode.DONE
    _say_leftovers(
        leftovers, "It deletes what earlier runs have left. Do not delete what belongs to a run in progress:"
    )
    _require_consent("Delete this?", yes=yes)
    _raise_if_left(remove(account, leftovers, tell=say))
    return ExitCode.DONE


def _say_leftovers(leftovers: Sequence[Leftover], introduction: str) -> None:
    if leftovers:
        say(introduction)
        for each in leftovers:
            age = (time.time() - each.run.began) / 3600
            say(f"  {each.kind} {each.name}, {age:.1f} hours old")


def _require_consent(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not is_asked():
        raise CommandError("make live cannot ask for confirmation here", remedy="Add --yes.")
    if not click.confirm(f"  {question}", err=True):
        raise click.Abort


def _report(account: Account, results: Results, path: Path) -> ExitCode:
    heading("Switches of the emulator")
    show_probes(results.observed)
    if results.checks:
        heading("Assumptions about stacks, functions and logs")
        show_checks(results.checks)
    write_profile(path, account=account, observed=results.observed, checks=results.checks)
    settled = sum(each.is_settled for each in results.observed)
    differing = [each.name for each in results.checks if each.verdict is Verdict.DIFFERS]
    heading("Result")
    say(f"Switches settled: {settled} of {len(results.observed)}")
    if results.checks:
        say(f"Assumptions that do not hold: {len(differing)} of {len(results.checks)}")
    say(f"Profile for the emulator, with all evidence: {path} ({results.seconds:.0f} s)")
    _raise_if_left(results.left)
    return ExitCode.FOUND if differing else ExitCode.DONE


def _raise_if_left(left: Sequence[str]) -> None:
    if left:
        raise CommandError(
            f"could not delete {counted(len(left), 'thing')}",
            output="\n".join(left),
            remedy="Run make live ARGS=--clean-up, or delete them in the console.",
        )


def main() -> NoReturn:
    """Run the suite and exit; everything that it created is deleted first."""
    exit_with(run)


def run(arguments: list[str]) -> int:
    """Run the suite with arguments, and return its exit code; a failure prints one message."""
    return exit_code_of(arguments, lambda: live.main(arguments, prog_name="make live", standalone_mode=False))
