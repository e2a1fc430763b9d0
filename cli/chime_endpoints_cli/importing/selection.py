"""Which endpoints are to be imported: all of a user or an app instance, or single ones; none that a stack holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_cli.at_once import each
from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.holders import Holdings
from chime_endpoints_cli.listing import endpoints_of_all, users_in
from chime_endpoints_cli.registered import Described, describe
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.stacks import Held
from chime_endpoints_handler import physical_id

from .entries import obstacles


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is to be imported, and what is not because a stack holds it."""

    fit: tuple[Described, ...]
    unfit: tuple[tuple[Described, str], ...]
    """What cannot be declared as it is registered, with the reason."""
    held: tuple[tuple[str, Held], ...]
    """By physical id."""


def select(services: Services, ids: Sequence[str], held: Holdings) -> Selection:
    """The endpoints that ids stand for, each once.

    Raises:
        CommandError: an endpoint does not exist, or an id is none.
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
    described = each(free, lambda endpoint: describe(services, endpoint), what="Asking for what is registered")
    missing = [str(endpoint) for endpoint, seen in zip(free, described, strict=True) if seen is None]
    if missing:
        raise CommandError("there is no endpoint " + ", ".join(missing), remedy="`chime-endpoints list` shows them.")
    seen = [endpoint for endpoint in described if endpoint is not None]
    reasons = [obstacles(endpoint) for endpoint in seen]
    return Selection(
        fit=tuple(endpoint for endpoint, why in zip(seen, reasons, strict=True) if not why),
        unfit=tuple((endpoint, " ".join(why)) for endpoint, why in zip(seen, reasons, strict=True) if why),
        held=tuple(holders),
    )
