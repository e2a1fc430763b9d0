"""What deliveries of this resource's events have registered without anybody being told, and its removal."""

from __future__ import annotations

from typing import Any

from . import physical_id
from .declaration import read_endpoint
from .endpoints import Endpoints
from .ownership import (
    Wanted,
    bears_our_name,
    candidates,
    deregister,
    describe_each,
    former_declaration,
    is_as_wanted,
    listed_twice,
    physical_id_of,
    resolve_if_possible,
    unless_refused,
    was_created_since,
)
from .stack import Standing
from .work import Work


def own_attempts(
    work: Work, endpoints: Endpoints, wanted: Wanted | None, *, since: float, but: Standing | None
) -> list[physical_id.Endpoint]:
    """What unanswered attempts of this resource have registered.

    Args:
        work: the event's work.
        endpoints: the user's endpoints.
        wanted: what the attempts were to register; where that cannot be told, only the name is gone by.
        since: the moment before which no attempt can have registered anything under a declared name.
        but: what CloudFormation holds is no attempt.
    """
    listed = listed_twice(endpoints)
    found = {endpoint.endpoint_id for endpoint in listed if bears_our_name(endpoint, work.request)}
    if wanted is not None and wanted.is_name_declared:
        found |= {
            endpoint.endpoint_id
            for endpoint in describe_each(endpoints, candidates(listed, wanted, work.request))
            if is_as_wanted(endpoint, wanted) and was_created_since(endpoint, since)
        }
    attempts = [physical_id.Endpoint(endpoints.user_arn, endpoint_id) for endpoint_id in sorted(found)]
    return [attempt for attempt in attempts if but is None or str(attempt) != but.physical_id]


def remove_all(work: Work, standing: Standing) -> None:
    """Removes what a stale event and the one before it left for a resource that no longer exists.

    What CloudFormation holds, or held, it removes or retains itself.
    """
    request, former = work.request, former_declaration(work.request)
    attempts = _attempts(read_endpoint(request.properties).app_instance_user_arn, request.properties, work, standing)
    if former is not None:
        user = former.app_instance_user_arn
        attempts += unless_refused(lambda: _attempts(user, request.old_properties, work, standing))
    for attempt in dict.fromkeys(attempts):
        if str(attempt) != work.request.physical_id:
            deregister(work.endpoints(attempt.user_arn), attempt.endpoint_id)


def _attempts(user_arn: str, properties: Any, work: Work, standing: Standing) -> list[physical_id.Endpoint]:
    """What this event's deliveries have registered: as declared now, or as declared before, where that came back."""
    wanted = resolve_if_possible(work, properties)
    return own_attempts(work, work.endpoints(user_arn), wanted, since=work.arrival.earliest, but=standing)


def remove_of_event(work: Work, wanted: Wanted) -> None:
    """Removes what this event's deliveries have registered; a predecessor that was brought back is another endpoint."""
    endpoints = work.endpoints(wanted.identity.user_arn)
    for endpoint in describe_each(endpoints, candidates(listed_twice(endpoints), wanted, work.request)):
        is_ours = bears_our_name(endpoint, work.request) or is_as_wanted(endpoint, wanted)
        is_of_event = endpoint.identity == wanted.identity and was_created_since(endpoint, work.arrival.started)
        if is_ours and is_of_event and str(physical_id_of(endpoint)) != work.request.physical_id:
            deregister(endpoints, endpoint.endpoint_id)
