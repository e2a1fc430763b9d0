"""Replacement: another endpoint beside the current one, which CloudFormation deletes afterwards or returns to.

The new endpoint is registered under a name that marks it as ours and named as declared last of all: whatever is
cut short before leaves something that the next event recognises.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from chime_endpoints_handler.aws.deadline import Phase
from chime_endpoints_handler.aws.endpoints import Listed, Registered
from chime_endpoints_handler.aws.failures.errors import HandlerError, StaleEventError
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import EndpointDeclaration
from chime_endpoints_handler.model.physical_id import PhysicalId
from chime_endpoints_handler.resources.result import Outcome, registered
from chime_endpoints_handler.resources.work import Work

from . import leftovers
from .ownership import (
    declared_as,
    deregister,
    describe_each,
    listed_twice,
    physical_id_of,
    resolve,
    settle,
)
from .registration import Chosen, bring_back, register
from .rollback import endpoint_before_update
from .situation import Situation, look
from .staleness import is_stale, stop_if_stale


def replace(
    work: Work,
    declaration: EndpointDeclaration,
    *,
    former: EndpointDeclaration | None,
    current: PhysicalId,
) -> Outcome:
    """Brings what is registered to the declaration, where a change in place may not do.

    Args:
        work: the event's work.
        declaration: what is declared now.
        former: what was declared before, where that can be read.
        current: the id that CloudFormation holds.
    """
    try:
        wanted = resolve(declaration, work)
    except HandlerError:
        if (before := endpoint_before_update(work, declaration, former)) is None:
            raise
        return _return_to(before, work, declaration, former=former, current=current)
    situation = look(work, wanted, former=former, current=current)
    present = situation.present
    kept = present if present is not None and present.identity == situation.wanted.identity else None
    if present is None and situation.has_current_here:
        stop_if_stale(work)  # it should be there: is this event an old one?
    is_rollback = kept is not None and former is not None and former.immutable != declaration.immutable
    # A rollback has to find what is new, and at another user what has been there long before.
    has_to_look_twice = is_rollback or not situation.has_current_here
    if kept is not None:
        settle(situation.endpoints, kept, wanted)
    listed = listed_twice(situation.endpoints) if has_to_look_twice else situation.endpoints.list()
    may_mean_another = not declaration.is_pinned and (kept is None or bool(situation.others(listed)))
    if may_mean_another and (before := endpoint_before_update(work, declaration, former)) is not None:
        return _return_to(before, work, declaration, former=former, current=current)
    if kept is not None:
        return _keep(kept, situation, listed)
    return _complete(_find(situation, listed) or register(situation), situation, listed)


def _return_to(
    before: Registered,
    work: Work,
    declaration: EndpointDeclaration,
    *,
    former: EndpointDeclaration | None,
    current: PhysicalId,
) -> Outcome:
    """A rollback returns to the endpoint that there was before the update, with the device tokens that it has."""
    stop_if_stale(work)
    work.warn(
        f"The rollback returns to endpoint {before.endpoint_id} with the device token that it had before the update."
        " The next update registers the current value of the token's source."
    )
    situation = look(work, declared_as(before.identity, declaration, work), former=former, current=current)
    listed = listed_twice(situation.endpoints)
    if physical_id_of(before) == current:
        settle(situation.endpoints, before, situation.wanted)
        return _keep(before, situation, listed)
    work.warn_if_inactive(before)
    return _complete(Chosen.found(before), situation, listed)


def _complete(chosen: Chosen, situation: Situation, listed: Iterable[Listed]) -> Outcome:
    work, endpoints = situation.work, situation.endpoints
    try:
        situation.remove_strays(listed, but=chosen.endpoint_id)
        settle(endpoints, chosen, situation.wanted)
        if chosen.is_new or work.is_unusual():
            _stop_if_given_up(chosen, situation)
    except BaseException:  # whatever it is: the rollback could not recognise what is named as declared
        if not chosen.is_new or _withdraw(chosen, situation):
            _bring_back(chosen, situation)
        raise
    needs_mark = situation.wanted.is_name_declared and not chosen.is_adopted
    return registered(
        situation.id_of(chosen.endpoint_id), unanswered=partial(_mark, chosen, situation) if needs_mark else None
    )


def _keep(present: Registered, situation: Situation, listed: Iterable[Listed]) -> Outcome:
    """The current endpoint is the declared one: a replacement is rolled back, or a source has the same value."""
    situation.remove_strays(listed)
    situation.work.warn_if_inactive(present)
    if situation.wanted.refusal is not None:
        situation.work.warn(
            f"Endpoint {present.endpoint_id} stays registered as it is, though nothing can be pushed to it:"
            f" {situation.wanted.refusal}"
        )
    return registered(situation.id_of(present.endpoint_id))


def _find(situation: Situation, listed: Iterable[Listed]) -> Chosen | None:
    """The endpoint to return to on a rollback, or the one that an unanswered attempt of this event registered."""
    for endpoint in describe_each(situation.endpoints, situation.others(listed)):
        if situation.is_ours(endpoint):
            situation.work.warn_if_inactive(endpoint)
            return Chosen.found(endpoint)
    return None


def _mark(chosen: Chosen, situation: Situation) -> None:
    """Gives the endpoint the name by which the next event recognises it."""
    situation.endpoints.update(
        chosen.endpoint_id,
        name=situation.work.request.own_name,
        allow_messages=situation.wanted.allow_messages,
    )


def _withdraw(chosen: Chosen, situation: Situation) -> bool:
    """Removes the endpoint, or at least gives it the name by which the rollback's Update recognises and removes it.

    Returns:
        Whether it is gone.
    """
    situation.work.deadline.enter(Phase.CLEANUP)
    if _is_held(chosen, situation):
        return False  # an earlier delivery was answered: this one has registered nothing
    try:
        deregister(situation.endpoints, chosen.endpoint_id)
    except HandlerError:
        with suppress(HandlerError):
            _mark(chosen, situation)
        return False
    return True


def _is_held(chosen: Chosen, situation: Situation) -> bool:
    standing = situation.work.standing()
    return standing is not None and standing.physical_id == str(situation.id_of(chosen.endpoint_id))


def _bring_back(chosen: Chosen, situation: Situation) -> None:
    if chosen.predecessor is not None:
        bring_back(chosen.predecessor, situation)


def _stop_if_given_up(chosen: Chosen, situation: Situation) -> None:
    standing = situation.work.standing()
    if standing is None or standing.physical_id == str(situation.id_of(chosen.endpoint_id)):
        return
    if not is_stale(situation.work, standing):
        return
    if standing.is_given_up:
        leftovers.remove_all(situation.work, standing)
        if not (chosen.is_new or chosen.is_adopted):
            _withdraw(chosen, situation)  # a new one is withdrawn for every failure
    raise StaleEventError(
        Code.OVERTAKEN, "CloudFormation is no longer waiting for this Update. What it registered was removed."
    )
