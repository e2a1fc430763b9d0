"""What a check finds about one endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chime_endpoints_handler.aws.endpoints.api import Listed
from chime_endpoints_handler.model.declaration import AllowMessages

from ...ledger.entry import Entry
from ...manifest.digests import settled_digest


class State(StrEnum):
    """How an endpoint differs from the ledger."""

    GONE = "gone"
    """The ledger has it, and it is not registered."""
    INACTIVE = "inactive"
    """The service delivers nothing to it, for example because the device token is no longer valid."""
    ROTATED = "rotated"
    """Its device token is not the one that the source of its line returns now."""
    CHANGED = "changed"
    """Its name or AllowMessages is not what the fleet has set."""
    SHARED = "shared"
    """Another key has the same endpoint, and the removal of either would deregister it."""
    STRAY = "stray"
    """It has a name that only this fleet gives, and no ledger has it."""


REPAIRED = (State.GONE, State.ROTATED, State.CHANGED)
"""What a run can repair."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference, without values."""

    key: str
    user_arn: str
    endpoint_id: str
    state: State
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as the report contains it."""
        return {
            "key": self.key,
            "user_arn": self.user_arn,
            "endpoint_id": self.endpoint_id,
            "state": str(self.state),
            "detail": self.detail,
        }


def read_finding(value: Mapping[str, Any]) -> Finding:
    """Read what `Finding.to_json` returned."""
    return Finding(
        key=value["key"],
        user_arn=value["user_arn"],
        endpoint_id=value["endpoint_id"],
        state=State(value["state"]),
        detail=value["detail"],
    )


def compare(fleet: str, entry: Entry, listed: Listed | None, inactive: str) -> Finding | None:
    """Return how a registered endpoint differs from its entry; None if it does not.

    Args:
        fleet: the fleet's id.
        entry: what the ledger says.
        listed: what the service lists; None if it does not list the endpoint.
        inactive: the service's reason why the endpoint is inactive; empty if it is active.
    """
    state, detail = State.GONE, ""
    if listed is not None and inactive:
        state, detail = State.INACTIVE, inactive
    elif listed is not None:
        state, detail = State.CHANGED, _changed(fleet, entry, listed)
        if not detail:
            return None
    return found(entry, state, detail)


def found(entry: Entry, state: State, detail: str = "") -> Finding:
    """Return a difference of an entry's endpoint."""
    endpoint = entry.endpoint
    return Finding(
        key=entry.key, user_arn=endpoint.user_arn, endpoint_id=endpoint.endpoint_id, state=state, detail=detail
    )


def _changed(fleet: str, entry: Entry, listed: Listed) -> str:
    """Return what differs; empty if nothing does, or if the next run changes the endpoint anyway.

    A ledger has digests only. A name that is not declared is not compared: an adopted endpoint keeps its own.
    """
    settled = entry.digests.settled
    names = (listed.name, None)
    if not settled or any(_is(fleet, settled, name, listed.allow_messages) for name in names):
        return ""
    if any(_is(fleet, settled, name, each) for name in names for each in AllowMessages):
        return "allow_messages"
    return "name"


def _is(fleet: str, settled: str, name: str | None, allow_messages: str) -> bool:
    return any(settled == settled_digest(fleet, name, allow_messages, requires_active=each) for each in (False, True))
