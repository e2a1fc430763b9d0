"""Checks whether a file already declares an endpoint that is about to be added to it.

The service registers a device token only once, so an entry with the same token is the same endpoint. Two entries would
put the endpoint into two resources, and deleting one of them would deregister it.
"""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import region_of_arn
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint
from chime_endpoints_cli.account.stacks.in_region import InRegion
from chime_endpoints_cli.output.failures.translation import in_one_line
from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.failures.errors import HandlerError

from .keys import wanted_key

Token = tuple[str | None, str]
"""A device token, or None and the reason why it cannot be read."""


def collisions(
    services: Services, entries: Sequence[Entry], endpoints: Sequence[DescribedEndpoint]
) -> tuple[list[str], list[str]]:
    """Return the entries that already declare one of the endpoints, and those that could not be compared.

    Args:
        services: the account.
        entries: the entries of the file.
        endpoints: the endpoints to add.
    """
    by_user: dict[str, list[DescribedEndpoint]] = {}
    for endpoint in endpoints:
        by_user.setdefault(endpoint.user_arn, []).append(endpoint)
    of_users = [entry for entry in entries if entry.declaration.app_instance_user_arn in by_user]
    tokens = call_for_each(
        of_users, lambda entry: _token_of(services, entry), what="Reading the device tokens of the file"
    )
    against: list[str] = []
    unknown: list[str] = []
    for entry, (token, why) in zip(of_users, tokens, strict=True):
        there = by_user[entry.declaration.app_instance_user_arn]
        line = f"{entry.key} (line {entry.place_of('').line})"
        if token is not None:
            against += [f"{line} already declares {one.physical_id}" for one in there if one.device_token == token]
        elif alike := [one for one in there if _looks_like(entry, one)]:
            against += [f"{line} may declare {one.physical_id}; its token cannot be compared: {why}" for one in alike]
        else:
            unknown.append(f"{line} has the same user as an endpoint to import; its token cannot be compared: {why}")
    return against, unknown


def _looks_like(entry: Entry, endpoint: DescribedEndpoint) -> bool:
    declared = entry.declaration
    is_alike = (declared.type, declared.resource_arn, declared.name) == (
        endpoint.type,
        endpoint.application,
        endpoint.name,
    )
    return is_alike or entry.key == wanted_key(endpoint)


def _token_of(services: Services, entry: Entry) -> Token:
    """Return the current device token of an entry."""
    clients = InRegion(services=services, region=region_of_arn(entry.declaration.app_instance_user_arn))
    try:
        token = sources.read("DeviceToken", entry.declaration.device_token, clients=clients, call=services.call())
    except HandlerError as error:
        return None, in_one_line(error)
    return token, ""
