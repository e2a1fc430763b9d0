"""One entry of a ledger: an endpoint that the fleet has registered, without device tokens and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chime_endpoints_handler.model.physical_id import Endpoint

from ..manifest.digests import UNKNOWN, Digests
from ..store import compact


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An endpoint of the fleet."""

    key: str
    endpoint: Endpoint
    digests: Digests = UNKNOWN
    """Of the declaration that it was last changed to; `UNKNOWN` if a change failed, so that the next run checks it."""
    predecessors: tuple[Endpoint, ...] = ()
    """The endpoints that it replaced and that are still to be deregistered."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that are registered for the key."""
        return (self.endpoint, *self.predecessors)

    @cached_property
    def line(self) -> bytes:
        """The line of the ledger, which is written many times until the entry changes."""
        return compact(self.to_json())

    def to_json(self) -> list[Any]:
        """Return the value of the line."""
        members = [
            self.key,
            self.endpoint.user_arn,
            self.endpoint.endpoint_id,
            self.digests.identity,
            self.digests.settled,
        ]
        pairs = [[each.user_arn, each.endpoint_id] for each in self.predecessors]
        return [*members, pairs] if pairs else members


def read_entry(value: Any) -> Entry:
    """Read an entry that this release or an earlier one has written.

    Raises:
        ValueError, TypeError: it is not an entry.
    """
    key, user_arn, endpoint_id, identity, settled, *more = value
    if not all(isinstance(each, str) for each in (key, user_arn, endpoint_id, identity, settled)) or len(more) > 1:
        raise ValueError("not an entry of a ledger")
    pairs = more[0] if more else []
    return Entry(
        key=key,
        endpoint=Endpoint(user_arn, endpoint_id),
        digests=Digests(identity, settled),
        predecessors=tuple(Endpoint(user, endpoint) for user, endpoint in pairs),
    )


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A change that is about to be made, written down before its first call."""

    key: str
    operation: str
    request_id: str
    """Makes the service recognize a repeated registration. The same whenever the intent is carried out again."""
    run: str
    """The run whose declaration of the key it is about."""
    at: float
    """When it was written down, in seconds since the epoch."""
    user_arn: str = ""
    """The user for whom it registers an endpoint; empty if it registers none, and in ledgers of the first form."""
    settled: str = ""
    """The digest of what can be changed in place, to recognize the endpoint when the run's lines are gone."""

    def to_json(self) -> dict[str, Any]:
        """Return the intent as the ledger's header contains it."""
        members = {"k": self.key, "o": self.operation, "r": self.request_id, "run": self.run, "t": round(self.at, 3)}
        return {**members, "u": self.user_arn, "s": self.settled} if self.user_arn else members


def read_intent(value: Mapping[str, Any]) -> Intent:
    """Read an intent.

    Raises:
        KeyError, TypeError: it is not an intent.
    """
    return Intent(
        key=value["k"],
        operation=value["o"],
        request_id=value["r"],
        run=value["run"],
        at=float(value["t"]),
        user_arn=value.get("u", ""),
        settled=value.get("s", ""),
    )
