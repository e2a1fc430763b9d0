"""The function's entry: an event comes in, one verified answer goes out."""

from __future__ import annotations

import json
import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from . import (
    connections,  # noqa: F401 - before all others: it reads certificates while they are imported
    create,
    physical_id,
)
from .answer import Responder
from .arrival import Process
from .calls import Caller
from .clients import AwsClients, Clients
from .codes import Code
from .deadline import Deadline, Phase
from .declaration import ENDPOINT_TYPE, TAGS_TYPE
from .delivery import Delivery
from .errors import UNEXPECTED, HandlerError, InvalidRequestError
from .helper import SUCCESS
from .outcome import Outcome
from .request import Request, RequestType, UnanswerableEventError, parse
from .rules import violations
from .work import Work

log = logging.getLogger("chime_endpoints")


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """The time left, in milliseconds."""


class AnswerNotAcceptedError(Exception):
    """Nobody accepted the answer: Lambda is to deliver the event again."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the function finds in its process; tests put their own in its place."""

    clients: Clients = field(default_factory=AwsClients)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    process: Process = field(default_factory=Process)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform


_PROCESS = Surroundings()


def handler(event: object, context: Context) -> None:
    """Handles one event of CloudFormation.

    Raises:
        AnswerNotAcceptedError: the answer could not be delivered; Lambda delivers the event again.
    """
    logging.root.setLevel(_level(os.environ.get("LOG_LEVEL", "INFO")))
    handle(event, context, _PROCESS)


def handle(event: object, context: Context, surroundings: Surroundings) -> None:
    """Handles one event with the given surroundings."""
    try:
        request = parse(event)
    except UnanswerableEventError as error:
        _log(
            logging.WARNING, f"{Code.NOT_AN_EVENT}: Ignored: {error}. It is none of CloudFormation's; nothing was done."
        )
        return
    started = surroundings.now()
    deadline = Deadline(_time_left(context, surroundings.now))
    responder = Responder(request, deadline, surroundings.sleep)
    call = Caller(deadline=deadline, sleep=surroundings.sleep, jitter=surroundings.jitter)
    work = Work(
        request=request,
        clients=surroundings.clients,
        deadline=deadline,
        call=call,
        arrival=surroundings.process.arrival(request.request_id, surroundings.environment),
        note=responder.note,
        warn=lambda warning: _log(logging.WARNING, f"{_what(request)}: {warning}"),
        report=lambda problem: _log(logging.ERROR, f"{_what(request)}: {problem}"),
    )
    run = _Run(work, responder)
    if request.request_type in set(RequestType):
        responder.respond(run, context)
    else:
        responder.fail(f"{Code.NOT_AN_EVENT}: RequestType is none of Create, Update, Delete.")
    _conclude(run, responder, surroundings.now() - started)


def _time_left(context: Context, now: Callable[[], float]) -> Callable[[], float]:
    """The seconds left, by Lambda's word and by the clock: a stand-in's context may stand still."""
    began, at_entry = now(), context.get_remaining_time_in_millis() / 1000
    return lambda: min(context.get_remaining_time_in_millis() / 1000, at_entry - (now() - began))


class _Run:
    """The function that crhelper calls: it returns the physical id, or raises what may be told."""

    def __init__(self, work: Work, responder: Responder) -> None:
        self.work = work
        self.reason = ""
        self.outcome: Outcome | None = None
        self._responder = responder

    def __call__(self, _event: object, _context: object) -> str:
        try:
            self.outcome = _operate(self.work)
        except HandlerError as error:
            self.reason = str(error)
        except BaseException as error:  # noqa: BLE001 - the outermost edge: an answer is owed whatever happens
            self.reason = f"{Code.UNEXPECTED}: The function failed: {type(error).__name__}. {UNEXPECTED}"
        if self.outcome is None:
            raise _ToldError(self.reason)
        self._responder.Data.update(self.outcome.data)
        self._responder.has_more_to_do = self.outcome.unanswered is not None
        self.work.note(self.outcome.physical_id)
        return self._responder.PhysicalResourceId


class _ToldError(Exception):
    """Carries the reason to crhelper."""


def _operate(work: Work) -> Outcome:
    request = work.request
    is_delete = request.request_type == RequestType.DELETE
    operation = _operation(request.resource_type, request.request_type)
    if operation is None and is_delete:
        return Outcome(physical_id=physical_id.read(request.physical_id))
    # An Update may be about an endpoint with a device token that only earlier releases let pass.
    is_create = request.request_type == RequestType.CREATE
    if not is_delete and violations(request.resource_type, request.properties, registers=is_create):
        raise InvalidRequestError(violations(request.resource_type, request.properties))
    assert operation is not None  # noqa: S101 - an unknown resource type is a violation
    return operation(work)


def _operation(resource_type: str, request_type: str) -> Callable[[Work], Outcome] | None:
    """What handles such an event; None where nothing does.

    A new process begins with a Create in most cases: what the others need is imported when one of them comes.
    """
    if resource_type == TAGS_TYPE:
        from . import identity_tags

        by_type = {"Create": identity_tags.create, "Update": identity_tags.update, "Delete": identity_tags.delete}
        return by_type.get(request_type)
    if resource_type != ENDPOINT_TYPE:
        return None
    if request_type == RequestType.CREATE:
        return create.create
    if request_type == RequestType.UPDATE:
        from .update import update

        return update
    from .delete import delete

    return delete


def _conclude(run: _Run, responder: Responder, seconds: float) -> None:
    """Logs what was done, and has the event delivered again where nobody accepted the answer."""
    request = run.work.request
    what = _what(request)
    effort = f"{run.work.call.count} calls, {seconds:.1f} s"
    if run.reason:
        _log(logging.ERROR, f"{what} failed ({effort}): {run.reason}")
    else:
        _log(logging.INFO, f"{what}: {responder.answered_status} ({effort})")
    was_told = responder.outcome is Delivery.ACCEPTED and responder.answered_status == SUCCESS
    if run.outcome is not None and run.outcome.unanswered is not None and not was_told:
        run.work.deadline.enter(Phase.AFTERWARDS)
        try:
            run.outcome.unanswered()
        except Exception as error:  # noqa: BLE001 - the next event meets what could not be done here
            untold = f"The endpoint could not be marked for the next event ({type(error).__name__})."
            _log(logging.ERROR, f"{what}: {Code.NOT_TOLD}: {untold}")
    if responder.outcome is Delivery.ACCEPTED:
        return
    if responder.outcome is Delivery.EXPIRED:
        untold = "The answer was refused (403): its URL has expired, or a VPC endpoint's policy forbids it."
        _log(logging.ERROR, f"{what}: {Code.NOT_TOLD}: {untold}")
        return
    untold = (
        "Nobody accepted the answer. Lambda delivers the event again; in a VPC the function needs a way to Amazon S3."
    )
    _log(logging.ERROR, f"{what}: {Code.NOT_TOLD}: {untold}")
    raise AnswerNotAcceptedError("nobody accepted the answer")


def _what(request: Request) -> str:
    return f"{_plain(request.request_type)} of {_plain(request.logical_id)}"


def _plain(text: str) -> str:
    """Text from outside for a log line: no line breaks, no terminal escapes."""
    return json.dumps(text[:255])[1:-1]


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)


def _log(level: int, message: str) -> None:
    with suppress(Exception):  # a broken log handler must not cost the answer
        log.log(level, message)
