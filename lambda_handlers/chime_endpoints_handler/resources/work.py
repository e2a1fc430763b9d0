"""What every event's work needs: the request, the clock, the services, and where to note the physical id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chime_endpoints_handler.aws.calls import Call, Caller
from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints import Endpoints, Registered
from chime_endpoints_handler.cloudformation import stack
from chime_endpoints_handler.cloudformation.arrival import Arrival
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.physical_id import NotApplied, PhysicalId, Unconfirmed


@dataclass(frozen=True, kw_only=True)
class Work:
    """One event's work."""

    request: Request
    clients: Clients
    deadline: Deadline
    call: Caller
    arrival: Arrival
    note: Callable[[PhysicalId], None]
    """Sets the physical id that a failure is answered with, before what may fail or be cut short."""
    warn: Callable[[str], None]
    """Logs what the deployer should know though all went well."""
    report: Callable[[str], None]
    """Logs what somebody has to look into though the event succeeds; the metric of failures counts it."""

    def endpoints(self, user_arn: str, *, is_former: bool = False) -> Endpoints:
        """The endpoints of a user; of a former one, whom the role may no longer be allowed to ask about, at once."""
        return Endpoints(user_arn, clients=self.clients, call=self.call_at_once if is_former else self.call)

    @property
    def call_at_once(self) -> Call:
        """Makes calls as `call` does, except that a denial by IAM is an answer: no permission is only just granted."""
        return partial(self.call, waits_for_permission=False)

    def warn_if_inactive(self, endpoint: Registered) -> None:
        """Warns of an endpoint that stays though nothing is pushed to it: no operation activates it again."""
        if endpoint.inactive:
            self.warn(
                f"{Code.INACTIVE}: Endpoint {endpoint.endpoint_id} is INACTIVE ({endpoint.inactive}) and receives no"
                " pushes. Declare the device's current token and an application that exists."
            )

    def standing(self) -> stack.Standing | None:
        """What CloudFormation says of the resource now; None where there is no time to ask."""
        if self.deadline.left() < stack.LONGEST_SECONDS:
            return None
        return stack.ask(self.request, self.clients)

    def id_before_update(self) -> str:
        """The physical id to which CloudFormation is rolling back; "" where it is not, or does not say."""
        return stack.id_before_update(self.request, self.clients, self.call)

    def create_began(self) -> float | None:
        """When CloudFormation began the Create that got no answer; None if it does not say."""
        return stack.create_began(self.request, self.clients, self.call)

    def id_of_nothing(self) -> PhysicalId:
        """The id of a Create that has done nothing; an earlier delivery of it may have done something."""
        if self.arrival.is_known_repeat:
            return self.unconfirmed_id()
        return NotApplied(self.request.suffix)

    def unconfirmed_id(self) -> PhysicalId:
        """The id of a Create that may have done something, with the time before which it cannot have."""
        return Unconfirmed(self.request.suffix, int(self.arrival.begun))

    def is_unusual(self) -> bool:
        """Whether something failed or took so long that CloudFormation may have gone on without the answer."""
        return self.call.met_trouble or self.arrival.is_late

    def pause(self, seconds: float) -> bool:
        """Waits, where there is time for it and for a call afterwards; tells whether it did."""
        if self.deadline.for_calls() <= seconds:
            return False
        self.call.sleep(seconds)
        return True
