"""What the newest check of a fleet has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.fleets.objects import FleetObjects
from chime_endpoints_fleet.runs.checking.findings import REPAIRED, Finding, State, read_finding
from chime_endpoints_fleet.runs.checking.report import NEWEST, prefix_of

from .records import read_run


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of a check, as far as it is."""

    run: str
    began: datetime | None
    compared: int
    findings: Sequence[Finding]
    """The differences, the most serious first."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """The error code for each user that could not be listed."""
    reason: str = ""
    """Why the check failed; empty if it did not."""
    is_complete: bool = False
    """Whether every endpoint was compared."""

    @property
    def repairable(self) -> Sequence[Finding]:
        """The findings that a run can repair."""
        return [each for each in self.findings if each.state in REPAIRED]

    @property
    def strays(self) -> Sequence[Finding]:
        """The endpoints that the fleet named and that no ledger has."""
        return [each for each in self.findings if each.state is State.STRAY]


def read_check(services: Services, fleet: Fleet) -> Check | None:
    """Return the newest check of a fleet, or None if it was never checked."""
    objects = FleetObjects(services, fleet)
    newest = objects.json(NEWEST)
    if newest is None:
        return None
    run = read_run(objects, newest["run"])
    names = [each.name for each in objects.listed(prefix_of(run.id))]
    reports: list[dict[str, Any]] = [each for each in objects.every_json(names) if each is not None]
    findings = dict.fromkeys(read_finding(each) for report in reports for each in report["findings"])
    order = list(State)
    return Check(
        run=run.id,
        began=run.began,
        compared=sum(report["checked"] for report in reports),
        findings=sorted(findings, key=lambda each: (order.index(each.state), each.key)),
        failed={user: code for report in reports for user, code in report["failed"].items()},
        reason=run.reason,
        is_complete=bool(run.result and run.result["ok"]),
    )
