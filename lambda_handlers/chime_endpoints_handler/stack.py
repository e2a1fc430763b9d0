"""What CloudFormation says of our resource at this moment: asked where something is unusual or replaced."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from .clients import Clients
from .request import Request
from .timestamps import seconds

LONGEST_SECONDS = 5.5
"""Seconds that asking may take: the client's time-outs together, and a little."""

# CloudFormation's words for a resource that a stack no longer has. It remembers a deleted stack for 90 days, so that
# a stack it has never heard of means that somebody else was asked: that is no evidence.
_GONE = "does not exist for stack"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The resource as CloudFormation holds it."""

    status: str
    """`ResourceStatus`, or "" where CloudFormation has no such resource any more."""
    physical_id: str
    since: float | None
    """When it got this status, in seconds since the epoch."""

    @property
    def is_given_up(self) -> bool:
        """Whether CloudFormation has removed the resource or is about to."""
        return not self.status or self.status.startswith("DELETE") or self.status == "CREATE_FAILED"

    @property
    def is_settled(self) -> bool:
        """Whether CloudFormation waits for no answer about the resource."""
        return not self.status.endswith("_IN_PROGRESS")


def ask(request: Request, clients: Clients) -> Standing | None:
    """How our resource stands; None where CloudFormation cannot be asked. Tried once: this is a hint, not a need."""
    try:
        detail = clients.stacks().describe_stack_resource(
            StackName=request.stack_id, LogicalResourceId=request.logical_id
        )["StackResourceDetail"]
        return Standing(
            status=detail["ResourceStatus"],
            physical_id=detail.get("PhysicalResourceId", ""),
            since=seconds(detail.get("LastUpdatedTimestamp")),
        )
    except ClientError as error:
        return Standing(status="", physical_id="", since=None) if _GONE in str(error) else None
    except Exception:  # noqa: BLE001 - whatever is wrong with the asking, the event is handled without the answer
        return None
