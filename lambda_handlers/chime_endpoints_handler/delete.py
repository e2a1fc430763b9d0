"""Delete: by the id alone; for an id that no Create answered, what that Create may have left."""

from __future__ import annotations

from . import physical_id
from .deadline import Phase
from .endpoints import Endpoints, was_refused
from .errors import ServiceError
from .leftovers import own_attempts
from .outcome import Outcome
from .ownership import deregister, is_gone, resolve_if_possible
from .rules import USER_ARN
from .stack import Standing
from .work import Work

_LONGEST_WAIT = 3600.0  # seconds that CloudFormation waits for an answer where no ServiceTimeout is declared
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
    since = _since(work, current, standing)
    for wait in _WAITS:
        if _remove_own(work, endpoints, since) or not work.pause(wait):
            return
    _remove_own(work, endpoints, since)


def _since(work: Work, current: physical_id.PhysicalId, standing: Standing | None) -> float:
    """The moment before which the unanswered Create cannot have registered anything."""
    if isinstance(current, physical_id.Unconfirmed):
        return float(current.since)
    deletion = work.arrival.started if standing is None or standing.since is None else standing.since
    return min(deletion, work.arrival.started) - _service_timeout(work.request.properties)


def _remove_own(work: Work, endpoints: Endpoints, since: float) -> bool:
    """Removes this resource's own endpoints; tells whether there were any."""
    wanted = resolve_if_possible(work, work.request.properties)
    try:
        attempts = own_attempts(work, endpoints, wanted, since=since, but=None)
    except ServiceError as error:
        if was_refused(error):
            return False  # no such user, or no permission: then Create had none either
        raise
    for attempt in attempts:
        deregister(endpoints, attempt.endpoint_id)
    return bool(attempts)


def _service_timeout(properties: object) -> float:
    """How long CloudFormation waited for the answer to the Create."""
    declared = properties.get("ServiceTimeout") if isinstance(properties, dict) else None
    return min(float(str(declared)), _LONGEST_WAIT) if str(declared).isdecimal() else _LONGEST_WAIT


def _user_arn(properties: object) -> str | None:
    """The user, even where the other properties are invalid today."""
    if not isinstance(properties, dict):
        return None
    user_arn = properties.get("AppInstanceUserArn")
    return user_arn if isinstance(user_arn, str) and USER_ARN.fullmatch(user_arn) else None
