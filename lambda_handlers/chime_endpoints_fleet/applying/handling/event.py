"""One change as an event for the handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import Endpoints, Listed, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import UNEXPECTED, HandlerError, ServiceError
from chime_endpoints_handler.cloudformation.arrival import Arrival
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.physical_id import PhysicalId
from chime_endpoints_handler.resources.context import EventContext
from chime_endpoints_handler.resources.endpoint.perform.looks import Looks
from chime_endpoints_handler.resources.endpoint.reconcile import reconcile

from .calling import FleetCaller, Patience
from .clients import FleetClients, LedgerStack, Remembered
from .pace import Pace
from .surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long and how fast a worker may make calls."""

    pace: Pace
    patience: Patience
    left: Callable[[], float]
    """Seconds in which this worker may make calls."""
    seconds: float
    """For one change."""


class HandlerEvent:
    """One event for the handler."""

    def __init__(
        self,
        request: Request,
        stack: LedgerStack,
        *,
        started: float,
        now: float,
        limits: Limits,
        surroundings: Surroundings,
        remembered: Remembered,
        looks: Callable[[EventContext], Looks],
    ) -> None:
        """Prepare the event.

        Args:
            request: the change, as CloudFormation would send it.
            stack: answers what the handler asks CloudFormation.
            started: before this, no worker has begun the change; in seconds since the epoch.
            now: when this worker begins it.
            limits: how long and how fast it may make calls.
            surroundings: clocks and clients.
            remembered: the secrets that were read for other changes.
            looks: makes the handler's looks.
        """
        began, at_entry = surroundings.monotonic(), min(limits.seconds, limits.left())
        deadline = Deadline(lambda: min(at_entry - (surroundings.monotonic() - began), limits.left()))
        self._call = FleetCaller(
            deadline=deadline,
            sleep=surroundings.sleep,
            jitter=surroundings.jitter,
            pace=limits.pace,
            patience=limits.patience,
        )
        self._looks = looks
        self.noted: PhysicalId = physical_id.read(request.physical_id)
        """What the handler says it may leave if it fails."""
        self._context = EventContext(
            request=request,
            clients=FleetClients(surroundings.clients, stack, remembered),
            assume=lambda *_: surroundings.clients,  # never called: the lines of a manifest name no roles
            deadline=deadline,
            call=self._call,
            arrival=Arrival(
                started=started,
                entered=now,
                is_told=True,
                is_seen=False,
                first_seen=now,
                process_began=now,
                now=surroundings.now,
            ),
            note=self._note,
            warn=lambda text: surroundings.warn(f"{request.logical_id}: {text}"),
            report=lambda text: surroundings.warn(f"{request.logical_id}: {text}"),
        )

    @property
    def may_have_registered(self) -> bool:
        """Whether a registration failed without saying what it did."""
        return self._call.may_have_registered

    @property
    def deregistered(self) -> frozenset[str]:
        """The ids of the endpoints that were deregistered."""
        return frozenset(self._call.deregistered)

    @property
    def own_name(self) -> str:
        """The name that proves that an endpoint is the key's."""
        return self._context.request.own_name

    def endpoints_of(self, user_arn: str) -> list[Listed]:
        """Return the endpoints of a user; none if the user does not exist.

        Raises:
            HandlerError: they could not be listed.
        """
        try:
            return Endpoints(user_arn, clients=self._context.clients, call=self._call).list()
        except ServiceError as error:
            if may_mean_no_user(error):
                return []
            raise

    def run(self) -> PhysicalId:
        """Handle the event and return the physical id.

        Raises:
            HandlerError: it failed, and its cleanup is done.
        """
        try:
            return reconcile(self._context, self._looks).physical_id
        except HandlerError:
            raise
        except Exception as error:  # noqa: BLE001 - one endpoint must not keep the others from being changed
            text = f"The function failed: {type(error).__name__}. {UNEXPECTED}"
            raise HandlerError(Code.UNEXPECTED, text) from None

    def _note(self, noted: PhysicalId) -> None:
        self.noted = noted
