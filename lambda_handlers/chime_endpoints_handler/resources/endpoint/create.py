"""Create: one call where nothing fails; otherwise the same endpoint for every delivery, or nothing registered."""

from __future__ import annotations

from contextlib import suppress

from chime_endpoints_handler.aws.calls import Attempts
from chime_endpoints_handler.aws.deadline import Phase
from chime_endpoints_handler.aws.endpoints import Endpoints, Registered
from chime_endpoints_handler.aws.failures.errors import (
    AlreadyRegisteredError,
    HandlerError,
    ServiceError,
    StaleEventError,
)
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.cloudformation.stack import Standing
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import read_endpoint
from chime_endpoints_handler.resources.result import Outcome, registered
from chime_endpoints_handler.resources.work import Work

from .adoption import adopt
from .idempotent import register
from .leftovers import Leftovers, look_for
from .ownership import (
    Wanted,
    bears_our_name,
    deregister,
    holders,
    is_as_wanted,
    physical_id_of,
    resolve,
    settle,
    was_created_since,
)


def create(work: Work) -> Outcome:
    """Registers the declared endpoint."""
    work.note(work.id_of_nothing())
    wanted = resolve(read_endpoint(work.request.properties), work)
    if wanted.refusal is not None:
        raise wanted.refusal
    endpoints = work.endpoints(wanted.identity.user_arn)
    if work.arrival.is_late and (standing := work.standing()) is not None and not _is_awaited(standing):
        held = physical_id.read(standing.physical_id)
        if isinstance(held, physical_id.Endpoint) and not standing.is_given_up:
            return registered(held)  # an earlier delivery has been answered
        _remove_attempts(work, endpoints, wanted, standing).report(work)
        raise StaleEventError(
            Code.OVERTAKEN, "CloudFormation is no longer waiting for this Create. Nothing was registered."
        )
    endpoint = _register(work, endpoints, wanted)
    if work.is_unusual():
        _withdraw_if_stale(work, endpoints, endpoint)
    return registered(endpoint)


def _register(work: Work, endpoints: Endpoints, wanted: Wanted) -> physical_id.Endpoint:
    attempts = Attempts()
    work.note(work.unconfirmed_id())
    try:
        endpoint_id = _register_or_find(work, endpoints, wanted, attempts)
    except AlreadyRegisteredError:
        raise
    except HandlerError:
        if attempts.failed or work.arrival.is_known_repeat:
            _leave_nothing(work, endpoints, wanted, attempts)
        else:
            work.note(work.id_of_nothing())
        raise
    endpoint = physical_id.Endpoint(endpoints.user_arn, endpoint_id)
    work.note(endpoint)
    return endpoint


def _register_or_find(work: Work, endpoints: Endpoints, wanted: Wanted, attempts: Attempts) -> str:
    try:
        return register(work, endpoints, wanted, name=wanted.name, purpose="create", attempts=attempts)
    except ServiceError as error:
        if error.kind is not Kind.CONFLICT:
            raise
    return _resolve_conflict(work, endpoints, wanted, attempts)


def _resolve_conflict(work: Work, endpoints: Endpoints, wanted: Wanted, attempts: Attempts) -> str:
    """The device token is registered: by an earlier attempt of ours, by one to adopt, or by somebody else."""
    standing = work.standing()
    holding = holders(endpoints, wanted.identity, work)
    for holder in holding:
        if _is_earlier_attempt(holder, wanted, work, standing, attempts):
            settle(endpoints, holder, wanted)
            return holder.endpoint_id
    for holder in holding:
        if bears_our_name(holder, work.request):
            # Left behind by a declaration that this one replaces: nothing refers to it any more.
            deregister(endpoints, holder.endpoint_id)
            return _register_again(work, endpoints, wanted, attempts)
    if not holding and work.arrival.is_repeat:
        # A service may remember that it refused an earlier delivery, for what is no longer there.
        try:
            return _register_again(work, endpoints, wanted, attempts)
        except ServiceError as error:
            if error.kind is not Kind.CONFLICT:
                raise
    work.note(work.id_of_nothing())
    return adopt(endpoints, holding, wanted, work).endpoint_id


def _register_again(work: Work, endpoints: Endpoints, wanted: Wanted, attempts: Attempts) -> str:
    return endpoints.register(
        wanted.identity,
        name=wanted.name,
        allow_messages=wanted.allow_messages,
        client_request_token=work.request.client_request_token("create again"),
        attempts=attempts,
    )


def _is_earlier_attempt(
    holder: Registered, wanted: Wanted, work: Work, standing: Standing | None, attempts: Attempts
) -> bool:
    if bears_our_name(holder, work.request):
        return holder.identity == wanted.identity
    if not wanted.is_name_declared or not is_as_wanted(holder, wanted):
        return False
    if standing is not None and standing.physical_id == str(physical_id_of(holder)):
        return True
    if not attempts.may_have_happened and not work.arrival.may_follow_one_that_registered(holder.created):
        return False  # there was no earlier attempt
    return was_created_since(holder, _began(standing, or_else=work.arrival.earliest))


def _began(standing: Standing | None, *, or_else: float) -> float:
    """When this Create began by CloudFormation's word, where it can be asked."""
    if standing is not None and standing.status == "CREATE_IN_PROGRESS" and standing.since is not None:
        return standing.since
    return or_else


def _leave_nothing(work: Work, endpoints: Endpoints, wanted: Wanted, attempts: Attempts) -> None:
    """Removes what a failed registration may have left.

    The id stays the one of something unconfirmed, for the Delete: another delivery of this event may succeed.
    """
    if not attempts.may_have_happened and not work.arrival.is_known_repeat:
        return
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # the failure of the registration is what is told
        _remove_attempts(work, endpoints, wanted, work.standing())


def _remove_attempts(work: Work, endpoints: Endpoints, wanted: Wanted, standing: Standing | None) -> Leftovers:
    found = look_for(work, endpoints, wanted, since=lambda: _began(standing, or_else=work.arrival.begun), but=standing)
    for attempt in found.own:
        work.note(attempt)
        deregister(endpoints, attempt.endpoint_id)
        work.note(work.unconfirmed_id())
    return found


def _withdraw_if_stale(work: Work, endpoints: Endpoints, endpoint: physical_id.Endpoint) -> None:
    """Removes what was registered where CloudFormation has gone on without the answer."""
    standing = work.standing()
    if standing is None or standing.physical_id == str(endpoint) or _is_awaited(standing):
        return
    deregister(endpoints, endpoint.endpoint_id)
    work.note(work.id_of_nothing())
    raise StaleEventError(
        Code.OVERTAKEN, "CloudFormation is no longer waiting for this Create. What it registered was removed."
    )


def _is_awaited(standing: Standing) -> bool:
    """Whether CloudFormation waits for a Create."""
    return standing.status == "CREATE_IN_PROGRESS"
