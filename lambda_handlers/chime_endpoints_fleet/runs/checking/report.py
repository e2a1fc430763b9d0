"""The reports of a check, one for each shard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...store import Store
from .findings import Finding, read_finding

NEWEST = "check"
"""The name of the object that names the newest check. A check does not become the fleet's newest run."""


def prefix_of(run: str) -> str:
    """Return the beginning of the names of the reports of a check."""
    return f"runs/{run}/check/"


def report_name(run: str, shard: int) -> str:
    """Return the name of the object that says what was found in a shard."""
    return f"{prefix_of(run)}{shard:05d}"


def unfinished(store: Store, run: str, shards: Sequence[int]) -> tuple[int, ...]:
    """Return the shards that were not checked completely, or with users that could not be listed."""
    reports = store.every(store.json, [report_name(run, shard) for shard in shards])
    return tuple(
        shard
        for shard, report in zip(shards, reports, strict=True)
        if report is None or not report["done"] or report["failed"]
    )


@dataclass
class Report:
    """What was found in a shard so far."""

    users: dict[str, str] = field(default_factory=dict)
    """The users that were listed, each with the code of a failure or nothing."""
    checked: int = 0
    """The number of endpoints that were compared."""
    findings: list[Finding] = field(default_factory=list)

    def to_json(self, *, is_done: bool) -> dict[str, Any]:
        """Return the report as the object contains it."""
        failed = {user: code for user, code in self.users.items() if code}
        return {
            "done": is_done,
            "users": len(self.users),
            "checked": self.checked,
            "failed": failed,
            "findings": [each.to_json() for each in self.findings],
            "listed": [] if is_done and not failed else sorted(self.users.keys() - failed.keys()),
        }


def read_report(value: Mapping[str, Any] | None) -> Report:
    """Read the report of an earlier worker, without the users that could not be listed: they are tried again."""
    if value is None:
        return Report()
    users = dict.fromkeys(value["listed"], "")
    return Report(users, value["checked"], [read_finding(each) for each in value["findings"]])
