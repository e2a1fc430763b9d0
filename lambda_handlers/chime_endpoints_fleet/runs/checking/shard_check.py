"""Check one shard: list the endpoints of each of its users, at the worker's pace, and compare them with the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import LIST, Endpoints, Listed, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import ServiceError

from ...applying.calling import FleetCaller, Patience
from ...applying.operations import Surroundings
from ...applying.pace import Pace
from ...ledger import shard_ledger
from ...ledger.entry import Entry
from ...store import Store
from .. import settings as run_settings
from .findings import Finding, compare, read_finding
from .strays import Strays

_THREADS = 4
_SECONDS = 60.0
"""For one user."""
_ENOUGH = 60.0
"""Seconds that the function must have left to begin with another user."""


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


@dataclass(frozen=True, kw_only=True)
class _User:
    """A user's endpoints as the service lists them."""

    arn: str
    endpoints: Mapping[str, Listed] = field(default_factory=dict)
    inactive: Mapping[str, str] = field(default_factory=dict)
    """The service's reason for each inactive endpoint."""
    failure: str = ""
    """Why they could not be listed."""


def check(
    store: Store,
    run: str,
    *,
    level: int,
    shard: int,
    rate: float,
    surroundings: Surroundings,
    time_left: Callable[[], float],
) -> bool:
    """Check a shard and write its report; return False if there was not enough time for all of its users.

    Another worker then continues with the users that are not in the report yet.
    """
    if unfinished(store, run, [shard]) == ():
        return True
    report = _Report.read(store.json(report_name(run, shard)))
    ledger = shard_ledger.load(store, level, shard)
    settings = run_settings.load(store, run)
    by_user: dict[str, list[Entry]] = {}
    for entry in ledger.entries.values():
        by_user.setdefault(entry.endpoint.user_arn, []).append(entry)
    service = _Service(surroundings, rate, settings.began, time_left)
    strays = Strays(store, settings, level, {shard: ledger})
    with ThreadPoolExecutor(_THREADS) as pool:
        for user in pool.map(service.read, [user for user in sorted(by_user) if user not in report.users]):
            if user is None:
                continue
            report.users[user.arn] = user.failure
            if not user.failure:
                report.checked += len(by_user[user.arn])
                report.findings += _differences(store.fleet, by_user[user.arn], user)
                report.findings += strays.among(user.arn, user.endpoints.values())
    is_done = len(report.users) == len(by_user)
    store.put_json(report_name(run, shard), report.to_json(is_done=is_done))
    return is_done


@dataclass
class _Report:
    """What was found in a shard so far."""

    users: dict[str, str] = field(default_factory=dict)
    """The users that were listed, each with the code of a failure or nothing."""
    checked: int = 0
    """The number of endpoints that were compared."""
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def read(cls, value: Mapping[str, Any] | None) -> _Report:
        """Return the report of an earlier worker, so that users that could not be listed are tried again."""
        if value is None:
            return cls()
        users = dict.fromkeys(value["listed"], "")
        return cls(users, value["checked"], [read_finding(each) for each in value["findings"]])

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


def _differences(fleet: str, entries: Iterable[Entry], user: _User) -> Iterator[Finding]:
    for entry in entries:
        id_ = entry.endpoint.endpoint_id
        if found := compare(fleet, entry, user.endpoints.get(id_), user.inactive.get(id_, "")):
            yield found


class _Service:
    """Lists users, as long as there is time."""

    def __init__(self, surroundings: Surroundings, rate: float, began: float, time_left: Callable[[], float]) -> None:
        self._surroundings = surroundings
        self._pace = Pace(rate, now=surroundings.monotonic, sleep=surroundings.sleep)
        self._patience = Patience(began, surroundings.now)
        self._time_left = time_left

    def read(self, user_arn: str) -> _User | None:
        """Return a user; None if there was no time to begin."""
        if self._time_left() < _ENOUGH:
            return None
        began = self._surroundings.monotonic()
        caller = FleetCaller(
            deadline=Deadline(lambda: _SECONDS - (self._surroundings.monotonic() - began)),
            sleep=self._surroundings.sleep,
            jitter=self._surroundings.jitter,
            pace=self._pace,
            patience=self._patience,
        )
        inactive: dict[str, str] = {}

        def noting(operation: str, request: Callable[[], dict[str, Any]], **more: Any) -> dict[str, Any]:
            answer = caller(operation, request, **more)
            for each in answer["AppInstanceUserEndpoints"]:
                state = each.get("EndpointState") or {}
                if state.get("Status") == "INACTIVE":
                    inactive[each.get("EndpointId", "")] = str(state.get("StatusReason") or "")
            return answer

        try:
            listed = Endpoints(user_arn, clients=self._surroundings.clients, call=noting).list()
        except ServiceError as error:
            if may_mean_no_user(error):
                return _User(arn=user_arn)
            self._surroundings.warn(f"{LIST} failed: {error.code}")
            return _User(arn=user_arn, failure=str(error.code))
        return _User(arn=user_arn, endpoints={each.endpoint_id: each for each in listed}, inactive=inactive)
