"""Rows for a Delete: by the ID alone; for an ID that no Create reported, what that Create may have left."""

from __future__ import annotations

from ....model.codes import Code
from ....model.physical_id import Endpoint, NotApplied
from ..facts import Facts, id_of
from ..roles import Role, first, role_of
from ..steps import Deregister, Fail, LookAgain, Step, Succeed

_WAITS = (1.0, 2.0)  # a new endpoint may be missing from the first List, and the Create may still be running


def delete_failed(facts: Facts) -> Step | None:
    """A call failed: fail. CloudFormation can send the Delete again."""
    return Fail(facts.failure) if facts.failure is not None else None


def deregister_held(facts: Facts) -> Step | None:
    """The ID names an endpoint: deregister it."""
    if not isinstance(facts.current, Endpoint) or facts.current in facts.removed:
        return None
    return Deregister(facts.current)


def nothing_to_delete(facts: Facts) -> Step | None:
    """The endpoint is deregistered, nothing was registered, or the properties name no valid user: succeed."""
    is_done = isinstance(facts.current, Endpoint | NotApplied) or not facts.user_arn
    return Succeed(facts.current) if is_done else None


def resource_lives_on(facts: Facts) -> Step | None:
    """No Create reported the ID, and CloudFormation still has the resource, under another ID: succeed.

    This Delete is late. What looks like a leftover may be the replacement that an Update is registering.
    """
    lives_on = facts.status.is_known and not facts.status.is_given_up
    return Succeed(facts.current) if lives_on else None


def reclaim(facts: Facts) -> Step | None:
    """No Create reported the ID, and an endpoint is certainly from that Create: deregister it."""
    stray = first(facts.own, facts, Role.STRAY)
    return Deregister(id_of(stray)) if stray else None


def look_again(facts: Facts) -> Step | None:
    """No Create reported the ID, and nothing was found: look again after one second, then after two.

    List may lag, and the Create may still be running.
    """
    return LookAgain(_WAITS[facts.looks - 1]) if not facts.removed and facts.looks <= len(_WAITS) else None


def reclaimed(facts: Facts) -> Step | None:
    """Nothing is left to deregister: succeed. Report what may be from this resource or from someone else (CE-418)."""
    return Succeed(facts.current, reports=left_alone(facts))


ROWS = (delete_failed, deregister_held, nothing_to_delete, resource_lives_on, reclaim, look_again, reclaimed)
"""Delete."""


def left_alone(facts: Facts) -> tuple[str, ...]:
    """Return a report of each endpoint that may be this resource's or someone else's."""
    return tuple(
        f"{Code.LEFT_ALONE}: Endpoint {endpoint.endpoint_id} matches the declaration, but nothing proves that"
        " this resource registered it, so it stays registered. Deregister it if nothing uses it."
        for endpoint in facts.own
        if role_of(endpoint, facts) is Role.DOUBTFUL
    )
