"""Deregisters orphans, each only if a second audit right before confirms it."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_handler.aws.endpoints.api import Endpoints
from chime_endpoints_handler.aws.endpoints.presence import deregister

from .orphans import Audit, AuditedEndpoint, Verdict, find_orphans


def deregister_orphans(
    services: Services,
    first: Audit,
    *,
    arns: Sequence[str],
    regions: Sequence[str],
    given: bool = True,
    includes_unheld: bool = False,
) -> list[AuditedEndpoint]:
    """Deregister the endpoints that are orphans in both audits, and return them.

    Args:
        services: the account.
        first: the audit that the user has seen.
        arns: ARNs of users and app instances.
        regions: the regions to search for stacks.
        given: whether the user named the regions.
        includes_unheld: whether to deregister what may be an orphan as well.

    Raises:
        ServiceError: an endpoint could not be deregistered.
    """
    agreed = {orphan.endpoint.physical_id for orphan in removable(first, includes_unheld=includes_unheld)}
    second = find_orphans(services, arns, regions, given=given)
    still = [
        orphan for orphan in removable(second, includes_unheld=includes_unheld) if orphan.endpoint.physical_id in agreed
    ]
    call_for_each(still, lambda orphan: _deregister(services, orphan), what="Deregistering")
    return still


def removable(audit: Audit, *, includes_unheld: bool) -> list[AuditedEndpoint]:
    """Return what a repair deregisters."""
    return audit.of(Verdict.ORPHAN) + (audit.of(Verdict.UNHELD) if includes_unheld else [])


def _deregister(services: Services, orphan: AuditedEndpoint) -> None:
    endpoint = orphan.endpoint
    deregister(Endpoints(endpoint.user_arn, clients=services, call=services.call()), endpoint.endpoint_id)
