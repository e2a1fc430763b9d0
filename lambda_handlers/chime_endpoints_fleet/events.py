"""The Lambda function behind `Custom::ChimeEndpointFleet`: CloudFormation's events, and commands."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from botocore.exceptions import ClientError

from chime_endpoints_handler.cloudformation.request import Request, RequestType, UnanswerableEventError, parse
from chime_endpoints_handler.model.codes import Code

from .ledger.fleet import OtherFleetError
from .ledger.header import DamagedLedgerError
from .runs import settings as run_settings
from .runs.ending import emptying, response, signal
from .runs.ending.answer import damaged
from .runs.ending.codes import FleetCode
from .runs.ending.response import Answer, Post
from .runs.settings import ManifestPlace, Mode, Settings, read_settings
from .runs.starting.commands import command
from .runs.starting.executions import Executions, machine_client
from .runs.starting.properties import InvalidPropertiesError, read_properties
from .runs.starting.start import FleetEndedError, Starter
from .store import DENIED, Store, code_of, s3_client

log = logging.getLogger("chime_endpoints")
_CLOCK_SHARE = 11 / 12  # of the time that CloudFormation waits: 55 minutes of an hour
_LONGEST_WAIT = 3600
_PATIENCE, _PAUSE = 45.0, 5.0  # seconds


class Context(Protocol):
    """The used part of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """The time left, in milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What events need, made once for a process; tests replace it."""

    s3: Any = field(repr=False)
    bucket: str
    executions: Executions
    at_once: int
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def handler(event: object, context: Context) -> Mapping[str, str] | None:
    """Handle an event of CloudFormation, or a command."""
    logging.root.setLevel(logging.INFO)
    return handle(event, context, _process())


def handle(event: object, context: Context, process: Process) -> Mapping[str, str] | None:
    """Handle an event with the given clients and clocks."""
    post = Post(left=lambda: context.get_remaining_time_in_millis() / 1000, sleep=process.sleep)
    if isinstance(event, Mapping) and "command" in event and "ResponseURL" not in event:
        starter = _starter(process, str(event.get("fleet", "")), post)
        repairs, adopts = str(event.get("repairs", "")), event.get("adopts") is True
        return command(
            str(event["command"]),
            starter,
            repairs=repairs,
            adopts=adopts,
            tokens=event.get("tokens") is True,
            declared=event.get("declared"),
            at_once=process.at_once,
        )
    try:
        request = parse(event)
    except UnanswerableEventError as error:
        log.warning("%s: Ignored an event that CloudFormation did not send: %s.", Code.NOT_AN_EVENT, error)
        return None
    starter = _starter(process, request.own_name, post)
    try:
        _begin_patiently(request, starter, process)
    except Exception as error:  # noqa: BLE001 - the outermost edge: every event needs a response
        reason = _reason_of(error)
        log.error("%s of %s failed: %s", request.request_type, starter.store.fleet, reason)  # noqa: TRY400 - a traceback may quote the event
        _fail(request, starter, reason)
    return None


def _begin_patiently(request: Request, starter: Starter, process: Process) -> None:
    """Start the run of an event. A policy of the same deployment takes effect only after some seconds."""
    until = process.now() + _PATIENCE
    while True:
        try:
            return _begin(request, starter, process)
        except ClientError as error:
            if code_of(error) not in DENIED or process.now() >= until:
                raise
        process.sleep(_PAUSE)


def _begin(request: Request, starter: Starter, process: Process) -> None:
    """Start the run that an event asks for. A second delivery of the event changes nothing."""
    store, run = starter.store, request.request_id
    mode = Mode.DELETE if request.request_type == RequestType.DELETE else Mode.APPLY
    if request.request_type not in set(RequestType):
        raise InvalidPropertiesError(f"{Code.NOT_AN_EVENT}: RequestType must be Create, Update or Delete.")
    began = store.json(run_settings.name_of(run))
    if began is not None and not response.is_expected(store, run):
        return  # the run has been answered
    if mode is Mode.DELETE and emptying.is_over(store):
        response.keep(store, run, request)
        emptying.empty(store, run, starter.post)
        return
    settings = read_settings(began) if began is not None else _settings(request, process, mode)
    response.keep(store, run, request)
    handle_url = _member(request, "WaitHandle")
    if handle_url and mode is not Mode.DELETE:
        signal.keep(store, run, handle_url)
    try:
        starter.start(run, settings, clock=_clock(request))
    except FleetEndedError:
        if mode is not Mode.DELETE:
            raise
        emptying.empty(store, run, starter.post)
        return
    log.info("%s of %s: started run %s", request.request_type, store.fleet, run)


def _settings(request: Request, process: Process, mode: Mode) -> Settings:
    now = process.now()
    try:
        return read_properties(
            request.properties,
            mode=mode,
            stack_id=request.stack_id,
            logical_id=request.logical_id,
            at_once=process.at_once,
            now=now,
        )
    except InvalidPropertiesError:
        if mode is not Mode.DELETE:
            raise
    return Settings(
        mode=mode,
        stack_id=request.stack_id,
        logical_id=request.logical_id,
        manifest=ManifestPlace(),
        began=now,
        at_once=process.at_once,
    )


def _clock(request: Request) -> int:
    """Return the seconds after which CloudFormation must be answered."""
    try:
        waits = min(_LONGEST_WAIT, int(_member(request, "ServiceTimeout")))
    except ValueError:
        waits = _LONGEST_WAIT
    return max(1, int(waits * _CLOCK_SHARE))


def _member(request: Request, name: str) -> str:
    value = request.properties.get(name, "") if isinstance(request.properties, Mapping) else ""
    return str(value)


def _reason_of(error: Exception) -> str:
    """Return why a run could not be started, without anything of the event."""
    if isinstance(error, InvalidPropertiesError):
        return str(error)
    if isinstance(error, DamagedLedgerError):
        return damaged(error)
    if isinstance(error, OtherFleetError):
        return f"{FleetCode.NOT_STARTED}: The prefix in the state bucket belongs to another fleet. Nothing was changed."
    what = f"{error.operation_name}: {code_of(error)}" if isinstance(error, ClientError) else type(error).__name__
    return f"{FleetCode.NOT_STARTED}: The run could not be started ({what}). Nothing was changed. Deploy again."


def _fail(request: Request, starter: Starter, reason: str) -> None:
    """Respond with a failure, also if the state bucket cannot be used."""
    with suppress(Exception):
        response.keep(starter.store, request.request_id, request)
        if response.respond(starter.store, request.request_id, Answer(reason=reason), starter.post):
            return
    response.respond_at_once(request, starter.store.fleet, Answer(reason=reason), starter.post)


def _starter(process: Process, fleet: str, post: Post) -> Starter:
    store = Store(process.s3, process.bucket, fleet)
    return Starter(store=store, executions=process.executions, post=post, now=process.now)


@cache
def _process() -> Process:
    return Process(
        s3=s3_client(),
        bucket=os.environ["FLEET_BUCKET"],
        executions=Executions(machine_client(), os.environ["FLEET_STATE_MACHINE_ARN"]),
        at_once=int(os.environ["FLEET_AT_ONCE"]),
    )
