"""What CloudFormation says of our resource: asked where something is unusual, replaced or rolled back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.model.timestamps import seconds

from .request import Request

LONGEST_SECONDS = 5.5
"""Seconds that asking may take: the client's time-outs together, and a little."""

_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
"""What a stack says when an operation begins in which it may create resources."""

_MOST_PAGES = 50  # a NextToken that never ends must not keep the function busy

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


def id_before_update(request: Request, clients: Clients, call: Caller) -> str:
    """The physical id with which the update of the stack began that CloudFormation is rolling back now.

    The stack's status tells of the rollback, its events of the id (AWS CloudFormation API Reference, `DescribeStacks`
    and `DescribeStackEvents`).

    Returns:
        The id, or "" where nothing is rolled back, or CloudFormation does not say.
    """
    try:
        if _status(request, clients, call) != "UPDATE_ROLLBACK_IN_PROGRESS":
            return ""
        return _first_id(_events(request, clients, call), request)
    except Exception:  # noqa: BLE001 - whatever is wrong with the asking, the event is handled without the answer
        return ""


def create_began(request: Request, clients: Clients, call: Caller) -> float | None:
    """When CloudFormation began the Create that got no answer, of the resource which it is deleting now.

    Returns:
        Seconds since the epoch; infinity if the Create was answered, and so left nothing. None if CloudFormation
        cannot be asked or does not say.
    """
    try:
        return _began(_lives(_events(request, clients, call), request), request)
    except Exception:  # noqa: BLE001 - whatever is wrong with the asking, nobody knows
        return None


@dataclass
class _Life:
    """The events of a resource from a Create to its deletion: the same logical id may be added again afterwards."""

    began: float | None = None
    is_answered: bool = False
    ids: set[str] = field(default_factory=set)
    """The physical ids under which it is deleted."""


def _began(lives: Iterable[_Life], request: Request) -> float | None:
    """When the life began that ends with this event; if no life does, the newest one."""
    read: list[_Life] = []
    for life in lives:
        read.append(life)
        if request.physical_id in life.ids:
            break
    ended = read[-1] if request.physical_id in read[-1].ids else read[0]
    return inf if ended.is_answered else ended.began


def _lives(events: Iterable[dict[str, Any]], request: Request) -> Iterator[_Life]:
    """The lives of the resource, the newest first, out of events in this order.

    A life is complete where the operation of its stack began in which it was created, or where an older life ends.
    """
    life = _Life()
    for event in events:
        physical_id, status = event.get("PhysicalResourceId") or "", event.get("ResourceStatus") or ""
        is_of_stack = physical_id == request.stack_id
        is_ours = not is_of_stack and event.get("LogicalResourceId") == request.logical_id
        is_create = is_ours and status == "CREATE_IN_PROGRESS"
        is_before = (is_of_stack and status in _BEGINNINGS) or (is_ours and not is_create)
        if life.began is not None and is_before:
            yield life
            life = _Life()
        if is_create:
            life.began = seconds(event.get("Timestamp"))  # a second one of the same Create tells of its physical id
        elif is_ours:
            life.is_answered |= status == "CREATE_COMPLETE" or status.startswith("UPDATE")
            life.ids |= {physical_id} if status.startswith("DELETE") else set()
    yield life


def _first_id(events: Iterable[dict[str, Any]], request: Request) -> str:
    """The physical id that the resource had when the stack was last as it should be, out of events from then on.

    An update that failed and was not rolled back may be followed by another: a rollback goes back behind both.
    """
    first, has_begun = "", False
    for event in events:
        physical_id, status = event.get("PhysicalResourceId") or "", event.get("ResourceStatus")
        if physical_id == request.stack_id:
            if has_begun and status != "UPDATE_FAILED":
                break
            has_begun = status == "UPDATE_IN_PROGRESS"
        elif event.get("LogicalResourceId") == request.logical_id:
            first = physical_id or first
    return first if has_begun else ""


def _status(request: Request, clients: Clients, call: Caller) -> str:
    answer = call(
        "DescribeStacks",
        lambda: clients.stacks().describe_stacks(StackName=request.stack_id),
        is_complete=lambda answer: bool(answer.get("Stacks")),
        propagates=True,
        patience=LONGEST_SECONDS,
    )
    return str(answer["Stacks"][0].get("StackStatus"))


def _events(request: Request, clients: Clients, call: Caller) -> Iterator[dict[str, Any]]:
    """The stack's events, the newest first, for at most half of the time that there is."""
    page = {"StackName": request.stack_id}
    enough = call.deadline.for_calls() / 2
    for _ in range(_MOST_PAGES):
        answer = call(
            "DescribeStackEvents",
            lambda page=page: clients.stacks().describe_stack_events(**page),  # type: ignore[misc] # bound now
            is_complete=lambda answer: "StackEvents" in answer,
            propagates=True,
            patience=LONGEST_SECONDS,
        )
        yield from answer["StackEvents"]
        if not answer.get("NextToken") or call.deadline.for_calls() < enough:
            return
        page = {"StackName": request.stack_id, "NextToken": answer["NextToken"]}
