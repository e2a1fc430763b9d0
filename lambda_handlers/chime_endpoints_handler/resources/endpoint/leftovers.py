"""What deliveries of this resource's events have registered without anybody being told, and its removal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chime_endpoints_handler.aws.endpoints import Endpoints, Listed, Registered
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.cloudformation.stack import Standing
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import read_endpoint
from chime_endpoints_handler.resources.work import Work

from .ownership import (
    Wanted,
    bears_our_name,
    candidates,
    deregister,
    describe_each,
    former_declaration,
    is_as_wanted,
    is_certainly_older,
    is_registered_since,
    listed_twice,
    physical_id_of,
    resolve_if_possible,
    unless_refused,
    was_created_since,
)


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What unanswered attempts of this resource may have registered."""

    own: list[physical_id.Endpoint]
    """What they have registered."""
    doubtful: list[physical_id.Endpoint]
    """What equals the declaration and may be theirs or somebody else's: it stays."""

    def report(self, work: Work) -> None:
        """Tells what is in doubt."""
        for endpoint in self.doubtful:
            work.report(
                f"{Code.LEFT_ALONE}: Endpoint {endpoint.endpoint_id} matches the declaration, but nothing proves that"
                " this resource registered it, so it stays registered. Deregister it if nothing uses it."
            )


def look_for(
    work: Work,
    endpoints: Endpoints,
    wanted: Wanted | None,
    *,
    since: Callable[[], float | None],
    but: Standing | None,
) -> Leftovers:
    """Looks for what unanswered attempts of this resource have registered.

    Args:
        work: the event's work.
        endpoints: the user's endpoints.
        wanted: what the attempts were to register; where that cannot be told, only the name is gone by.
        since: says before which moment no attempt can have registered anything, or that nobody knows. It is asked
            only where an endpoint equals the declaration without bearing our name.
        but: what CloudFormation holds is no attempt.
    """
    held = "" if but is None else but.physical_id
    listed = [each for each in listed_twice(endpoints) if f"{endpoints.user_arn}/endpoint/{each.endpoint_id}" != held]
    own = {endpoint.endpoint_id for endpoint in listed if bears_our_name(endpoint, work.request)}
    doubtful = set[str]()
    if equal := _equal(endpoints, listed, wanted, work.request):
        moment = since()
        own |= {each.endpoint_id for each in equal if is_registered_since(each, moment)}
        doubtful = {each.endpoint_id for each in equal if not is_certainly_older(each, moment)} - own
    return Leftovers(
        own=[physical_id.Endpoint(endpoints.user_arn, each) for each in sorted(own)],
        doubtful=[physical_id.Endpoint(endpoints.user_arn, each) for each in sorted(doubtful)],
    )


def _equal(endpoints: Endpoints, listed: Iterable[Listed], wanted: Wanted | None, request: Request) -> list[Registered]:
    """What equals the declaration in every member, where its name does not mark it as ours."""
    if wanted is None or not wanted.is_name_declared:
        return []
    unmarked = [each for each in candidates(listed, wanted, request) if not bears_our_name(each, request)]
    return [endpoint for endpoint in describe_each(endpoints, unmarked) if is_as_wanted(endpoint, wanted)]


def remove_all(work: Work, standing: Standing) -> None:
    """Removes what a stale event and the one before it left for a resource that no longer exists.

    What CloudFormation holds, or held, it removes or retains itself.
    """
    request, former = work.request, former_declaration(work.request)
    attempts = _remains(read_endpoint(request.properties).app_instance_user_arn, request.properties, work, standing)
    if former is not None:
        user = former.app_instance_user_arn
        attempts += unless_refused(lambda: _remains(user, request.old_properties, work, standing, is_former=True))
    for attempt in dict.fromkeys(attempts):
        if str(attempt) != work.request.physical_id:
            deregister(work.endpoints(attempt.user_arn), attempt.endpoint_id)


def _remains(
    user_arn: str, properties: Any, work: Work, standing: Standing, *, is_former: bool = False
) -> list[physical_id.Endpoint]:
    """What this event's deliveries have registered: as declared now, or as declared before, where that came back."""
    wanted = resolve_if_possible(work, properties)
    endpoints = work.endpoints(user_arn, is_former=is_former)
    found = look_for(work, endpoints, wanted, since=lambda: work.arrival.begun, but=standing)
    found.report(work)
    return found.own


def remove_of_event(work: Work, wanted: Wanted) -> None:
    """Removes what this event's deliveries have registered; a predecessor that was brought back is another endpoint."""
    endpoints = work.endpoints(wanted.identity.user_arn)
    for endpoint in describe_each(endpoints, candidates(listed_twice(endpoints), wanted, work.request)):
        is_ours = _is_of_event(endpoint, wanted, work) and endpoint.identity == wanted.identity
        if is_ours and str(physical_id_of(endpoint)) != work.request.physical_id:
            deregister(endpoints, endpoint.endpoint_id)


def _is_of_event(endpoint: Registered, wanted: Wanted, work: Work) -> bool:
    if bears_our_name(endpoint, work.request):
        return was_created_since(endpoint, work.arrival.started)
    return is_as_wanted(endpoint, wanted) and is_registered_since(endpoint, work.arrival.started)
