"""Rows for an event that is overtaken or fails: undo what it did, and register again what gave way."""

from __future__ import annotations

from ....aws.failures.errors import AlreadyRegisteredError, StaleEventError
from ....cloudformation.stack import status as stack
from ....model import physical_id
from ....model.codes import Code
from ....model.physical_id import Endpoint
from ..facts import Facts, id_of
from ..roles import Role, first
from ..steps import BringBack, Deregister, Fail, GiveUp, Look, Step, Succeed, Update
from .delete import left_alone


def answered_before(facts: Facts) -> Step | None:
    """A Create is late, and CloudFormation already has an earlier delivery's response: report that endpoint again."""
    if not facts.is_create or not facts.is_late or not is_overtaken(facts):
        return None
    held = physical_id.read(facts.status.physical_id)
    return Succeed(held) if isinstance(held, physical_id.Endpoint) and not facts.status.is_given_up else None


def overtaken(facts: Facts) -> Step | None:
    """The event is late or its endpoint is gone, and CloudFormation no longer waits for it: clean up, then fail."""
    is_lost = facts.has_current_here and facts.knows(Look.HELD) and facts.held is None and facts.gave_way is None
    return give_up(facts) if (facts.is_late or is_lost) and is_overtaken(facts) else None


OVERTAKEN_ROWS = (answered_before, overtaken)
"""Create or Update: CloudFormation may have gone on."""


def is_overtaken(facts: Facts) -> bool:
    """Whether CloudFormation has gone on without the response to this event."""
    status = facts.status
    has_chosen = facts.chosen is not None and status.physical_id == str(id_of(facts.chosen))
    return not has_chosen and stack.is_overtaken(facts.request, facts.arrival, status)


def unless_overtaken(facts: Facts, step: Step) -> Step:
    """Return a step that is an anomaly in an Update, unless the event is overtaken."""
    return give_up(facts) if not facts.is_create and is_overtaken(facts) else step


def give_up(facts: Facts) -> GiveUp:
    """Return the step that ends an overtaken event."""
    done = "Nothing was registered." if facts.is_create else "Nothing was changed."
    if facts.new is not None:
        done = "What it registered was removed."
    kind = facts.request.request_type
    return GiveUp(StaleEventError(Code.OVERTAKEN, f"CloudFormation is no longer waiting for this {kind}. {done}"))


def withdraw(facts: Facts) -> Step | None:
    """This event registered an endpoint, and CloudFormation does not have it: deregister it."""
    if (target := _to_withdraw(facts)) is None or target in facts.removed | facts.out_of_reach:
        return None
    return None if facts.status.physical_id == str(target) else Deregister(target)


def mark_for_the_rollback(facts: Facts) -> Step | None:
    """The replacement could not be deregistered: give it the marked name, by which the rollback recognizes it."""
    if facts.new is None or facts.is_create or id_of(facts.new) not in facts.out_of_reach:
        return None
    mark = Update(id_of(facts.new), facts.request.own_name, facts.new.allow_messages)
    return None if mark in facts.tried else mark


def remove_attempts(facts: Facts) -> Step | None:
    """An earlier attempt of this event may have registered an endpoint, and one is certainly its own: deregister it."""
    stray = first(facts.own, facts, Role.STRAY) if _may_have_left_something(facts) else None
    return None if stray is None or _is_added_again(facts) else Deregister(id_of(stray))


def bring_back(facts: Facts) -> Step | None:
    """The former endpoint gave way, and its replacement does not stay: register the former endpoint again."""
    if facts.gave_way is None or _is_brought_back(facts):
        return None
    is_succeeded = facts.new is not None and id_of(facts.new) not in facts.removed
    return None if is_succeeded or is_overtaken(facts) else BringBack(facts.gave_way)


def fail(facts: Facts) -> Step | None:
    """The cleanup is done: fail with the first error. Report what may be from this resource (CE-418)."""
    assert facts.failure is not None  # noqa: S101 - the policy comes here for nothing else
    return Fail(facts.failure, reports=left_alone(facts) if _may_have_left_something(facts) else ())


ROWS = (withdraw, mark_for_the_rollback, remove_attempts, bring_back, fail)
"""Create or Update: it fails."""


def _to_withdraw(facts: Facts) -> Endpoint | None:
    if facts.new is not None:
        return id_of(facts.new)
    if facts.chosen is None or facts.is_adopted:
        return None
    return id_of(facts.chosen) if facts.status.is_given_up and id_of(facts.chosen) != facts.current else None


def _is_brought_back(facts: Facts) -> bool:
    """Whether it was tried to register what gave way again, with or without success."""
    return facts.gave_way is not None and BringBack(facts.gave_way) in facts.tried


def _is_added_again(facts: Facts) -> bool:
    """Whether CloudFormation waits for a newer Create of the same resource, which may have registered it."""
    return facts.is_create and stack.is_another_create(facts.arrival, facts.status)


def _may_have_left_something(facts: Facts) -> bool:
    """Whether attempts of this event may have left something that is certainly not a newer event's."""
    is_taken, is_stale = isinstance(facts.failure, AlreadyRegisteredError), isinstance(facts.failure, StaleEventError)
    is_unsure = facts.arrival.is_known_repeat or (facts.is_in_doubt and not is_taken)
    if facts.is_create:
        return not is_taken and (is_unsure or is_stale)
    if not (is_unsure or is_stale or _is_brought_back(facts)):
        return False
    if is_overtaken(facts):
        return facts.status.is_given_up
    if is_stale or not is_unsure:
        return False
    has_held = facts.knows(Look.HELD) and facts.held is not None
    return facts.status.is_known or (facts.is_in_doubt and has_held)
