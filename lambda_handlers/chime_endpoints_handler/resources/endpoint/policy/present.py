"""Rows for what is there already, and for the endpoint that was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....aws.endpoints.api import Registered
from ....aws.failures.errors import HandlerError
from ....model.codes import Code
from ....model.physical_id import Endpoint
from ..facts import Facts, id_of
from ..roles import Role, first
from ..steps import Choose, Deregister, GiveUp, Look, Step, Succeed, Update
from .failing import give_up, is_overtaken, unless_overtaken

_ACTIVATE = "Declare the device's current token and an application that exists."


def nothing_changed(facts: Facts) -> Step | None:
    """The declaration of the endpoint is the same as before: succeed without a call."""
    new, old = facts.declaration, facts.former_declaration
    if new is None or old is None or not facts.is_same_declaration:
        return None
    return Succeed(facts.current) if (old.name, old.allow_messages) == (new.name, new.allow_messages) else None


def updated(facts: Facts) -> Step | None:
    """The endpoint has been changed in place: succeed."""
    return Succeed(facts.current) if facts.is_updated else None


def update_in_place(facts: Facts) -> Step | None:
    """Only the name or AllowMessages differ from before: update the endpoint in place."""
    if facts.knows(Look.HELD) or not facts.is_same_declaration:
        return None
    assert facts.declaration is not None and isinstance(facts.current, Endpoint)  # noqa: S101, PT018 - the same is known
    name = facts.declaration.name
    return Update(facts.current, facts.request.own_name if name is None else name, facts.declaration.allow_messages)


def source_is_unreadable(facts: Facts) -> Step | None:
    """A device token cannot be read: fail; in a rollback, return to the endpoint from before the update."""
    if (error := facts.unreadable) is None:
        return None
    return GiveUp(error) if facts.before is None else unless_overtaken(facts, Choose(facts.before, is_return=True))


def source_was_rotated(facts: Facts) -> Step | None:
    """In a rollback, the source may return another token than before: return to the endpoint from before the update."""
    if facts.declaration is None or facts.declaration.is_pinned:
        return None
    may_mean_another = not _is_held_as_desired(facts) or facts.own
    if not may_mean_another or facts.before is None:
        return None
    return unless_overtaken(facts, Choose(facts.before, is_return=True))


def held_is_as_desired(facts: Facts) -> Step | None:
    """The current endpoint has the desired device token: keep it."""
    held = facts.held
    return Choose(held) if held is not None and _is_held_as_desired(facts) else None


def another_is_as_desired(facts: Facts) -> Step | None:
    """Another endpoint of this resource is as declared, from a rollback or an earlier attempt: choose it."""
    ours = first(facts.own, facts, Role.OURS)
    return Choose(ours) if ours else None


EARLY_ROWS = (nothing_changed, updated)
"""Update: there is little or nothing to do."""
ROWS = (update_in_place, source_is_unreadable, source_was_rotated, held_is_as_desired, another_is_as_desired)
"""Update: an endpoint may be there already."""


def _is_held_as_desired(facts: Facts) -> bool:
    return facts.held is not None and facts.held.identity == facts.desired.identity


def remembered(facts: Facts) -> Step | None:
    """A repeated event has registered an endpoint: check that it exists.

    The service may remember the request token after the endpoint is gone, and return its ID again.
    """
    is_unsure = facts.new is not None and facts.arrival.is_repeat and not facts.knows(Look.REMEMBERED)
    return Look.REMEMBERED if is_unsure else None


def must_be_active(facts: Facts) -> Step | None:
    """RequireActive is declared, and the chosen endpoint is INACTIVE: fail, unless this may be a rollback."""
    if facts.declaration is None or not facts.declaration.require_active:
        return None
    chosen = _chosen(facts)
    if not (inactive := chosen.inactive if facts.new is None else facts.state):
        return None
    if not facts.is_create and not facts.beginning.is_no_rollback:
        return None
    return GiveUp(
        HandlerError(
            Code.INACTIVE,
            f"Endpoint {chosen.endpoint_id} is INACTIVE ({inactive}), and RequireActive is true. {_ACTIVATE}",
        )
    )


def remove_strays(facts: Facts) -> Step | None:
    """An earlier attempt has left an endpoint beside the chosen one: deregister it.

    It stays if CloudFormation cannot be asked and the current endpoint is gone: it may belong to a newer event.
    """
    if facts.is_create:
        return None
    others = [each for each in facts.own if id_of(each) != id_of(_chosen(facts))]
    if (stray := first(others, facts, Role.STRAY)) is None:
        return None
    if facts.has_current_here and facts.held is None and not facts.status.is_known:
        return None  # it may be a newer event's: nobody says whether this one is current
    return unless_overtaken(facts, Deregister(id_of(stray)))


def settle(facts: Facts) -> Step | None:
    """The name or AllowMessages are not as declared: update them.

    An adopted endpoint without a declared name keeps its name: ours would mark it as what the next event may remove,
    if this one fails.
    """
    chosen, desired = _chosen(facts), facts.desired
    if facts.is_adopted and not desired.is_name_declared:
        desired = replace(desired, name=chosen.name or "")
    return None if desired.is_settled(chosen) else Update(id_of(chosen), desired.name, desired.allow_messages)


def overtaken_in_the_end(facts: Facts) -> Step | None:
    """There was a replacement, a failed call or a delay, and CloudFormation has gone on: clean up, then fail."""
    is_replaced = facts.new is not None and not facts.is_create
    is_unusual = is_replaced or facts.had_trouble or facts.is_late
    return give_up(facts) if is_unusual and is_overtaken(facts) else None


def succeed(facts: Facts) -> Step | None:
    """The chosen endpoint is as declared: succeed. A replacement is marked again if its response is not accepted."""
    chosen = _chosen(facts)
    is_kept = not facts.is_create and id_of(chosen) == facts.current
    needs_mark = not facts.is_create and not is_kept and not facts.is_adopted and facts.desired.is_name_declared
    return Succeed(
        id_of(chosen),
        warnings=tuple(_warnings(chosen, facts, is_kept=is_kept)),
        unmarked=chosen if needs_mark else None,
    )


CHOSEN_ROWS = (remembered, must_be_active, remove_strays, settle, overtaken_in_the_end, succeed)
"""Create or Update: an endpoint is chosen."""


def _chosen(facts: Facts) -> Registered:
    assert facts.chosen is not None  # noqa: S101 - the policy comes here for nothing else
    return facts.chosen


def _warnings(chosen: Registered, facts: Facts, *, is_kept: bool) -> Iterator[str]:
    if facts.is_return:
        yield (
            f"The rollback returns to endpoint {chosen.endpoint_id} with the device token that it had before the"
            " update. The next update registers the current value of the token's source."
        )
    if chosen.inactive:
        yield (
            f"{Code.INACTIVE}: Endpoint {chosen.endpoint_id} is INACTIVE ({chosen.inactive}) and receives no pushes."
            f" {_ACTIVATE}"
        )
    if is_kept and facts.desired.refusal is not None:
        yield (
            f"Endpoint {chosen.endpoint_id} stays registered as it is, though nothing can be pushed to it:"
            f" {facts.desired.refusal}"
        )
