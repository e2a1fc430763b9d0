"""Runs the function's own code for one event, as Lambda would, with clients that change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from chime_endpoints_cli.output.failures.translation import in_one_line
from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError
from chime_endpoints_handler.cloudformation.arrival import Arrival
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.resources.context import EventContext
from chime_endpoints_handler.resources.operation import operate

from .services.clients import SimulatedClients
from .services.unknown import NotKnownError

_SECONDS = 120.0  # the function's default timeout


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the function would answer an event."""

    physical_id: str = ""
    failure: HandlerError | None = None
    not_known: str = ""
    """Why the outcome is not known; empty if it is."""
    warnings: tuple[str, ...] = ()


@dataclass
class _Clock:
    at: float

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += max(0.0, seconds)


class _DryCaller(Caller):
    """The function's caller. What is no answer of a service is a failure of our own reading, not of the deployment."""

    def translated(self, operation: str, error: Exception, subject: str) -> ServiceError:
        """Translate the error of a call; raise NotKnownError if no service has answered."""
        if not isinstance(error, ClientError):
            raise NotKnownError(in_one_line(error)) from error
        return super().translated(operation, error, subject)


@dataclass
class _Told:
    texts: list[str] = field(default_factory=list)


def run(request: Request, clients: SimulatedClients, *, now: float) -> Outcome:
    """Handle one event that is delivered once."""
    told, clock = _Told(), _Clock(now)
    context = _context(request, clients, clock, told)
    try:
        result = operate(context)
    except NotKnownError as error:
        return Outcome(not_known=error.reason, warnings=tuple(told.texts))
    except HandlerError as error:
        return Outcome(failure=error, warnings=tuple(told.texts))
    return Outcome(physical_id=str(result.physical_id), warnings=tuple(told.texts))


def _context(request: Request, clients: SimulatedClients, clock: _Clock, told: _Told) -> EventContext:
    began = clock.now()
    deadline = Deadline(lambda: _SECONDS - (clock.now() - began))
    return EventContext(
        assume=clients.assume,
        request=request,
        clients=clients,
        deadline=deadline,
        call=_DryCaller(deadline=deadline, sleep=clock.sleep, jitter=lambda _, most: most),
        arrival=Arrival(
            started=began,
            entered=began,
            is_told=True,
            is_seen=False,
            first_seen=began,
            process_began=began,
            now=clock.now,
        ),
        note=lambda _: None,
        warn=told.texts.append,
        report=told.texts.append,
    )
