"""Compares again and again, and shows only what has changed since the last look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_cli.output.console.terminal import complain, waiting
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.translation import in_one_line
from chime_endpoints_handler.aws.failures.errors import HandlerError

from .findings import COLUMNS, Finding, State

CALLS_PER_SECOND = 10.0
"""A fifth of the account's limit, so that watching does not throttle deployments and other callers."""
REMOVED = "removed"
"""The state of a resource that its stack no longer has."""
WATCH_COLUMNS = ("at", "was", *COLUMNS)
"""The columns of the CSV."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The stacks and findings at one moment."""

    stacks: Sequence[Stack] = ()
    findings: Sequence[Finding] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A resource that differs from the last look, or is new."""

    at: datetime
    finding: Finding
    was: State | None = None
    """The state at the last look; None if the resource is new."""
    is_removed: bool = False

    @property
    def state(self) -> str:
        """The state now."""
        return REMOVED if self.is_removed else str(self.finding.state)

    def to_record(self) -> dict[str, Any]:
        """Return the change as a flat record for CSV."""
        return self.finding.to_record() | self._moment

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON for other programs."""
        stack = self.finding.held.stack
        return {
            **self._moment,
            "stack": stack.name,
            "region": stack.region,
            **self.finding.to_json(),
            "state": self.state,
        }

    @property
    def _moment(self) -> dict[str, Any]:
        at = self.at.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"at": at, "was": self.was and str(self.was), "state": self.state}


def watch(
    look: Callable[[], Look], *, interval: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Look, list[Change]]]:
    """Yield each look with what has changed since the one before; the first look has everything.

    A later look that fails is reported, and the next one is compared with the last that succeeded. Only the first
    failure of its kind is reported.

    Args:
        look: compares the stacks once.
        interval: seconds from the end of a look to the next.
        sleep: waits.

    Raises:
        CommandError: or another error of `look`, if the first look fails.
    """
    now = look()
    yield now, changes(Look(), now)
    failure = ""
    while True:
        with waiting("Watching for drift (Ctrl-C ends it)"):
            sleep(interval)
        try:
            before, now = now, look()
        except (CommandError, HandlerError, ClientError, BotoCoreError) as error:
            if failure != (failure := in_one_line(error)):
                complain(f"{datetime.now().astimezone():%H:%M:%S}  could not look: {failure}")
            continue
        failure = ""
        yield now, changes(before, now)


def changes(before: Look, after: Look) -> list[Change]:
    """Return what differs between two looks, whatever the status of the stacks."""
    at = datetime.now(UTC)
    old = {_key(finding): finding for finding in before.findings}
    new = {_key(finding): finding for finding in after.findings}
    found = [
        Change(at=at, finding=finding, was=old[key].state if key in old else None)
        for key, finding in new.items()
        if key not in old or _compared(old[key]) != _compared(finding)
    ]
    gone = [finding for key, finding in old.items() if key not in new]
    return found + [Change(at=at, finding=finding, was=finding.state, is_removed=True) for finding in gone]


def _key(finding: Finding) -> tuple[str, str]:
    return finding.held.stack.id, finding.held.logical_id


def _compared(finding: Finding) -> tuple[object, ...]:
    held = finding.held.physical_id
    return held, finding.state, finding.reason, finding.differences, finding.not_compared
