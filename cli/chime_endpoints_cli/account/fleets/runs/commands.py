"""Commands to a fleet's function, which starts and stops its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.output.errors import CommandError


class FleetCommand(StrEnum):
    """What the function is asked to do."""

    SYNC = "sync"
    RESUME = "resume"
    STOP = "stop"
    DRAIN = "drain"
    CHECK = "check"


def declaration_of(fleet: Fleet) -> dict[str, Any]:
    """Return the resource as its stack declares it, for a fleet that has lost its state and its runs."""
    return {"stack_id": fleet.held.stack.id, "logical_id": fleet.held.logical_id, "properties": dict(fleet.declared)}


def send(services: Services, fleet: Fleet, command: FleetCommand, **more: str | bool | Mapping[str, Any]) -> str:
    """Send a command and return the id of the run that it starts or stops.

    Args:
        services: the account.
        fleet: the fleet.
        command: the command.
        more: `repairs`, the check whose findings the run repairs; `adopts`, whether it takes over what is registered;
            `declared`, what `declaration_of` returns.

    Raises:
        CommandError: the function refuses it, or fails.
    """
    event = {"command": str(command), "fleet": fleet.id, **more}
    answer = services.functions(fleet.region).invoke(FunctionName=fleet.function, Payload=json.dumps(event))
    told = json.loads(answer["Payload"].read() or b"null")
    if not isinstance(told, dict) or "FunctionError" in answer or not told.keys() & {"run", "error"}:
        raise CommandError(
            f"the function of fleet {fleet.id} failed: {_error_of(told)}",
            remedy=f"Look into the log of {fleet.function}.",
        )
    if told.get("error"):
        raise CommandError(str(told["error"]))
    return str(told["run"])


def _error_of(told: object) -> str:
    if not isinstance(told, dict):
        return "it returned nothing"
    return ": ".join(str(told[name]) for name in ("errorType", "errorMessage") if name in told) or "unknown answer"
