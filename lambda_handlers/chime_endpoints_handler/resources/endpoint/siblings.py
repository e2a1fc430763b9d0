"""Whether another resource of the same stack holds an endpoint: its Delete would deregister it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chime_endpoints_handler.aws.endpoints import Registered
from chime_endpoints_handler.cloudformation import stack
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.resources.work import Work

from .ownership import physical_id_of

_TRIES = 2
_MOST_PAGES = 3  # of events: one that is older than some 300 is not found


def sibling_of(holder: Registered, work: Work) -> str:
    """The logical id of the other resource of this stack that holds an endpoint.

    The endpoint's name says it where the declaration has none; else the stack's events do, as far as they are read.

    Returns:
        The logical id; "" where no other resource of this stack holds it, or CloudFormation cannot be asked.
    """
    held = str(physical_id_of(holder))
    logical_id = _by_name(holder.name or "", work) or _by_events(held, work)
    return logical_id if logical_id and _holds(logical_id, held, work) else ""


def _holds(logical_id: str, held: str, work: Work) -> bool:
    standing = None
    for _ in range(_TRIES):
        if standing is None and work.deadline.left() > stack.LONGEST_SECONDS:
            standing = stack.ask(replace(work.request, logical_id=logical_id), work.clients)
    return standing is not None and standing.physical_id == held and not standing.is_given_up


def _by_name(name: str, work: Work) -> str:
    """The resource that an endpoint's name marks as its own: `{StackName}-{LogicalId}-{suffix}`."""
    head, _, suffix = name.rpartition("-")
    logical_id = head.removeprefix(f"{work.request.stack_name}-")
    is_other = logical_id not in (head, work.request.logical_id)
    return logical_id if is_other and suffix == physical_id.suffix(work.request.stack_id, logical_id) else ""


def _by_events(held: str, work: Work) -> str:
    with suppress(Exception):  # whatever is wrong with the asking, the event is handled without the answer
        for event in _events(work):
            logical_id = event.get("LogicalResourceId")
            if event.get("PhysicalResourceId") == held and logical_id != work.request.logical_id:
                return str(logical_id)
    return ""


def _events(work: Work) -> Iterator[dict[str, Any]]:
    page = {"StackName": work.request.stack_id}
    for _ in range(_MOST_PAGES):
        answer = work.call(
            "DescribeStackEvents",
            lambda page=page: work.clients.stacks().describe_stack_events(**page),  # type: ignore[misc] # bound now
            is_complete=lambda answer: "StackEvents" in answer,
            waits_for_permission=False,
            patience=stack.LONGEST_SECONDS,
        )
        yield from answer["StackEvents"]
        if not answer.get("NextToken"):
            return
        page = {"StackName": work.request.stack_id, "NextToken": answer["NextToken"]}
