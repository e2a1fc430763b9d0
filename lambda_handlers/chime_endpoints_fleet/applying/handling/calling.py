"""The handler's calls, at the worker's pace and with a bounded patience for missing permissions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.aws.calls import Attempts, Caller
from chime_endpoints_handler.aws.failures.errors import OutOfTimeError, ServiceError
from chime_endpoints_handler.aws.failures.remedies import Kind

from .pace import Pace

_REGISTER = "RegisterAppInstanceUserEndpoint"
_DEREGISTER = "DeregisterAppInstanceUserEndpoint"
_OF_CHIME = ("AppInstanceUserEndpoint", "AppInstanceUserEndpoints")
_PATIENT_SECONDS = 120.0
_NEW_ROLE_SECONDS = 60.0


@dataclass
class Patience:
    """Whether a refusal may still mean that a policy has not taken effect yet.

    That is so in the first minutes of a run, until one call of a worker has succeeded. A refusal by the service itself
    may mean that only in the first minute and round: otherwise, each endpoint of a user that does not exist would be
    tried for fifteen seconds.
    """

    run_began: float
    """When the run began to make changes, in seconds since the epoch."""
    now: Callable[[], float]
    is_first_round: bool = True
    _is_over: bool = False
    _is_proven: bool = False

    @property
    def lasts(self) -> bool:
        """Whether to try again after a refusal."""
        return not self._is_over and self.now() - self.run_began < _PATIENT_SECONDS

    @property
    def is_early(self) -> bool:
        """Whether a refusal by the service itself may mean that the role is too new."""
        is_new = self.is_first_round and self.now() - self.run_began < _NEW_ROLE_SECONDS
        return is_new and not self._is_proven

    def end(self) -> None:
        """Note that a permission was waited for long enough."""
        self._is_over = True

    def prove(self) -> None:
        """Note that the role has its permissions."""
        self._is_over = self._is_proven = True


@dataclass
class FleetCaller(Caller):
    """The handler's caller for one change of a fleet."""

    pace: Pace = field(kw_only=True)
    patience: Patience = field(kw_only=True)
    may_have_registered: bool = False
    """Whether a registration may have had an effect although its call failed."""
    deregistered: list[str] = field(default_factory=list)
    """The ids of the endpoints that were deregistered."""

    def __call__(
        self,
        operation: str,
        request: Callable[[], dict[str, Any]],
        *,
        attempts: Attempts | None = None,
        propagates: bool = False,
        waits_for_permission: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        """Make the call as `Caller` does; calls of Amazon Chime keep to the pace."""
        attempts = attempts if attempts is not None else Attempts()
        is_patient = self.patience.lasts
        is_paced = operation.endswith(_OF_CHIME)
        try:
            answer = super().__call__(
                operation,
                self._paced(operation, request) if is_paced else request,
                attempts=attempts,
                propagates=propagates and is_patient and self.patience.is_early,
                waits_for_permission=waits_for_permission and is_patient,
                **more,
            )
        except ServiceError as error:
            if error.kind is Kind.DENIED or (propagates and error.kind is Kind.FORBIDDEN):
                self.patience.end()
            raise
        else:
            if operation == _DEREGISTER:
                self.deregistered.append(str(more["subject"]).removeprefix("of endpoint "))
            return answer
        finally:
            if operation == _REGISTER:
                self.may_have_registered |= attempts.may_have_happened

    def translated(self, operation: str, error: Exception, subject: str) -> ServiceError:
        """Translate the error of a failed call, and slow down if the service has throttled it.

        Raises:
            OutOfTimeError: the call was not made.
        """
        if isinstance(error, OutOfTimeError):
            raise error
        failure = super().translated(operation, error, subject)
        if failure.kind is Kind.THROTTLED and operation.endswith(_OF_CHIME):
            self.pace.was_throttled()
        return failure

    def _paced(self, operation: str, request: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        def paced() -> dict[str, Any]:
            self.pace.wait()
            self.deadline.check(operation)  # the wait may have outlasted the worker's lease
            answer = request()
            self.pace.was_accepted()
            self.patience.prove()
            return answer

        return paced
