"""Deregisters orphans, each only if a second audit right before confirms it."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_handler.aws.endpoints.api import Endpoints
from chime_endpoints_handler.aws.endpoints.presence import deregister

from .orphans import Audit, NamedEndpoint, Verdict, find_orphans


def deregister_orphans(
    services: Services, first: Audit, *, arns: Sequence[str], regions: Sequence[str], given: bool = True
) -> list[NamedEndpoint]:
    """Deregister the endpoints that are orphans in both audits, and return them.

    Raises:
        ServiceError: an endpoint could not be deregistered.
    """
    agreed = {orphan.endpoint.physical_id for orphan in first.of(Verdict.ORPHAN)}
    still = [
        orphan
        for orphan in find_orphans(services, arns, regions, given=given).of(Verdict.ORPHAN)
        if orphan.endpoint.physical_id in agreed
    ]
    call_for_each(still, lambda orphan: _deregister(services, orphan), what="Deregistering")
    return still


def _deregister(services: Services, orphan: NamedEndpoint) -> None:
    endpoint = orphan.endpoint
    deregister(Endpoints(endpoint.user_arn, clients=services, call=services.call()), endpoint.endpoint_id)
