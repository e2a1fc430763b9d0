"""The commands to a fleet: `chime-endpoints fleet sync`, `resume`, `stop`, `drain` and `check`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from ...ledger import fleet as fleets
from ...ledger.fleet import Fleet
from ...ledger.header import DamagedLedgerError, LaterReleaseError
from ...store import compact
from ..ending import response, signal
from ..ending.answer import damaged
from ..ending.codes import FleetCode
from ..settings import Mode, Settings, read_settings
from .properties import InvalidPropertiesError
from .recovery import recovered
from .start import FleetEndedError, Starter

_MODES = {"sync": Mode.APPLY, "drain": Mode.DRAIN, "check": Mode.CHECK}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOST = "lost"
"""Stands for a run of which nothing is known any more."""
_STOPPED = f"{FleetCode.REPLACED}: The run was stopped with `chime-endpoints fleet stop`."


def command(
    name: str,
    starter: Starter,
    *,
    repairs: str = "",
    adopts: bool = False,
    tokens: bool = False,
    declared: object = None,
    at_once: int = 4,
) -> Mapping[str, str]:
    """Do what a command asks for.

    Args:
        name: the command.
        starter: starts and stops the runs of the fleet.
        repairs: the check whose findings a run with the newest manifest repairs as well.
        adopts: whether such a run takes over what is registered already, also if the fleet has lost its state.
        tokens: whether a check compares device tokens as well.
        declared: the resource as its stack declares it, for a fleet that has lost its runs as well.
        at_once: the number of shards that are then worked on at the same time.

    Returns:
        The run that was started or stopped as `run`, or why nothing was done as `error`.
    """
    store, is_damaged = starter.store, False
    try:
        fleet = fleets.read(store)
    except DamagedLedgerError as error:
        if not adopts or isinstance(error, LaterReleaseError):
            return {"error": damaged(error)}
        fleet, is_damaged = Fleet(), True
    if adopts and not fleet.run:
        try:
            found = recovered(store, declared, at_once=at_once, now=starter.now())
        except InvalidPropertiesError as error:
            return {"error": f"The properties that the stack declares are not those of a fleet: {error}"}
        if found is not None:
            fleet = replace(fleet, run=found[0] or _LOST, settings=found[1].to_json())
    if not fleet.run:
        return {"error": f"There is no fleet {store.fleet}, or it has never had a run."}
    if fleet.ended:
        return _ended()
    if name == "stop":
        return _stop(starter, fleet)
    if name == "resume":  # also of a run that CloudFormation waits for: it is the same run, and answers once
        starter.resume(fleet)
        return {"run": fleet.run}
    if response.is_expected(store, fleet.run) or signal.is_expected(store, fleet.run):
        return {"error": f"CloudFormation waits for run {fleet.run}. Wait until the stack's deployment has ended."}
    if (mode := _MODES.get(name)) is None:
        return {"error": f"There is no command {name[:32]}."}
    run = new_id(starter.now())
    settings = replace(_settings(fleet, mode, starter.now()), repairs=repairs, adopts=adopts, tokens=tokens)
    if is_damaged:
        fleets.set_aside(store)
    try:
        starter.start(run, settings, clock=None)
    except FleetEndedError:
        return _ended()
    return {"run": run}


def _ended() -> Mapping[str, str]:
    return {"error": "The fleet is being deleted. If its stack is still there, delete the stack again."}


def _settings(fleet: Fleet, mode: Mode, now: float) -> Settings:
    """Return the newest run's settings for another run."""
    return replace(read_settings(fleet.settings), mode=mode, began=now)


def _stop(starter: Starter, fleet: Fleet) -> Mapping[str, str]:
    fleets.change(starter.store, lambda each: replace(each, stopped=each.run))
    result = {"run": fleet.run, "ok": False, "reason": _STOPPED, "ended": round(starter.now(), 1)}
    starter.store.put(f"runs/{fleet.run}/result", compact(result))
    starter.end(fleet.run, _STOPPED)
    return {"run": fleet.run}


def new_id(now: float) -> str:
    """Return the id of a run that CloudFormation did not ask for: 26 characters that sort by time, as in a ULID."""
    number = int(now * 1000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
