"""Check one shard: list the endpoints of each of its users, at the worker's pace, and compare them with the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import LIST, Endpoints, Listed, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import ServiceError

from ...applying.handling.calling import FleetCaller, Patience
from ...applying.handling.pace import Pace
from ...applying.handling.surroundings import Surroundings
from ...ledger import fleet as fleets
from ...ledger import shard_ledger
from ...ledger.entry import Entry
from ...store import Store
from .. import settings as run_settings
from .findings import Finding, compare
from .report import read_report, report_name, unfinished
from .strays import Strays

_THREADS = 4
_SECONDS = 60.0
"""For one user."""
_ENOUGH = 60.0
"""Seconds that the function must have left to begin with another user."""


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

    Another worker then continues with the users that are not in the report yet. If another run has divided the fleet
    into more shards in the meantime, no report is written, so the check is not complete.
    """
    if fleets.read(store).level != level or not unfinished(store, run, [shard]):
        return True
    report = read_report(store.json(report_name(run, shard)))
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
    if not run_settings.is_at_work(store, run):
        return True
    store.put_json(report_name(run, shard), report.to_json(is_done=is_done))
    return is_done


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
