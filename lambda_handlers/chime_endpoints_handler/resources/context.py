"""What the handling of an event needs, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ..aws.calls import Call, Caller
from ..aws.clients import Clients
from ..aws.deadline import Deadline
from ..aws.endpoints.api import Endpoints
from ..cloudformation.arrival import Arrival
from ..cloudformation.request import Request
from ..cloudformation.stack.status import ResourceStatus, status_of
from ..model.declaration import AssumedRole, role_for
from ..model.physical_id import NotApplied, PhysicalId, Unconfirmed


@dataclass(frozen=True, kw_only=True)
class EventContext:
    """The context of one event."""

    request: Request
    clients: Clients
    assume: Callable[[AssumedRole, Call], Clients]
    """Returns the clients that act in a role of another account."""
    deadline: Deadline
    call: Caller
    arrival: Arrival
    note: Callable[[PhysicalId], None]
    """Sets the physical id of a failure response. Called before whatever may fail or be cut short."""
    warn: Callable[[str], None]
    """Logs what the deployer should know although the event succeeded."""
    report: Callable[[str], None]
    """Logs what someone has to look into although the event succeeded; the metric of failures counts it."""

    def endpoints(self, user_arn: str, *, is_former: bool = False) -> Endpoints:
        """Return the endpoints of a user. A denial for a former user, whom the role may have lost, is final."""
        call = self.call_at_once if is_former else self.call
        return Endpoints(user_arn, clients=self.clients_for(user_arn, call), call=call, pause=self.pause)

    def clients_for(self, identity_arn: str, call: Call) -> Clients:
        """Return the clients for an identity: those of the role that is declared for its account, if there is one."""
        role = role_for(identity_arn, self.request.properties, self.request.old_properties)
        return self.clients if role is None else self.assume(role, call)

    @property
    def call_at_once(self) -> Call:
        """`call`, but a denial by IAM is final: the permission is not one that was only just granted."""
        return partial(self.call, waits_for_permission=False)

    def status(self) -> ResourceStatus:
        """Ask CloudFormation for the resource's status."""
        return status_of(self.request.logical_id, self.request, self.clients, self.deadline)

    def id_of_nothing(self) -> PhysicalId:
        """The id of a Create that has done nothing; an earlier delivery of it may have done something."""
        return self.unconfirmed_id() if self.arrival.is_known_repeat else NotApplied(self.request.suffix)

    def unconfirmed_id(self) -> PhysicalId:
        """The id of a Create that may have registered something, with the time before which it cannot have."""
        return Unconfirmed(self.request.suffix, int(self.arrival.begun))

    def pause(self, seconds: float) -> bool:
        """Wait, if there is time for it and for a call afterwards; return whether it did."""
        if self.deadline.for_calls() <= seconds:
            return False
        self.call.sleep(seconds)
        return True


@dataclass(frozen=True, kw_only=True)
class Result:
    """A physical id and the attributes of the resource."""

    physical_id: PhysicalId
    data: Mapping[str, str] = field(default_factory=dict)
    registered: str = ""
    """The EndpointId that the event has registered, for the log."""
    if_not_accepted: Callable[[], object] | None = None
    """The work to do if the response is not accepted."""
