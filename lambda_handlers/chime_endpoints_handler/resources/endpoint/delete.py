"""Delete: by the id alone; for an id that no Create answered, what that Create may have left."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from chime_endpoints_handler.aws.deadline import Phase
from chime_endpoints_handler.aws.endpoints import Endpoints, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import ServiceError
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import USER_ARN
from chime_endpoints_handler.resources.result import Outcome
from chime_endpoints_handler.resources.work import Work

from .leftovers import Leftovers, look_for
from .ownership import deregister, is_gone, resolve_if_possible

_WAITS = (1.0, 2.0)  # a new endpoint may be missing from the first List, and Create may still be at work


def delete(work: Work) -> Outcome:
    """Removes the endpoint."""
    current = physical_id.read(work.request.physical_id)
    work.note(current)
    if isinstance(current, physical_id.Endpoint):
        _deregister(work, current)
    elif not isinstance(current, physical_id.NotApplied):
        _reclaim(work, current)
    return Outcome(physical_id=current)


def _deregister(work: Work, endpoint: physical_id.Endpoint) -> None:
    endpoints = work.endpoints(endpoint.user_arn)
    try:
        deregister(endpoints, endpoint.endpoint_id)
    except ServiceError as error:
        if not error.kind.is_transient:
            raise
        work.deadline.enter(Phase.CLEANUP)  # it may have taken effect all the same
        if not is_gone(endpoints, endpoint.endpoint_id):
            raise


def _reclaim(work: Work, current: physical_id.PhysicalId) -> None:
    """Removes what an unanswered Create of this resource left, and nothing else."""
    user_arn = _user_arn(work.request.properties)
    if user_arn is None:
        return
    standing = work.standing()
    if standing is not None and not standing.is_given_up:
        return  # the resource lives on under another id: this Delete is late, or cleans up after a replacement
    endpoints = work.endpoints(user_arn)
    since = cache(lambda: _since(work, current))
    found = _remove_own(work, endpoints, since)
    for wait in _WAITS:
        if found.own or not work.pause(wait):
            break
        found = _remove_own(work, endpoints, since)
    found.report(work)


def _since(work: Work, current: physical_id.PhysicalId) -> float | None:
    """The moment before which the unanswered Create cannot have registered anything; None if nobody can tell."""
    began = work.create_began()
    if isinstance(current, physical_id.Unconfirmed):
        return float(current.since) if began is None else max(began, current.since)
    return began


def _remove_own(work: Work, endpoints: Endpoints, since: Callable[[], float | None]) -> Leftovers:
    """Removes this resource's own endpoints; returns what there was."""
    wanted = resolve_if_possible(work, work.request.properties)
    try:
        found = look_for(work, endpoints, wanted, since=since, but=None)
    except ServiceError as error:
        if may_mean_no_user(error):
            return Leftovers(own=[], doubtful=[])  # without a user, Create has registered nothing
        raise
    for attempt in found.own:
        deregister(endpoints, attempt.endpoint_id)
    return found


def _user_arn(properties: object) -> str | None:
    """The user, even where the other properties are invalid today."""
    if not isinstance(properties, dict):
        return None
    user_arn = properties.get("AppInstanceUserArn")
    return user_arn if isinstance(user_arn, str) and USER_ARN.fullmatch(user_arn) else None
