"""What is known about an event and the endpoints that it is about.

Facts never change: a step makes new ones. To use a fact that nobody has looked at yet is to ask for the look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from ...aws.endpoints.api import Listed, Registered
from ...aws.failures.errors import HandlerError, ServiceError
from ...cloudformation.arrival import Arrival
from ...cloudformation.request import Request, RequestType
from ...cloudformation.stack.history import Beginning
from ...cloudformation.stack.status import ResourceStatus
from ...model.declaration import EndpointDeclaration
from ...model.physical_id import Endpoint, PhysicalId
from .desired import Desired
from .steps import Change, Deregister, Look

_T = TypeVar("_T")


class UnseenError(Exception):
    """A fact is needed that nobody has looked at yet."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.look = look


class _Seen(Generic[_T]):
    """A fact that has to be looked at before it is used."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def __get__(self, facts: Facts, _: type) -> _T:
        if self._look not in facts.seen:
            raise UnseenError(self._look)
        found: _T = facts.seen[self._look]
        return found


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the policy decides by."""

    request: Request
    arrival: Arrival
    current: PhysicalId
    """The physical id that CloudFormation sent."""
    user_arn: str
    """The declared AppInstanceUser; empty if a Delete's properties name none."""
    declaration: EndpointDeclaration | None = None
    """None for a Delete whose properties are invalid today."""
    former_declaration: EndpointDeclaration | None = None

    # What the clock says
    is_late: bool = False
    """Whether so much time has passed that CloudFormation may have gone on."""
    had_trouble: bool = False
    """Whether a call failed, even if it succeeded later."""

    # What was seen
    seen: Mapping[Look, Any] = field(default_factory=dict, repr=False)
    listed: Collection[Listed] | None = None
    """What List showed when the current endpoint was found to be gone."""
    looks: int = 0
    """How often this resource's endpoints were looked for."""

    # What was done
    chosen: Registered | None = None
    """The endpoint that the response will name."""
    is_adopted: bool = False
    is_return: bool = False
    """Whether a rollback returns to the chosen endpoint."""
    new: Registered | None = None
    """The endpoint that this delivery has registered."""
    gave_way: Registered | None = None
    """The former endpoint that was removed because it holds a desired device token."""
    brought_back: Endpoint | None = None
    """What was registered again in its place."""
    removed: frozenset[Endpoint] = frozenset()
    has_made_room: bool = False
    """Whether something in the way of the last registration was removed."""
    is_updated: bool = False

    # How the registration went
    rounds: int = 0
    """How many registrations were refused because a device token is registered already."""
    refusal: ServiceError | None = None
    """The last one of these refusals, until it is dealt with."""
    remembered: tuple[str, ...] = ()
    """EndpointIds that the service returned because it remembers a request token, although they are gone."""
    has_failed_attempts: bool = False
    is_in_doubt: bool = False
    """Whether a registration may have had an effect although it failed."""

    failure: BaseException | None = None
    """Why the event fails, once its cleanup is done."""
    tried: frozenset[Change] = frozenset()
    """The steps of the cleanup, with or without success."""

    @property
    def is_create(self) -> bool:
        """Whether it is a Create."""
        return self.request.request_type == RequestType.CREATE

    @property
    def is_delete(self) -> bool:
        """Whether it is a Delete."""
        return self.request.request_type == RequestType.DELETE

    @property
    def declarations(self) -> list[EndpointDeclaration]:
        """What is declared now, and what was declared before."""
        return [each for each in (self.declaration, self.former_declaration) if each is not None]

    @property
    def out_of_reach(self) -> set[Endpoint]:
        """What the cleanup failed to deregister."""
        return {step.target for step in self.tried if isinstance(step, Deregister)} - self.removed

    @property
    def has_current_here(self) -> bool:
        """Whether the current id is an endpoint of the declared user."""
        return isinstance(self.current, Endpoint) and self.current.user_arn == self.user_arn

    @property
    def former_users(self) -> list[str]:
        """The users that had this resource's endpoint before, if they are others than the declared one."""
        users = {each.app_instance_user_arn for each in self.declarations}
        if isinstance(self.current, Endpoint):
            users.add(self.current.user_arn)
        return sorted(users - {self.user_arn})

    @property
    def is_same_declaration(self) -> bool:
        """Whether both declarations certainly are of the same endpoint, without a look at what is registered."""
        new, old = self.declaration, self.former_declaration
        if new is None or old is None or new.require_active or not isinstance(self.current, Endpoint):
            return False
        return old.immutable == new.immutable and new.is_pinned

    # Facts that may have to be looked at

    status = _Seen[ResourceStatus](Look.STATUS)
    """The resource's status after the last change."""
    beginning = _Seen[Beginning](Look.BEGINNING)
    """The resource when the update began that is rolled back now."""
    create_began = _Seen[float | None](Look.CREATE_BEGAN)
    """When CloudFormation began the unanswered Create; None if it does not say."""
    sibling = _Seen[str](Look.SIBLING)
    """The logical ID of another resource that holds the endpoint in the way; empty if there is none."""
    held = _Seen[Registered | None](Look.HELD)
    """The endpoint with the current id; None if there is none, or its user may no longer be asked about."""
    before = _Seen[Registered | None](Look.BEFORE)
    """The endpoint to return to in a rollback whose declaration may not say what it said."""
    own = _Seen[tuple[Registered, ...]](Look.OWN)
    """The endpoints of the declared and former users that may be this resource's, except the current one."""
    holders = _Seen[tuple[Registered, ...]](Look.HOLDERS)
    """The endpoints of the declared and former users with a desired device token."""
    state = _Seen[str](Look.STATE)
    """Why the registered endpoint is INACTIVE; empty if it is not."""
    former = _Seen[Desired | None](Look.FORMER)
    """What was declared before; None if it cannot be read."""
    desired = _Seen[Desired](Look.DESIRED)
    """The desired endpoint. Only if the device tokens can be read."""
    desired_or_error = _Seen[Desired | HandlerError | None](Look.DESIRED)
    """The desired endpoint, or why it cannot be read; None for a Delete whose properties are invalid today."""

    def knows(self, look: Look) -> bool:
        """Whether a fact was looked at."""
        return look in self.seen

    @property
    def unreadable(self) -> HandlerError | None:
        """Why the declared device tokens cannot be read."""
        return self.desired_or_error if isinstance(self.desired_or_error, HandlerError) else None

    @property
    def desired_if_readable(self) -> Desired | None:
        """The desired endpoint; None if the declaration is invalid today, or its device tokens cannot be read."""
        return self.desired_or_error if isinstance(self.desired_or_error, Desired) else None

    def with_seen(self, look: Look, found: object) -> Facts:
        """Return the facts with one more that was looked at."""
        return replace(self, seen={**self.seen, look: found})

    def without_held(self, listed: Collection[Listed]) -> Facts:
        """Return the facts once the current endpoint was found to be gone, with what List showed instead."""
        return replace(self.with_seen(Look.HELD, None), listed=listed)

    def without(self, stale: frozenset[Look]) -> Facts:
        """Return the facts without those that a change has made stale."""
        return replace(self, seen={look: found for look, found in self.seen.items() if look not in stale})


def id_of(endpoint: Registered) -> Endpoint:
    """Return the physical id of an endpoint."""
    return Endpoint(endpoint.identity.user_arn, endpoint.endpoint_id)
