"""Check one shard: list the endpoints of each of its users, at the worker's pace, and compare them with the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.aws.calls import Call
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import LIST, Endpoints, Listed, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError

from ...applying.handling.calling import FleetCaller, Patience
from ...applying.handling.others import Others
from ...applying.handling.pace import Pace
from ...applying.handling.surroundings import Surroundings
from ...ledger import fleet as fleets
from ...ledger import shard_ledger
from ...ledger.entry import Entry
from ...ledger.held import number_of
from ...manifest.lines import Declared
from ...store import Store
from .. import settings as run_settings
from .findings import Finding, State, compare, found
from .report import read_report, report_name, unfinished
from .strays import Strays
from .tokens import Tokens

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
    rotated: frozenset[str] = frozenset()
    """The keys whose device tokens differ."""
    failure: str = ""
    """Why they could not be listed."""


def check(
    store: Store,
    run: str,
    *,
    level: int,
    shard: int,
    rate: float,
    wanted: Callable[[], Mapping[str, Declared]],
    held: Callable[[], Sequence[str]],
    shared: Collection[int],
    surroundings: Surroundings,
    time_left: Callable[[], float],
) -> bool:
    """Check a shard and write its report; return False if there was not enough time for all of its users.

    Another worker then continues with the users that are not in the report yet. If another run has divided the fleet
    into more shards in the meantime, no report is written, so the check is not complete.

    Args:
        store: the fleet's objects.
        run: the run of the check.
        level: the level at which it was planned.
        shard: the shard.
        rate: calls a second.
        wanted: returns what the manifest declares for the shard; called if device tokens are compared.
        held: returns the packed endpoints of each shard.
        shared: the numbers of the endpoints that several entries have.
        surroundings: clocks and clients.
        time_left: returns the seconds that the function has left.
    """
    if fleets.read(store).level != level or not unfinished(store, run, [shard]):
        return True
    report = read_report(store.json(report_name(run, shard)))
    ledger = shard_ledger.load(store, level, shard)
    settings = run_settings.load(store, run)
    by_user: dict[str, list[Entry]] = {}
    for entry in ledger.entries.values():
        by_user.setdefault(entry.endpoint.user_arn, []).append(entry)
    tokens = Tokens(store.fleet, wanted() if settings.tokens else {}, surroundings.clients)
    service = _Service(surroundings, rate, settings.began, time_left, by_user, tokens)
    strays = Strays(store, settings, level, {shard: ledger}, Others(store, run, level, held).holder_of)
    with ThreadPoolExecutor(_THREADS) as pool:
        for user in pool.map(service.read, [user for user in sorted(by_user) if user not in report.users]):
            if user is None:
                continue
            report.users[user.arn] = user.failure
            if not user.failure:
                report.checked += len(by_user[user.arn])
                report.findings += _differences(store.fleet, by_user[user.arn], user)
                report.findings += (
                    found(each, State.SHARED) for each in by_user[user.arn] if number_of(each.endpoint) in shared
                )
                report.findings += strays.among(user.arn, user.endpoints.values())
    is_done = len(report.users) == len(by_user)
    if not run_settings.is_at_work(store, run):
        return True
    store.put_json(report_name(run, shard), report.to_json(is_done=is_done))
    return is_done


def _differences(fleet: str, entries: Iterable[Entry], user: _User) -> Iterator[Finding]:
    for entry in entries:
        id_ = entry.endpoint.endpoint_id
        if entry.key in user.rotated:
            yield found(entry, State.ROTATED)
        elif different := compare(fleet, entry, user.endpoints.get(id_), user.inactive.get(id_, "")):
            yield different


class _Service:
    """Lists users, as long as there is time, and describes their endpoints if device tokens are compared."""

    def __init__(
        self,
        surroundings: Surroundings,
        rate: float,
        began: float,
        time_left: Callable[[], float],
        by_user: Mapping[str, Sequence[Entry]],
        tokens: Tokens,
    ) -> None:
        self._surroundings = surroundings
        self._pace = Pace(rate, now=surroundings.monotonic, sleep=surroundings.sleep)
        self._patience = Patience(began, surroundings.now)
        self._time_left = time_left
        self._by_user = by_user
        self._tokens = tokens

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
            endpoints = {each.endpoint_id: each for each in listed}
            rotated = self._rotated(user_arn, endpoints.keys() - inactive.keys(), caller)
        except HandlerError as error:
            if isinstance(error, ServiceError) and error.operation == LIST and may_mean_no_user(error):
                return _User(arn=user_arn)
            self._surroundings.warn(f"A user could not be checked: {error.code}")
            return _User(arn=user_arn, failure=str(error.code))
        return _User(arn=user_arn, endpoints=endpoints, inactive=inactive, rotated=rotated)

    def _rotated(self, user_arn: str, active: Collection[str], call: Call) -> frozenset[str]:
        endpoints = Endpoints(user_arn, clients=self._surroundings.clients, call=call)
        compared = [each for each in self._by_user[user_arn] if each.endpoint.endpoint_id in active]
        return frozenset(each.key for each in compared if self._tokens.differ(each, endpoints, call))
