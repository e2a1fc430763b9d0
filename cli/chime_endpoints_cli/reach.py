"""In which regions the stacks of an account can be looked up, and in which they cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from .at_once import each
from .errors import CommandError
from .failing import credentials
from .failing.codes import CommandCode
from .failing.refusals import denied_by, is_denial
from .services import Services
from .stacks import Stack, all_stacks

_NOT_ENABLED = frozenset({"OptInRequired", *credentials.REFUSED_CODES})
"""The answers of a region that the account has not enabled; also those of an enabled one to session tokens of the
global STS endpoint, which are not valid everywhere."""


@dataclass(frozen=True)
class Closed:
    """A region that cannot be looked into."""

    reason: str
    """In a few words."""
    failure: Exception

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The stacks of the regions that could be looked into."""

    stacks: tuple[Stack, ...]
    regions: tuple[str, ...]
    passed_over: Mapping[str, Closed]
    """The regions that could not."""

    def require_some(self) -> None:
        """Raises the failure of a region if none could be looked into: it is not a matter of regions then."""
        if not self.regions and self.passed_over:
            raise next(iter(self.passed_over.values())).failure


def stacks_within_reach(services: Services, regions: Sequence[str], *, given: bool) -> Reach:
    """The stacks of regions; a region that is denied, not enabled or not reachable is passed over.

    Args:
        services: the account.
        regions: where to look.
        given: whether the user named the regions. Such a region is never passed over.

    Raises:
        CommandError: a region that the user named cannot be looked into, and the reason is one of these.
        ClientError: CloudFormation refuses for another reason.
    """
    found = each(regions, lambda region: _look_into(services, region, is_given=given), what="Looking for stacks")
    by_region = dict(zip(regions, found, strict=True))
    looked = {region: stacks for region, stacks in by_region.items() if isinstance(stacks, list)}
    return Reach(
        stacks=tuple(stack for stacks in looked.values() for stack in stacks),
        regions=tuple(looked),
        passed_over={region: reason for region, reason in by_region.items() if isinstance(reason, Closed)},
    )


def _look_into(services: Services, region: str, *, is_given: bool) -> list[Stack] | Closed:
    try:
        return all_stacks(services.stacks(region))
    except (ClientError, CommandError) as error:
        reason = _reason(error)
        if reason is None:
            raise
        if is_given:
            raise CommandError(
                f"the stacks of {region} cannot be read: {reason}",
                remedy=f"Leave {region} out of --region if it has no stacks with endpoints.",
                code=CommandCode.DENIED,
            ) from error
        return Closed(reason, error)


def _reason(error: ClientError | CommandError) -> str | None:
    """Why a region cannot be looked into; None if that says nothing of the region."""
    if isinstance(error, CommandError):
        return "not reachable" if error.code is CommandCode.UNREACHABLE else None
    answer = error.response.get("Error", {})
    if answer.get("Code") in _NOT_ENABLED:
        return "not enabled, or this session is not valid there"
    if not is_denial(error):
        return None
    policy = denied_by(str(answer.get("Message", "")))
    return f"denied by a {policy}" if policy else "denied"
