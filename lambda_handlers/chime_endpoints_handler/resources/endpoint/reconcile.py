"""The loop: decide by what is known, perform one step, decide again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...aws.deadline import Phase
from ...aws.failures.errors import AlreadyRegisteredError, StaleEventError
from ...cloudformation.request import Request, RequestType
from ...model import physical_id
from ...model.arns import USER_ARN
from ...model.physical_id import Endpoint, PhysicalId
from ..context import EventContext, Result
from . import steps
from .desired import declared_in
from .facts import Facts, UnseenError, id_of
from .perform.changes import Changes
from .perform.looks import Looks
from .policy import decide


def reconcile(context: EventContext, looks: Callable[[EventContext], Looks] = Looks) -> Result:
    """Handle a Create, an Update or a Delete of an endpoint.

    Raises:
        HandlerError: the event failed, and its cleanup is done.
    """
    look, change, facts = looks(context), Changes(context), _facts_of(context)
    while True:
        facts = replace(facts, is_late=context.arrival.is_late, had_trouble=context.call.met_trouble)
        step = decide(facts)
        context.note(_id_of_failure(facts, step, context))
        if isinstance(step, steps.Succeed):
            return _result(step, facts, context)
        if isinstance(step, steps.Fail):
            _tell(step, context)
            raise step.error
        is_cleanup = facts.failure is not None
        facts = _perform(step, facts, look, change)
        if facts.failure is not None and not is_cleanup:
            context.deadline.enter(Phase.CLEANUP)
            facts = facts.without(steps.GiveUp.stale)


def _perform(step: steps.Look | steps.Change, facts: Facts, look: Looks, change: Changes) -> Facts:
    """Perform a step; a failure becomes a fact, and a cleanup goes on with the next step."""
    before = facts
    if before.failure is not None and not isinstance(step, steps.Look):
        facts = replace(facts, tried=facts.tried | {step})
    try:
        return look(step, facts) if isinstance(step, steps.Look) else change(step, facts)
    except UnseenError as unseen:
        return _perform(unseen.look, before, look, change)
    except BaseException as error:  # noqa: BLE001 - whatever it is, nothing of the event is to remain
        if before.failure is None:
            return replace(facts, failure=error)
        return facts.with_seen(step, ()) if isinstance(step, steps.Look) else facts


def _facts_of(context: EventContext) -> Facts:
    request = context.request
    is_update = request.request_type == RequestType.UPDATE
    return Facts(
        request=request,
        arrival=context.arrival,
        current=physical_id.read(request.physical_id),
        user_arn=_user_arn(request),
        declaration=declared_in(request.properties),
        former_declaration=declared_in(request.old_properties) if is_update else None,
    )


def _user_arn(request: Request) -> str:
    """Return the declared user; of a Delete, even if the other properties are invalid today."""
    user_arn = request.properties.get("AppInstanceUserArn") if isinstance(request.properties, dict) else None
    return user_arn if isinstance(user_arn, str) and USER_ARN.fullmatch(user_arn) else ""


def _id_of_failure(facts: Facts, step: steps.Step, context: EventContext) -> PhysicalId:
    """Return the physical id that a failure is answered with from now on."""
    if not facts.is_create:
        return facts.brought_back or facts.current
    if facts.new is not None and id_of(facts.new) not in facts.removed:
        return id_of(facts.new)
    if facts.out_of_reach:
        return min(facts.out_of_reach, key=str)
    is_over = isinstance(facts.failure, AlreadyRegisteredError) or facts.is_adopted
    is_withdrawn = isinstance(facts.failure, StaleEventError) and facts.new is not None
    has_tried = isinstance(step, steps.Register) or facts.has_failed_attempts or facts.remembered
    if has_tried and not is_over and not is_withdrawn:
        return context.unconfirmed_id()
    return context.id_of_nothing()


def _result(step: steps.Succeed, facts: Facts, context: EventContext) -> Result:
    _tell(step, context)
    if not isinstance(step.physical_id, Endpoint) or facts.is_delete:
        return Result(physical_id=step.physical_id)
    endpoint = step.physical_id
    mark, unmarked = None, step.unmarked
    if unmarked is not None:
        update = partial(context.endpoints(endpoint.user_arn).update, endpoint.endpoint_id)
        mark = partial(update, name=context.request.own_name, allow_messages=unmarked.allow_messages)
    return Result(
        physical_id=endpoint,
        data={"EndpointId": endpoint.endpoint_id, "AppInstanceUserArn": endpoint.user_arn},
        registered=endpoint.endpoint_id if facts.new is not None else "",
        if_not_accepted=mark,
    )


def _tell(step: steps.Succeed | steps.Fail, context: EventContext) -> None:
    for warning in step.warnings if isinstance(step, steps.Succeed) else ():
        context.warn(warning)
    for report in step.reports:
        context.report(report)
