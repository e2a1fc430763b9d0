"""The function in a simulated Lambda: an event is delivered until a delivery ends well, three times at most."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.deadline import Deadline, Phase
from chime_endpoints_handler.cloudformation.arrival import Process
from chime_endpoints_handler.cloudformation.request import parse
from chime_endpoints_handler.model.physical_id import NotApplied
from chime_endpoints_handler.resources.context import EventContext, Result
from chime_endpoints_handler.resources.operation import operate
from lifecycle.enumeration.wire import RESPONSE, Client, KilledError, Service, Wire

_TIMEOUT = 120.0
_ON_ITS_WAY = 0.05  # seconds from CloudFormation to the function
_RETRY_AFTER = (60.0, 120.0, 0.0)

Event = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What CloudFormation gets."""

    is_success: bool
    physical_id: str
    reason: str = ""


class NotAcceptedError(Exception):
    """The response was not accepted, so Lambda delivers the event again."""


@dataclass
class Services:
    """The clients of the function, whose calls pass a wire."""

    wire: Wire
    backend: ChimeSDKIdentityBackend
    stack: Any
    vault: Any

    def __post_init__(self) -> None:
        self._chime = Client(self.wire, Service(self.backend))
        self._stack, self._vault = Client(self.wire, self.stack), Client(self.wire, self.vault)

    def chime(self, _region: str) -> Any:
        """The emulated service."""
        return self._chime

    def secrets(self, _region: str | None) -> Any:
        """The secrets of the life."""
        return self._vault

    def parameters(self, _region: str | None) -> Any:
        """Nothing declares a parameter."""
        raise NotImplementedError

    def stacks(self) -> Any:
        """The simulated CloudFormation."""
        return self._stack


@dataclass
class Function:
    """The function, in one process after the other."""

    services: Services
    told: list[str] = field(default_factory=list)
    """Everything that it logged."""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """The answers of every delivery of an event, by its RequestId, whether or not they were accepted."""

    def __post_init__(self) -> None:
        self.wire = self.services.wire
        self.clock = self.wire.clock
        self.process = Process(self.clock.now)

    def invoke(self, event: Event, read: Callable[[Event, Answer], None]) -> Answer | None:
        """Deliver an event until a delivery ends well; return what CloudFormation gets, which `read` does at once."""
        sent = self.clock.now()
        accepted: Answer | None = None
        for wait in _RETRY_AFTER:
            self.clock.sleep(_ON_ITS_WAY)
            try:
                accepted, is_twice = self.deliver(event, sent)
                if is_twice:
                    self.deliver(event, sent)
            except _KilledAfterwardsError as killed:
                accepted = killed.answer
                read(event, accepted)
                self._starts_anew()
                self.clock.sleep(wait)
                with suppress(NotAcceptedError, KilledError):
                    self.deliver(event, sent)
                return accepted
            except KilledError:
                self._starts_anew()
            except NotAcceptedError:
                pass
            else:
                if accepted is not None:
                    read(event, accepted)
                return accepted
            self.clock.sleep(wait)
        return accepted

    def deliver(self, event: Event, sent: float) -> tuple[Answer | None, bool]:
        """Deliver an event once; return the accepted answer, if any, and whether it is to be delivered once more.

        Raises:
            KilledError: the process was killed.
            NotAcceptedError: the response was not accepted.
        """
        request, ends = parse(event), self.clock.now() + _TIMEOUT
        self.wire.event, self.wire.entered = request.request_id, self.clock.now()
        deadline = Deadline(lambda: ends - self.clock.now())
        trace = {"_X_AMZN_TRACE_ID": f"Root=1-{int(sent):08x}-0123456789abcdef01234567"}
        noted = [request.physical_id or str(NotApplied(request.suffix))]
        context = EventContext(
            assume=lambda _role, _call: self.services,
            request=request,
            clients=self.services,
            deadline=deadline,
            call=Caller(deadline=deadline, sleep=self.clock.sleep, jitter=lambda _, most: most),
            arrival=self.process.arrival(request.request_id, trace),
            note=lambda physical_id: noted.append(str(physical_id) or noted[0]),
            warn=self.told.append,
            report=self.told.append,
        )
        result: Result | None = None
        try:
            result = operate(context)
            answer = Answer(is_success=True, physical_id=str(result.physical_id))
        except BaseException as error:  # noqa: BLE001 - as the function's outermost edge
            answer = Answer(is_success=False, physical_id=noted[-1], reason=str(error) or type(error).__name__)
        self.told.append(f"{answer.physical_id} {answer.reason}")
        if self.wire.is_dead:
            raise KilledError
        self.answers.setdefault(request.request_id, []).append(answer)
        deadline.enter(Phase.ANSWER)
        return self._respond(answer, result, deadline)

    def _respond(self, answer: Answer, result: Result | None, deadline: Deadline) -> tuple[Answer | None, bool]:
        accepted: list[Answer] = []
        try:
            outcome = self.wire(RESPONSE, lambda: accepted.append(answer))
        except KilledError:
            if accepted:
                raise _KilledAfterwardsError(answer) from None
            raise
        if outcome not in ("lost", "expired"):
            return answer, outcome == "twice"
        self.clock.sleep(deadline.for_answer(is_last=False))
        if result is not None and result.if_not_accepted is not None:
            deadline.enter(Phase.AFTERWARDS)
            with suppress(Exception):
                result.if_not_accepted()
        if outcome == "lost":
            raise NotAcceptedError
        return None, False

    def _starts_anew(self) -> None:
        self.process, self.wire.is_dead = Process(self.clock.now), False


class _KilledAfterwardsError(KilledError):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
