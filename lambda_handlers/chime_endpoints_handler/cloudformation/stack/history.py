"""What the events of the stack say (AWS CloudFormation API Reference, `DescribeStackEvents`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any

from ...aws.calls import Caller
from ...aws.clients import Clients
from ...model import physical_id
from ...model.timestamps import seconds
from ..request import Request
from .status import LONGEST_SECONDS, UNKNOWN, status_of

_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
"""The status of a stack when an operation begins that may create resources."""
_MOST_PAGES = 50  # endless pagination must not keep the function busy


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """The resource when the stack's update began that is being rolled back now."""

    physical_id: str = ""
    """Empty if nothing is rolled back, or CloudFormation does not say."""
    at: float | None = None
    """Seconds since the epoch."""
    is_no_rollback: bool = False
    """Whether CloudFormation says that the stack is not being rolled back."""


def before_update(request: Request, clients: Clients, call: Caller) -> Beginning:
    """Return the resource as it was before the update that CloudFormation is rolling back."""
    try:
        if _status(request, clients, call) != "UPDATE_ROLLBACK_IN_PROGRESS":
            return Beginning(is_no_rollback=True)
        return _beginning(events(request, clients, call), request)
    except Exception:  # noqa: BLE001 - the event is handled without the answer, whatever the cause
        return Beginning()


def create_began(request: Request, clients: Clients, call: Caller) -> float | None:
    """Return when CloudFormation began the Create of the resource that it is deleting now.

    Returns:
        Seconds since the epoch; infinity if the Create was answered, and so left nothing. None if CloudFormation does
        not say.
    """
    try:
        return _began(_lives(events(request, clients, call), request), request)
    except Exception:  # noqa: BLE001 - the event is handled without the answer, whatever the cause
        return None


def events(
    request: Request,
    clients: Clients,
    call: Caller,
    *,
    most_pages: int = _MOST_PAGES,
    waits_for_permission: bool = True,
) -> Iterator[dict[str, Any]]:
    """Yield the stack's events, the newest first, for at most half of the remaining time."""
    page = {"StackName": request.stack_id}
    enough = call.deadline.for_calls() / 2
    for _ in range(most_pages):
        answer = call(
            "DescribeStackEvents",
            lambda page=page: clients.stacks().describe_stack_events(**page),  # type: ignore[misc] # bound now
            is_complete=lambda answer: "StackEvents" in answer,
            propagates=waits_for_permission,
            waits_for_permission=waits_for_permission,
            patience=LONGEST_SECONDS,
        )
        yield from answer["StackEvents"]
        if not answer.get("NextToken") or call.deadline.for_calls() < enough:
            return
        page = {"StackName": request.stack_id, "NextToken": answer["NextToken"]}


@dataclass
class _Life:
    """The events of a resource from a Create to its deletion: the same logical id may be added again afterwards."""

    began: float | None = None
    is_answered: bool = False
    ids: set[str] = field(default_factory=set)
    """The physical ids under which it is deleted."""


def _began(lives: Iterable[_Life], request: Request) -> float | None:
    """Return when the life began that ends with this event; if none does, the newest one."""
    read: list[_Life] = []
    for life in lives:
        read.append(life)
        if request.physical_id in life.ids:
            break
    ended = read[-1] if request.physical_id in read[-1].ids else read[0]
    return inf if ended.is_answered else ended.began


def _lives(events: Iterable[dict[str, Any]], request: Request) -> Iterator[_Life]:
    """Yield the lives of the resource, the newest first.

    A life is complete at the beginning of the stack's operation that created it, or at the end of an older life.
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
            life.began = seconds(event.get("Timestamp"))  # a second one of the same Create has the physical id
        elif is_ours:
            life.is_answered |= status == "CREATE_COMPLETE" or status.startswith("UPDATE")
            life.ids |= {physical_id} if status.startswith("DELETE") else set()
    yield life


def _beginning(newest_first: Iterable[dict[str, Any]], request: Request) -> Beginning:
    """Return the resource as it was when the stack was last in order.

    An update that failed and was not rolled back may be followed by another: a rollback returns to before both.
    """
    first, began = "", None
    has_begun = False
    for event in newest_first:
        physical_id, status = event.get("PhysicalResourceId") or "", event.get("ResourceStatus")
        if physical_id == request.stack_id:
            if has_begun and status != "UPDATE_FAILED":
                break
            if has_begun := status == "UPDATE_IN_PROGRESS":
                began = seconds(event.get("Timestamp"))
        elif event.get("LogicalResourceId") == request.logical_id:
            first = physical_id or first
    return Beginning(physical_id=first, at=began) if has_begun else Beginning()


def _status(request: Request, clients: Clients, call: Caller) -> str:
    answer = call(
        "DescribeStacks",
        lambda: clients.stacks().describe_stacks(StackName=request.stack_id),
        is_complete=lambda answer: bool(answer.get("Stacks")),
        propagates=True,
        patience=LONGEST_SECONDS,
    )
    return str(answer["Stacks"][0].get("StackStatus"))


_TRIES = 2
_MOST_PAGES_FOR_SIBLINGS = 3  # of 100 events each; a resource without a change in them is not found


def sibling_of(held: str, name: str, request: Request, clients: Clients, call: Caller) -> str:
    """Return the logical ID of the other resource of this stack that holds an endpoint.

    The endpoint's name contains it if the declaration has no name. Otherwise, the stack's events are read.

    Args:
        held: the endpoint's physical id.
        name: the endpoint's name.
        request: the event.
        clients: the AWS clients of this process.
        call: makes the calls.

    Returns:
        The logical ID; empty if no other resource of this stack holds it, or CloudFormation does not say.
    """
    logical_id = _by_name(name, request) or _by_events(held, request, clients, call)
    if not logical_id:
        return ""
    status = UNKNOWN
    for _ in range(_TRIES):
        if not status.is_known:
            status = status_of(logical_id, request, clients, call.deadline)
    return logical_id if status.physical_id == held and not status.is_given_up else ""


def _by_name(name: str, request: Request) -> str:
    """Return the resource that marks an endpoint as its own: `{StackName}-{LogicalId}-{suffix}`."""
    head, _, suffix = name.rpartition("-")
    logical_id = head.removeprefix(f"{request.stack_name}-")
    is_other = logical_id not in (head, request.logical_id)
    return logical_id if is_other and suffix == physical_id.suffix(request.stack_id, logical_id) else ""


def _by_events(held: str, request: Request, clients: Clients, call: Caller) -> str:
    with suppress(Exception):  # the event is handled without the answer, whatever the cause
        for event in events(request, clients, call, most_pages=_MOST_PAGES_FOR_SIBLINGS, waits_for_permission=False):
            logical_id = event.get("LogicalResourceId")
            if event.get("PhysicalResourceId") == held and logical_id != request.logical_id:
                return str(logical_id)
    return ""
