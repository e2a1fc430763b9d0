"""Updates that CloudFormation no longer waits for: Lambda delivers events again, and CloudFormation gives some up."""

from __future__ import annotations

from .codes import Code
from .declaration import read_endpoint
from .errors import StaleEventError
from .ownership import deregister, former_declaration, own_attempts, resolve_if_possible, unless_refused
from .stack import Standing
from .timestamps import CLOCK_SKEW
from .work import Work


def stop_if_stale(work: Work) -> Standing | None:
    """What CloudFormation says of the resource.

    Raises:
        StaleEventError: it has gone on without this Update's answer.
    """
    standing = work.standing()
    if standing is not None and is_stale(work, standing):
        if standing.is_given_up:
            remove_attempts(work, standing)
        raise StaleEventError(Code.OVERTAKEN, "CloudFormation no longer waits for this Update: nothing was changed.")
    return standing


def remove_attempts(work: Work, standing: Standing) -> None:
    """Removes what a stale event and the one before it left for a resource that no longer exists."""
    endpoints = work.endpoints(read_endpoint(work.request.properties).app_instance_user_arn)
    wanted, since = resolve_if_possible(work), work.arrival.earliest
    attempts = own_attempts(work, endpoints, wanted, since=since, but=standing)
    if (former := former_declaration(work.request)) and former.app_instance_user_arn != endpoints.user_arn:
        others = work.endpoints(former.app_instance_user_arn)
        attempts += unless_refused(lambda: own_attempts(work, others, None, since=since, but=standing))
    for attempt in attempts:
        deregister(work.endpoints(attempt.user_arn), attempt.endpoint_id)


def is_stale(work: Work, standing: Standing) -> bool:
    """Whether CloudFormation has gone on without this Update's answer."""
    if standing.is_given_up or standing.physical_id != work.request.physical_id:
        return True
    if standing.since is None:
        return False
    later = standing.since - work.arrival.started
    return later > 0 if standing.is_settled else work.arrival.is_told and later > CLOCK_SKEW
