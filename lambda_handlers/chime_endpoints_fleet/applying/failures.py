"""The changes of a round that failed, and whether another round can help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chime_endpoints_handler.aws.failures.errors import HandlerError, InvalidRequestError, ServiceError, SourceError
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model.codes import Code

from .operations import Outcome

CONFLICTS = frozenset({Code.TAKEN, Code.TAKEN_ELSEWHERE, Code.NOT_ADOPTABLE, Code.ENDPOINT_QUOTA})
"""The codes of failures that are over if another change of the run deregisters what is in the way."""
_REFUSALS = frozenset({Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.CONFLICT, Kind.QUOTA, Kind.INVALID})


@dataclass
class Failures:
    """The failures of one worker in one round."""

    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code and reason for each key that failed."""
    again: set[str] = field(default_factory=set)
    """The keys for which another attempt may succeed, whatever the rest of the run does."""
    transient: int = 0
    """The failures of the service itself."""

    def note(self, outcomes: Iterable[Outcome]) -> Mapping[str, tuple[str, str]]:
        """Note which changes have failed, and return those."""
        failed = {}
        for outcome in outcomes:
            if (failure := outcome.failure) is None:
                continue
            key = outcome.intent.key
            failed[key] = (str(failure.code), failure.text)
            self.transient += isinstance(failure, ServiceError) and failure.kind.is_transient
            if outcome.is_in_doubt or _may_pass(failure, is_early=outcome.is_early):
                self.again.add(key)
        self.reasons |= failed
        return failed


def _may_pass(failure: HandlerError, *, is_early: bool) -> bool:
    """Whether another attempt may succeed.

    Args:
        failure: the failure.
        is_early: whether the role may have been too new for the service.
    """
    if failure.code is Code.STILL_THERE:
        return True  # List may show for some seconds what is deregistered
    if isinstance(failure, ServiceError):
        return failure.kind not in _REFUSALS or (failure.kind is Kind.FORBIDDEN and is_early)
    return not isinstance(failure, InvalidRequestError | SourceError) and failure.code not in {
        *CONFLICTS,
        Code.INACTIVE,
    }
