"""Updates that CloudFormation no longer waits for: Lambda delivers events again, and CloudFormation gives some up."""

from __future__ import annotations

from chime_endpoints_handler.aws.failures.errors import StaleEventError
from chime_endpoints_handler.cloudformation.stack import Standing
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.timestamps import CLOCK_SKEW
from chime_endpoints_handler.resources.work import Work

from . import leftovers


def stop_if_stale(work: Work) -> Standing | None:
    """What CloudFormation says of the resource.

    Raises:
        StaleEventError: it has gone on without this Update's answer.
    """
    standing = work.standing()
    if standing is not None and is_stale(work, standing):
        if standing.is_given_up:
            leftovers.remove_all(work, standing)
        raise StaleEventError(
            Code.OVERTAKEN, "CloudFormation is no longer waiting for this Update. Nothing was changed."
        )
    return standing


def is_stale(work: Work, standing: Standing) -> bool:
    """Whether CloudFormation has gone on without this Update's answer."""
    if standing.is_given_up or standing.physical_id != work.request.physical_id:
        return True
    if standing.since is None:
        return False
    later = standing.since - work.arrival.started
    return later > 0 if standing.is_settled else work.arrival.is_told and later > CLOCK_SKEW
