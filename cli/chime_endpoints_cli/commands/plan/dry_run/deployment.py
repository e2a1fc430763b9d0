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
from chime_endpoints_handler.cloudformation.request import Request, RequestType
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, read_endpoint
from chime_endpoints_handler.model.rules.violations import violations

from .function import Outcome, run
from .roles import Role
from .services.clients import SimulatedClients
from .services.identity import SimulatedIdentity
from .services.stacks import SimulatedStack
from .services.unknown import NotKnownError

_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:any"


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
        for change in self._changes:
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

    def _simulate(self, change: ResourceChange) -> Simulated:
        if change.unknown and change.event is not Event.DELETE:
            unknown = ", ".join(change.unknown)
            return Simulated(change=change, outcome=Outcome(not_known=f"Only CloudFormation knows {unknown}."))
        self._stack.in_progress = change.logical_id
        self._identity.in_the_way = self._identity.cause = ""
        try:
            before = self._registered(change.physical_id, change)
        except NotKnownError as error:
            return Simulated(change=change, outcome=Outcome(not_known=error.reason))
        outcome = run(_request(change, before), self._clients, now=self._identity.now)
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
            run(_request(deletion, done.before), self._clients, now=self._identity.now)

    def _registered(self, text: str, change: ResourceChange) -> Mapping[str, Any] | None:
        named = physical_id.read(text)
        if isinstance(named, physical_id.Endpoint):
            return self._identity.look(named.user_arn, named.endpoint_id)
        if change.type != ENDPOINT_TYPE and isinstance(named, physical_id.Tags):
            return self._identity.look_at_tags(named.resource_arn)
        return None


def can_be_rotated(change: ResourceChange) -> bool:
    """Whether a device token may differ from the registered one although the declaration is the same."""
    if change.type != ENDPOINT_TYPE or change.new is None or change.unknown:
        return False
    if not isinstance(physical_id.read(change.physical_id), physical_id.Endpoint):
        return False
    return not violations(change.type, change.new) and not read_endpoint(change.new).is_pinned


def _request(change: ResourceChange, before: Mapping[str, Any] | None) -> Request:
    is_delete = change.event is Event.DELETE
    kinds = {Event.CREATE: RequestType.CREATE, Event.DELETE: RequestType.DELETE}
    new = change.old if is_delete else change.new
    return Request(
        request_type=kinds.get(change.event, RequestType.UPDATE),
        request_id="plan",
        stack_id=change.stack.id,
        logical_id=change.logical_id,
        resource_type=change.type,
        physical_id=change.physical_id,
        properties=_as_sent(new),
        old_properties=None if is_delete else _as_sent(change.old, before),
        response_url="https://127.0.0.1/",
    )


def _as_sent(properties: Mapping[str, Any] | None, before: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """Return properties as CloudFormation sends them. GetTemplate hides characters of a name that are not ASCII."""
    if properties is None:
        return None
    sent = {**properties, "ServiceToken": _FUNCTION}
    name, registered = sent.get("Name"), (before or {}).get("Name")
    if isinstance(name, str) and is_same(name, registered):
        sent["Name"] = registered
    return sent
