"""Reads the endpoints of users that the journal does not have yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import users_in
from chime_endpoints_cli.account.endpoints.observed import describe, endpoints_of
from chime_endpoints_cli.commands.registered.import_.endpoints.entries import obstacles
from chime_endpoints_handler.model.physical_id import Endpoint

from .journal import Journal, ReadUser


def read_endpoints(
    services: Services, arns: Sequence[str], journal: Journal, holder_of: Callable[[str], str | None]
) -> int:
    """Read all endpoints into the journal, user by user; return how many users it already had.

    Args:
        services: the account.
        arns: ARNs of users and app instances.
        journal: where to continue.
        holder_of: returns the name of the stack or fleet of an endpoint, by its physical id.
    """
    users = users_in(services, arns)
    left = [user for user in users if not journal.has(user)]
    call_for_each(left, lambda user: journal.append(_read(services, user, holder_of)), what="Reading endpoints")
    return len(users) - len(left)


def _read(services: Services, user_arn: str, holder_of: Callable[[str], str | None]) -> ReadUser:
    found, unfit, held = [], [], []
    for listed in endpoints_of(services, user_arn):
        if holder := holder_of(listed.physical_id):
            held.append((listed.physical_id, holder))
            continue
        endpoint = describe(services, Endpoint(user_arn, listed.endpoint_id))
        if endpoint is None:  # deregistered since it was listed
            continue
        if reasons := obstacles(endpoint):
            unfit.append((endpoint.physical_id, " ".join(reasons)))
        else:
            found.append(endpoint)
    return ReadUser(user_arn=user_arn, endpoints=tuple(found), unfit=tuple(unfit), held=tuple(held))
