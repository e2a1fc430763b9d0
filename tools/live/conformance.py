"""One run of the suite: the probes, the life of a stack, and the deletion of everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import ClientError
from rich.markup import escape

from chime_endpoints_cli.output.console.terminal import complain, console, progress

from .account import Account
from .probes.registry import IDENTITY, PUSH, Observed, run_probes
from .run import Run
from .sandbox.leftovers import find, remove
from .sandbox.sandbox import Sandbox
from .stack.checks import Check, checked
from .stack.life import Life, live
from .stack.logs import checks_of_log
from .stack.provider import NotDeployedError, deploy_provider
from .stack.trace import checks_of_trace, send


@dataclass
class Results:
    """What a run has observed."""

    observed: list[Observed] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What could not be deleted."""
    seconds: float = 0.0


def conform(account: Account, run: Run, *, disturbing: bool, quick: bool, stacks: bool) -> Results:
    """Run the suite, and delete everything that the run has created, whatever happens.

    Args:
        account: the account to run in.
        run: the run, whose names everything has.
        disturbing: whether to run probes that other callers of the account notice.
        quick: whether to leave out what takes minutes.
        stacks: whether to deploy stacks, in addition to the probes.
    """
    results, began = Results(), time.monotonic()
    sandbox = Sandbox(account, run)
    try:
        with progress("Probing", total=len(IDENTITY) + len(PUSH)) as advance:
            for each in run_probes(sandbox, disturbing=disturbing, advance=advance):
                results.observed.append(each)
        if stacks:
            _live(sandbox, results, waits_for_retry=not quick)
    except BaseException:
        if left := clean_up(account, run, stacks=stacks):
            complain("\n".join(["Could not delete:", *left, "Run make live ARGS=--clean-up."]))
        raise
    results.left = clean_up(account, run, stacks=stacks)
    results.seconds = time.monotonic() - began
    return results


def _live(sandbox: Sandbox, results: Results, *, waits_for_retry: bool) -> None:
    with _telling() as tell:
        life = Life(sandbox=sandbox, tell=tell)
        tell("Deploying the provider")
        try:
            sent = send(sandbox)
            life.provider = deploy_provider(sandbox, secret=life.create_secret())
            results.checks += live(life)
            tell("Reading logs")
            results.checks += checks_of_log(sandbox.account, life.provider.log_group)
            tell("Waiting for Lambda to deliver an event again")
            results.checks += checks_of_trace(sandbox, sent, waits_for_retry=waits_for_retry)
        except (NotDeployedError, ClientError, TimeoutError) as error:
            results.checks.append(checked("stacks", "The suite can deploy its stacks.", None, str(error)))


def clean_up(account: Account, run: Run, *, stacks: bool) -> list[str]:
    """Delete everything that a run has created, and return what could not be deleted."""
    with _telling() as tell:
        tell("Cleaning up")
        return remove(account, [each for each in find(account, stacks=stacks) if each.run == run], tell=tell)


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Show what is going on beside a spinner."""
    with console(stderr=True).status("…") as status:
        yield lambda text: status.update(f"{escape(text)} …")
