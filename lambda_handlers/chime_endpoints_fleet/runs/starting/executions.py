"""The executions of a fleet's state machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from ...store import code_of

_ENDED = frozenset({"ExecutionDoesNotExist", "ValidationException"})


def machine_client() -> Any:
    """Return a client of AWS Step Functions that retries what is transient."""
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    return Session().create_client("stepfunctions", config=config)


@dataclass(frozen=True)
class Executions:
    """Starts and stops executions by their names."""

    client: Any = field(repr=False)
    machine_arn: str

    def start(self, name: str, fleet: str, run: str, *, clock: int | None = None) -> None:
        """Start an execution. If one with this name was started before, there is nothing to do.

        Args:
            name: the name of the execution.
            fleet: the fleet.
            run: the run.
            clock: the seconds after which the execution answers CloudFormation; None for one that does the work.
        """
        given = {"fleet": fleet, "run": run} | ({} if clock is None else {"clock": clock})
        try:
            self.client.start_execution(stateMachineArn=self.machine_arn, name=name, input=json.dumps(given))
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise

    def stop(self, name: str) -> None:
        """Stop an execution, unless it has ended."""
        arn = f"{self.machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            self.client.stop_execution(executionArn=arn)
        except ClientError as error:
            if code_of(error) not in _ENDED:
                raise


def machine_of(execution_arn: str) -> str:
    """Return the ARN of the state machine of an execution."""
    return execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")


def clock_of(run: str) -> str:
    """Return the name of the execution that answers CloudFormation if a run takes too long."""
    return f"{run}-clock"
