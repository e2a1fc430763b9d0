"""Whose pushes to follow: a user or one endpoint, found by ARN, key or id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import cleaned, is_user
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import app_instances_in
from chime_endpoints_cli.account.fleets.entries import entries_called
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_in_regions
from chime_endpoints_cli.account.stacks.templates.constructs import keys_of
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.network_and_settings import no_region
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import REGIONS
from chime_endpoints_handler.model.physical_id import Endpoint

_ENDPOINT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The form of the service's ids. Only for such a name are all users searched."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A user, or one of its endpoints."""

    user_arn: str
    endpoint_id: str | None = None
    entry: str = ""
    """The entry or construct that declares the endpoint and its stack, if it was found by these."""

    @property
    def region(self) -> str:
        """The region of the user."""
        return self.user_arn.split(":", 5)[3]

    @property
    def account(self) -> str:
        """The account of the user."""
        return self.user_arn.split(":", 5)[4]


def subject_of(services: Services, given: str, *, regions: Sequence[str], are_given: bool) -> Subject:
    """Return the subject of a name on the command line.

    Args:
        services: the account.
        given: the ARN of a user, an endpoint as USER_ARN/endpoint/ID, a key, or the id of an endpoint or user.
        regions: where to look for stacks and users, unless an ARN is given.
        are_given: whether the user named the regions.

    Raises:
        CommandError: there is no such subject, or there are several.
    """
    name = "".join(cleaned((given,))[:1])
    if not name:
        raise CommandError("no user or endpoint to examine", remedy="Give an ARN, a key of endpoints.yaml, or an id.")
    if not name.startswith("arn:"):
        return _by_name(services, name, regions, are_given=are_given)
    endpoint = physical_id.read(name)
    if isinstance(endpoint, Endpoint):
        return Subject(user_arn=endpoint.user_arn, endpoint_id=endpoint.endpoint_id)
    if not is_user(name):
        raise CommandError(
            f"{name} is an app instance", remedy="Give the ARN of one of its users, or one endpoint: see list."
        )
    return Subject(user_arn=name)


def _by_name(services: Services, name: str, regions: Sequence[str], *, are_given: bool) -> Subject:
    if not regions:
        raise no_region()
    held, reach = stack_endpoints_in_regions(services, regions, given=are_given)
    deployed = _deployed(services, held)
    subjects = (
        [subject for subject, key in deployed if key == name]
        or _of_fleets(services, held, name)
        or [subject for subject, _ in deployed if subject.endpoint_id == name]
        or _registered(services, name, regions)
    )
    if len(subjects) == 1:
        return subjects[0]
    if subjects:
        several = ", ".join(str(Endpoint(s.user_arn, s.endpoint_id)) if s.endpoint_id else s.user_arn for s in subjects)
        raise CommandError(f"{name!r} means several: {several}", remedy="Give one of these.")
    unread = f" The stacks in {', '.join(reach.passed_over)} could not be read." if reach.passed_over else ""
    raise CommandError(
        f"no deployed entry, endpoint or user is called {name!r} in {', '.join(regions)}",
        remedy=f"Give an ARN, name other regions with --region, or deploy the entry first.{unread}",
    )


def _deployed(services: Services, held: StackEndpoints) -> list[tuple[Subject, str]]:
    """Return the endpoints of stacks with their keys; one without a key has its logical id."""
    keys = keys_of(services, held.by_physical_id.values())
    found = []
    for text, resource in held.by_physical_id.items():
        key = keys.get((resource.stack.id, resource.logical_id), resource.logical_id)
        endpoint = physical_id.read(text)
        if isinstance(endpoint, Endpoint):
            entry = f"{key} in stack {resource.stack.name}"
            found.append((Subject(user_arn=endpoint.user_arn, endpoint_id=endpoint.endpoint_id, entry=entry), key))
    return found


def _of_fleets(services: Services, held: StackEndpoints, key: str) -> list[Subject]:
    """Return the endpoint of a key in the manifest of each fleet that has registered it."""
    return [
        Subject(
            user_arn=entry.endpoint.user_arn,
            endpoint_id=entry.endpoint.endpoint_id,
            entry=f"{key} in fleet {fleet.own_name}",
        )
        for fleet, entry in entries_called(services, held, key)
    ]


def _registered(services: Services, name: str, regions: Sequence[str]) -> list[Subject]:
    """Return the users with this id in every app instance, or the endpoint of any user."""
    where = [region for region in regions if region in REGIONS] or list(REGIONS)
    users = users_in(services, [each for region in where for each in app_instances_in(services, region)])
    if not _ENDPOINT_ID.fullmatch(name):
        return [Subject(user_arn=arn) for arn in users if arn.partition("/user/")[2] == name]
    endpoints = endpoints_of_all(services, users)
    return [Subject(user_arn=each.user_arn, endpoint_id=name) for each in endpoints if each.endpoint_id == name]
