"""The status of a resource according to CloudFormation, and whether it has gone on without the response to an event."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from ...aws.clients import Clients
from ...aws.deadline import Deadline
from ...model.timestamps import CLOCK_SKEW, seconds
from ..arrival import Arrival
from ..request import Request, RequestType

LONGEST_SECONDS = 5.5
"""Seconds that a question may take: the client's timeouts together, and a little more."""

_TOLERANCE = 0.25  # seconds: CloudFormation notes the beginning of its own event before it calls the function

# CloudFormation's words for a resource that a stack no longer has. It remembers a deleted stack for 90 days. A stack
# that it does not know is therefore no evidence: the question went to another account or region.
_GONE = "does not exist for stack"


@dataclass(frozen=True, kw_only=True)
class ResourceStatus:
    """What CloudFormation knows about the resource."""

    status: str
    """`ResourceStatus`; empty if CloudFormation no longer has the resource."""
    physical_id: str
    since: float | None
    """When the resource got this status, in seconds since the epoch."""

    @property
    def is_known(self) -> bool:
        """Whether CloudFormation has said so."""
        return self is not UNKNOWN

    @property
    def is_given_up(self) -> bool:
        """Whether CloudFormation has removed the resource or is about to."""
        return not self.status or self.status.startswith("DELETE") or self.status == "CREATE_FAILED"

    @property
    def is_creating(self) -> bool:
        """Whether CloudFormation waits for a Create."""
        return self.status == "CREATE_IN_PROGRESS"

    @property
    def is_settled(self) -> bool:
        """Whether CloudFormation waits for no response about the resource."""
        return not self.status.endswith("_IN_PROGRESS")


UNKNOWN = ResourceStatus(status="UNKNOWN", physical_id="", since=None)
"""The status if CloudFormation does not say."""


def status_of(logical_id: str, request: Request, clients: Clients, deadline: Deadline) -> ResourceStatus:
    """Return the status of a resource of the event's stack; `UNKNOWN` if CloudFormation does not say.

    The question is asked once, if there is time: an event can be handled without the answer.
    """
    if deadline.left() < LONGEST_SECONDS:
        return UNKNOWN
    try:
        answer = clients.stacks().describe_stack_resource(StackName=request.stack_id, LogicalResourceId=logical_id)
        detail = answer["StackResourceDetail"]
        return ResourceStatus(
            status=detail["ResourceStatus"],
            physical_id=detail.get("PhysicalResourceId", ""),
            since=seconds(detail.get("LastUpdatedTimestamp")),
        )
    except ClientError as error:
        return ResourceStatus(status="", physical_id="", since=None) if _GONE in str(error) else UNKNOWN
    except Exception:  # noqa: BLE001 - the event is handled without the answer, whatever the cause
        return UNKNOWN


def is_another_create(arrival: Arrival, status: ResourceStatus) -> bool:
    """Return whether CloudFormation waits for a Create that began after this event was sent."""
    return status.is_creating and status.since is not None and status.since > arrival.started + CLOCK_SKEW


def is_overtaken(request: Request, arrival: Arrival, status: ResourceStatus) -> bool:
    """Return whether the status of its resource says that a Create or an Update is no longer awaited."""
    if not status.is_known:
        return False
    if request.request_type == RequestType.CREATE:
        return not status.is_creating or is_another_create(arrival, status)
    if status.is_given_up or status.physical_id != request.physical_id:
        return True
    if status.since is None:
        return False
    if status.is_settled:
        return status.since > arrival.started
    if arrival.is_seen or not arrival.is_known_repeat:
        return status.since > arrival.first_seen + _TOLERANCE  # this process has begun with it before
    return status.since > arrival.started + CLOCK_SKEW
