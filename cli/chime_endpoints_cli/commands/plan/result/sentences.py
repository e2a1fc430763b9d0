"""The words of the plan, for the terminal and for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_cli.output.console.terminal import counted

from .entries import Action, Entry, Plan

MANY = 0.1
"""The share of deregistered endpoints above which the plan says so in words."""

_COUNTED = {
    Action.CREATE: "to create",
    Action.UPDATE: "to change in place",
    Action.REPLACE: "to replace",
    Action.DELETE: "to remove",
    Action.MOVE: "to move",
    Action.NONE: "unchanged",
}


def headline(stack: Stack, entries: Sequence[Entry]) -> str:
    """Return how many entries of a stack are created, changed and so on."""
    counts = Counter(entry.action for entry in entries)
    parts = [f"{counts[action]} {words}" for action, words in _COUNTED.items() if counts[action]]
    if failing := sum(entry.problem is not None for entry in entries):
        parts.append(f"{failing} would fail")
    if unsure := sum(bool(entry.not_known) for entry in entries):
        parts.append(f"{unsure} not known")
    new = "" if stack.status else "a new stack; "
    return new + (", ".join(parts) or "nothing")


def what_happens(entry: Entry) -> str:
    """Return what the deployment does with the endpoint that is registered now."""
    endpoint = f"endpoint {entry.endpoint_id}" if entry.endpoint_id else ""
    if entry.goes and entry.problem is None:
        endpoint += " is deregistered"
    if entry.action is Action.MOVE:
        return "; ".join(filter(None, (f"was {entry.moved_from}", endpoint)))
    return endpoint


def title(entry: Entry) -> tuple[str, str]:
    """Return what an entry is called, and what else identifies it."""
    return (entry.key, entry.subject) if entry.is_endpoint else (entry.subject, "")


def conclusions(plan: Plan) -> Iterator[str]:
    """Yield the sentences at the end of the plan."""
    yield from plan.left_out
    yield from plan.refused
    yield from plan.remarks
    if plan.deregistrations > MANY * plan.deployed:
        share = f"{plan.deregistrations} of {counted(plan.deployed, 'endpoint')}"
        percent = round(100 * plan.deregistrations / max(plan.deployed, 1))
        yield (
            f"Warning: this deregisters {share} ({percent} %). Their devices get no more pushes until they are"
            " registered again."
        )
    if failing := sum(entry.problem is not None for entry in plan.entries):
        yield (
            f"The deployment would fail because of {counted(failing, 'resource')}, and CloudFormation would roll back"
            " the stack. Nothing was changed."
        )
    elif plan.fails:
        yield "The deployment would fail. Nothing was changed."
    elif unsure := sum(bool(entry.not_known) for entry in plan.entries):
        yield f"The outcome is not known for {counted(unsure, 'resource')}. Nothing was changed."
    elif plan.is_unsure:
        yield "Not everything could be compared, so this plan is not complete. Nothing was changed."
    elif not plan.stacks:
        yield f"No stack of {plan.source} has endpoints or tags, neither declared nor deployed."
    elif plan.has_changes:
        yield "Nothing was changed. To make these changes, run `cdk deploy`."
    else:
        yield "There is nothing to deploy: no endpoint would change."
