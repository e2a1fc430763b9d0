"""The deployment of stacks, one after the other, on what is registered.

CloudFormation creates and updates first. Then it deletes what was replaced or removed. An entry that fails would end
the deployment; the dry run goes on as if it were corrected, so that every failure is found at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_cli.account.stacks.templates.template_text import is_same
from chime_endpoints_cli.commands.plan.comparison.changes import Event, ResourceChange
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, tag_list

from .events import can_be_rotated, request_of
from .function import Outcome, run
from .roles import Role
from .services.clients import SimulatedClients
from .services.identity import SimulatedIdentity
from .services.stacks import SimulatedStack
from .services.unknown import NotKnownError

_NOT_SHOWN = (
    "CloudFormation shows `?` in the place of characters that are not ASCII, and what is registered differs from the"
    " declaration. So it is not known whether the declaration has changed."
)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What a deployment does with one resource."""

    change: ResourceChange
    outcome: Outcome
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    """What was registered under the physical id, or the tags."""
    after: Mapping[str, Any] | None = field(default=None, repr=False)
    """What is registered when the function has answered."""
    holder: str = ""
    """The physical id of the endpoint that has the device token of a refused registration."""
    cause: str = ""
    """Why the registration was refused, as far as the answer to CloudFormation does not say it."""


def deploy(
    stacks: Iterable[Sequence[ResourceChange]], identity: SimulatedIdentity, roles: Mapping[str, Role]
) -> Iterator[Simulated]:
    """Yield what the deployment of stacks does with each resource.

    Args:
        stacks: the changes of each stack, in the order of the deployment.
        identity: the service; the deployment changes it.
        roles: the role of the function of each stack, by the stack's id.
    """
    for changes in stacks:
        if changes:
            yield from _Stack(changes, identity, roles).deploy()


class _Stack:
    def __init__(
        self, changes: Sequence[ResourceChange], identity: SimulatedIdentity, roles: Mapping[str, Role]
    ) -> None:
        stack = changes[0].stack
        role = roles[stack.id]
        held = {each.logical_id: each.physical_id for each in changes if each.physical_id}
        self._changes = changes
        self._identity = identity
        self._role = role
        self._stack = SimulatedStack(stack_id=stack.id, now=identity.now, physical_ids=held)
        self._clients = SimulatedClients(
            identity=identity, stack=self._stack, region=stack.region, may_read=role.may_call
        )

    def deploy(self) -> Iterator[Simulated]:
        self._identity.may_call = self._role.may_call
        done = []
        for change in map(self._revealed, self._changes):
            if change.event in (Event.CREATE, Event.UPDATE):
                done.append(self._simulate(change))
            elif change.event is Event.NONE:
                done.append(self._unsent(change))
        for each in done:
            yield each
            self._clean_up(each)
        for change in self._changes:
            if change.event is Event.DELETE:
                yield self._simulate(change)
            elif change.event is Event.RETAIN:
                yield Simulated(change=change, outcome=Outcome(), before=self._registered(change.physical_id, change))

    def _revealed(self, change: ResourceChange) -> ResourceChange:
        """Decide by what is registered whether a property has changed that CloudFormation does not show."""
        if not change.hidden or change.new is None or change.old is None:
            return change
        try:
            there = self._registered(change.physical_id, change) or {}
        except NotKnownError:
            there = {}
        declared = {name: change.new[name] for name in change.hidden}
        found = {name: there.get(name) for name in change.hidden} if change.type == ENDPOINT_TYPE else _as_tags(there)
        if found == declared:
            return change
        sent = (*change.sent, *change.hidden)
        old_name, name = change.hidden.get("Name"), found.get("Name")
        if len(change.hidden) == 1 and isinstance(name, str) and is_same(str(old_name), name):
            return replace(change, event=Event.UPDATE, sent=sent, old={**change.old, "Name": name})
        return replace(change, event=Event.UPDATE, sent=sent, is_undecided=True)

    def _simulate(self, change: ResourceChange) -> Simulated:
        if change.is_undecided:
            return Simulated(change=change, outcome=Outcome(not_known=_NOT_SHOWN))
        if change.unknown and change.event is not Event.DELETE:
            unknown = ", ".join(change.unknown)
            return Simulated(change=change, outcome=Outcome(not_known=f"Only CloudFormation knows {unknown}."))
        self._stack.in_progress = change.logical_id
        self._identity.in_the_way = self._identity.cause = ""
        try:
            before = self._registered(change.physical_id, change)
        except NotKnownError as error:
            return Simulated(change=change, outcome=Outcome(not_known=error.reason))
        outcome = run(request_of(change), self._clients, now=self._identity.now)
        if outcome.physical_id and change.event is not Event.DELETE:
            self._stack.physical_ids[change.logical_id] = outcome.physical_id
        after = self._registered(outcome.physical_id, change) if not outcome.not_known else None
        failed = outcome.failure is not None
        return Simulated(
            change=change,
            outcome=outcome,
            before=before,
            after=after,
            holder=self._identity.in_the_way if failed else "",
            cause=self._identity.cause if failed else "",
        )

    def _unsent(self, change: ResourceChange) -> Simulated:
        """Return what an Update would do that CloudFormation does not send, in a service of its own."""
        aside = SimulatedIdentity(
            observations=self._identity.observations, checks=self._identity.checks, now=self._identity.now
        )
        if not can_be_rotated(change):
            return Simulated(change=change, outcome=Outcome(physical_id=change.physical_id))
        own = _Stack(self._changes, aside, {change.stack.id: self._role})
        return own._simulate(change)

    def _clean_up(self, done: Simulated) -> None:
        """Delete what was replaced."""
        change, after = done.change, done.outcome.physical_id
        is_replaced = change.event is Event.UPDATE and after and change.physical_id and after != change.physical_id
        if is_replaced and not change.retains_replaced:
            deletion = replace(change, event=Event.DELETE)
            run(request_of(deletion), self._clients, now=self._identity.now)

    def _registered(self, text: str, change: ResourceChange) -> Mapping[str, Any] | None:
        named = physical_id.read(text)
        if isinstance(named, physical_id.Endpoint):
            return self._identity.look(named.user_arn, named.endpoint_id)
        if change.type != ENDPOINT_TYPE and isinstance(named, physical_id.Tags):
            return self._identity.look_at_tags(named.resource_arn)
        return None


def _as_tags(there: Mapping[str, Any]) -> dict[str, Any]:
    """Return tags as the property that declares them."""
    return {"Tags": tag_list(there)}
