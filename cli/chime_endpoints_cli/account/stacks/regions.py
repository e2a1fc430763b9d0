"""Stacks in several regions, including which regions cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures import credentials
from chime_endpoints_cli.output.failures.service_errors import denied_by, is_denial

from .stacks import Stack, all_stacks

_NOT_ENABLED = frozenset({"OptInRequired", *credentials.REFUSED_CODES})
"""The errors of a region that the account has not enabled. An enabled opt-in region also returns them for session
tokens from the global STS endpoint."""


@dataclass(frozen=True)
class UnreadableRegion:
    """A region whose stacks cannot be read."""

    reason: str
    """The reason in a few words."""
    failure: Exception

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True)
class RegionsRead:
    """The stacks of the regions that could be read."""

    stacks: tuple[Stack, ...]
    regions: tuple[str, ...]
    passed_over: Mapping[str, UnreadableRegion]
    """The regions that could not be read."""

    def require_some(self) -> None:
        """Raise the failure of the first region if no region could be read: then the cause is not the region."""
        if not self.regions and self.passed_over:
            raise next(iter(self.passed_over.values())).failure


def stacks_in_regions(services: Services, regions: Sequence[str], *, given: bool) -> RegionsRead:
    """Return the stacks in regions; skip a region that is denied, not enabled or not reachable.

    Args:
        services: the account.
        regions: the regions to search.
        given: whether the user named the regions. These are never skipped.

    Raises:
        CommandError: a region that the user named would be skipped.
        ClientError: CloudFormation returns another error.
    """
    found = call_for_each(
        regions, lambda region: _look_into(services, region, is_given=given), what="Looking for stacks"
    )
    by_region = dict(zip(regions, found, strict=True))
    looked = {region: stacks for region, stacks in by_region.items() if isinstance(stacks, list)}
    return RegionsRead(
        stacks=tuple(stack for stacks in looked.values() for stack in stacks),
        regions=tuple(looked),
        passed_over={region: reason for region, reason in by_region.items() if isinstance(reason, UnreadableRegion)},
    )


def _look_into(services: Services, region: str, *, is_given: bool) -> list[Stack] | UnreadableRegion:
    try:
        return all_stacks(services.stacks(region))
    except (ClientError, CommandError) as error:
        reason = _reason(error)
        if reason is None:
            raise
        if is_given:
            raise CommandError(
                f"the stacks in {region} cannot be read: {reason}",
                remedy=f"If {region} has no stacks with endpoints, leave it out of --region.",
                code=CommandCode.DENIED,
            ) from error
        return UnreadableRegion(reason, error)


def _reason(error: ClientError | CommandError) -> str | None:
    """Return why a region cannot be read, or None if the error is not about the region."""
    if isinstance(error, CommandError):
        return "not reachable" if error.code is CommandCode.UNREACHABLE else None
    answer = error.response.get("Error", {})
    if answer.get("Code") in _NOT_ENABLED:
        return "not enabled, or this session is not valid there"
    if not is_denial(error):
        return None
    policy = denied_by(str(answer.get("Message", "")))
    return f"denied by a {policy}" if policy else "denied"
