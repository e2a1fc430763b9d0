"""Selects the endpoints to import; endpoints that belong to a stack are skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint, describe
from chime_endpoints_cli.account.stacks.holders import StackEndpoints
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model import physical_id

from .entries import obstacles


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The endpoints to import, and those that are not imported."""

    fit: tuple[DescribedEndpoint, ...]
    unfit: tuple[tuple[DescribedEndpoint, str], ...]
    """Endpoints that cannot be declared as they are registered, with the reason."""
    held: tuple[tuple[str, StackResource], ...]
    """Endpoints that belong to a stack, by physical id."""


def select(services: Services, ids: Sequence[str], held: StackEndpoints) -> Selection:
    """Return the endpoints that the ids select, each once.

    Raises:
        CommandError: an endpoint does not exist, or an id is invalid.
    """
    wanted: dict[str, physical_id.Endpoint] = {}
    for given in ids:
        endpoint = physical_id.read(given)
        if isinstance(endpoint, physical_id.Endpoint):
            wanted[given] = endpoint
        else:
            for one in endpoints_of_all(services, users_in(services, [given])):
                wanted[one.physical_id] = physical_id.Endpoint(one.user_arn, one.endpoint_id)
    holders = [(id_, holder) for id_ in wanted if (holder := held.holder_of(id_))]
    free = [endpoint for id_, endpoint in wanted.items() if held.holder_of(id_) is None]
    described = call_for_each(free, lambda endpoint: describe(services, endpoint), what="Reading endpoints")
    missing = [str(endpoint) for endpoint, seen in zip(free, described, strict=True) if seen is None]
    if missing:
        raise CommandError(
            "no such endpoint: " + ", ".join(missing), remedy="Run `chime-endpoints list` to see all endpoints."
        )
    seen = [endpoint for endpoint in described if endpoint is not None]
    reasons = [obstacles(endpoint) for endpoint in seen]
    return Selection(
        fit=tuple(endpoint for endpoint, why in zip(seen, reasons, strict=True) if not why),
        unfit=tuple((endpoint, " ".join(why)) for endpoint, why in zip(seen, reasons, strict=True) if why),
        held=tuple(holders),
    )
