"""What the policy can decide to do next: look at something, change something, or end the event."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from ...aws.endpoints.api import Registered
from ...aws.failures.errors import HandlerError
from ...model.physical_id import Endpoint, PhysicalId


class Look(Enum):
    """What can be looked at. Each is a fact of the same name."""

    DESIRED = auto()
    """The declared device tokens, in their sources."""
    FORMER = auto()
    """The device tokens that were declared before, in their sources."""
    STATUS = auto()
    """The resource's status, at CloudFormation."""
    BEGINNING = auto()
    """The beginning of the update that is rolled back, in the stack's events."""
    CREATE_BEGAN = auto()
    """The beginning of the unanswered Create, in the stack's events."""
    SIBLING = auto()
    """Whether another resource of the stack holds the endpoint in the way."""
    HELD = auto()
    """The endpoint with the current physical id."""
    BEFORE = auto()
    """The endpoint that the update began with."""
    OWN = auto()
    """The endpoints of the declared and former users that may be this resource's."""
    HOLDERS = auto()
    """The endpoints of the declared and former users with a declared device token."""
    STATE = auto()
    """Whether the registered endpoint is INACTIVE, and why."""
    REMEMBERED = auto()
    """Whether the registered endpoint exists, or the service only remembers the request token."""


@dataclass(frozen=True)
class Register:
    """Register the desired endpoint."""

    name: str = field(repr=False)
    purpose: str
    """Part of the ClientRequestToken: the same for every delivery that does this for the same reason."""

    stale = frozenset({Look.STATUS})


@dataclass(frozen=True)
class BringBack:
    """Register the endpoint that gave way again."""

    endpoint: Registered

    stale = frozenset({Look.STATUS, Look.OWN})


@dataclass(frozen=True)
class Update:
    """Change the name and AllowMessages of an endpoint."""

    target: Endpoint
    name: str = field(repr=False)
    allow_messages: str

    stale = frozenset({Look.STATUS})


@dataclass(frozen=True)
class Deregister:
    """Deregister an endpoint."""

    target: Endpoint

    stale = frozenset[Look]()


@dataclass(frozen=True)
class GiveWay:
    """Deregister the former endpoint, because it holds a desired device token."""

    endpoint: Registered

    stale = frozenset[Look]()


@dataclass(frozen=True)
class LookAgain:
    """Wait, then look for this resource's endpoints once more: List may lag, and a Create may still be running."""

    seconds: float

    stale = frozenset({Look.OWN})


@dataclass(frozen=True)
class RegisterAgain:
    """Forget the refusal of the last registration, because what was in its way is gone."""

    stale = frozenset({Look.HOLDERS})


@dataclass(frozen=True)
class Choose:
    """Decide for the endpoint that the response will name."""

    endpoint: Registered
    is_adopted: bool = False
    is_return: bool = False
    """Whether a rollback returns to it: its device tokens are the desired ones, whatever the sources return."""

    stale = frozenset({Look.STATUS})


@dataclass(frozen=True)
class GiveUp:
    """Clean up, then fail with this error."""

    error: HandlerError

    stale = frozenset({Look.STATUS, Look.OWN})


@dataclass(frozen=True)
class Succeed:
    """End the event with SUCCESS."""

    physical_id: PhysicalId
    warnings: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    unmarked: Registered | None = None
    """The endpoint to mark as this resource's if the response is not accepted."""


@dataclass(frozen=True)
class Fail:
    """End the event with FAILED."""

    error: BaseException
    reports: tuple[str, ...] = ()


Change: TypeAlias = Register | BringBack | Update | Deregister | GiveWay | LookAgain | RegisterAgain | Choose | GiveUp
Step: TypeAlias = Look | Change | Succeed | Fail
