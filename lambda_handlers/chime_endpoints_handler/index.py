"""The Lambda entry point: handle one event and send one verified response."""

from __future__ import annotations

import json
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from .cloudformation import connections  # noqa: F401 - first, because it reads certificates while others are imported

# isort: split
from .aws.calls import Caller
from .aws.clients import AssumedRoles, AwsClients, Clients
from .aws.deadline import Deadline, Phase
from .aws.failures.errors import UNEXPECTED, HandlerError
from .cloudformation.arrival import Process
from .cloudformation.request import Request, UnanswerableEventError, parse
from .cloudformation.responder import Responder
from .cloudformation.sender import Delivery
from .model.codes import Code
from .resources.context import EventContext, Result
from .resources.operation import operate

log = logging.getLogger("chime_endpoints")


class Context(Protocol):
    """The used part of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """The time left, in milliseconds."""


class AnswerNotAcceptedError(Exception):
    """The response was not accepted; Lambda retries the event."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The function's environment; tests replace it."""

    clients: Clients = field(default_factory=AwsClients)
    roles: AssumedRoles = field(default_factory=AssumedRoles)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    process: Process = field(default_factory=Process)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform


_PROCESS = Surroundings()


def handler(event: object, context: Context) -> None:
    """Handle one CloudFormation event.

    Raises:
        AnswerNotAcceptedError: the response could not be delivered; Lambda retries the event.
    """
    logging.root.setLevel(_level(os.environ.get("LOG_LEVEL", "INFO")))
    handle(event, context, _PROCESS)


def handle(event: object, context: Context, surroundings: Surroundings) -> None:
    """Handle one event with the given surroundings."""
    try:
        request = parse(event)
    except UnanswerableEventError as error:
        _log(
            logging.WARNING,
            f"{Code.NOT_AN_EVENT}: Ignored an event that CloudFormation did not send: {error}. Nothing was changed.",
        )
        return
    started = surroundings.now()
    deadline = Deadline(_time_left(context, surroundings.now))
    responder = Responder(request, deadline, surroundings.sleep)
    call = Caller(deadline=deadline, sleep=surroundings.sleep, jitter=surroundings.jitter)
    event_context = EventContext(
        request=request,
        clients=surroundings.clients,
        assume=surroundings.roles.clients,
        deadline=deadline,
        call=call,
        arrival=surroundings.process.arrival(request.request_id, surroundings.environment),
        note=responder.note,
        warn=lambda warning: _log(logging.WARNING, f"{_what(request)}: {warning}"),
        report=lambda problem: _log(logging.ERROR, f"{_what(request)}: {problem}"),
    )
    run = _Run(event_context, responder)
    responder.respond(run, context)
    _conclude(run, responder, surroundings.now() - started)


def _time_left(context: Context, now: Callable[[], float]) -> Callable[[], float]:
    """Return the remaining seconds by Lambda's context and by the clock: a stub's context may not count down."""
    began, at_entry = now(), context.get_remaining_time_in_millis() / 1000
    return lambda: min(context.get_remaining_time_in_millis() / 1000, at_entry - (now() - began))


class _Run:
    """The function that crhelper calls; it returns the physical id or raises an error with the Reason."""

    def __init__(self, context: EventContext, responder: Responder) -> None:
        self.context = context
        self.reason = ""
        self.result: Result | None = None
        self._responder = responder

    def __call__(self, _event: object, _context: object) -> str:
        try:
            self.result = operate(self.context)
        except HandlerError as error:
            self.reason = str(error)
        except BaseException as error:  # noqa: BLE001 - the outermost edge: every event needs a response
            self.reason = f"{Code.UNEXPECTED}: The function failed: {type(error).__name__}. {UNEXPECTED}"
        if self.result is None:
            raise _ToldError(self.reason)
        self._responder.Data.update(self.result.data)
        self._responder.has_more_to_do = self.result.if_not_accepted is not None
        self.context.note(self.result.physical_id)
        return self._responder.PhysicalResourceId


class _ToldError(Exception):
    """Passes the Reason to crhelper."""


def _conclude(run: _Run, responder: Responder, seconds: float) -> None:
    """Log the result, and raise an error if the response was not accepted, so that Lambda retries the event."""
    request = run.context.request
    what = _what(request)
    call = run.context.call
    throttled = f"{call.throttled} throttled, " if call.throttled else ""
    effort = f"{call.count} calls, {throttled}{seconds:.1f} s"
    if run.reason:
        _log(logging.ERROR, f"{what} failed ({effort}): {run.reason}")
    else:
        registered = f", registered {run.result.registered}" if run.result and run.result.registered else ""
        _log(logging.INFO, f"{what}: {responder.answered_status}{registered} ({effort})")
    for problem in _problems(run, responder):
        _log(logging.ERROR, f"{what}: {Code.NOT_TOLD}: {problem}")
    if responder.outcome not in (Delivery.ACCEPTED, Delivery.EXPIRED):
        raise AnswerNotAcceptedError("the response could not be delivered")


def _problems(run: _Run, responder: Responder) -> Iterator[str]:
    """Do what remains if the response was not accepted, and yield what went wrong."""
    if run.result is not None and run.result.if_not_accepted is not None and not responder.has_told_success:
        run.context.deadline.enter(Phase.AFTERWARDS)
        try:
            run.result.if_not_accepted()
        except Exception as error:  # noqa: BLE001 - the next event handles the rest
            failure = type(error).__name__
            yield f"The function could not mark the endpoint so that the next event recognizes it ({failure})."
    if responder.outcome is Delivery.EXPIRED:
        yield "The response URL returned 403. It has expired, or a VPC endpoint policy denies the request."
    elif responder.outcome is not Delivery.ACCEPTED:
        yield (
            "The function could not deliver its response. Lambda retries the event. If the function runs in a VPC,"
            " give it a route to Amazon S3."
        )


def _what(request: Request) -> str:
    return f"{_plain(request.request_type)} of {_plain(request.logical_id)}"


def _plain(text: str) -> str:
    """Escape external text for a log line, without line breaks and terminal escapes."""
    return json.dumps(text[:255])[1:-1]


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)


def _log(level: int, message: str) -> None:
    with suppress(Exception):  # a broken log handler must not prevent the response
        log.log(level, message)
