"""Lists of users, and of endpoints of many users."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.output.console.terminal import waiting

from .given_arns import is_user
from .observed import ObservedEndpoint, endpoints_of, users_of


def users_in(services: Services, arns: Sequence[str]) -> list[str]:
    """Return the ARNs of users, with each app instance replaced by its users."""
    users: dict[str, None] = {}
    with waiting("Listing users"):  # 50 users per call
        for arn in arns:
            users.update(dict.fromkeys([arn] if is_user(arn) else users_of(services, arn)))
    return list(users)


def endpoints_of_all(services: Services, users: Sequence[str]) -> list[ObservedEndpoint]:
    """Return the endpoints of users, in the order of the users."""
    lists = call_for_each(users, lambda user: endpoints_of(services, user), what="Listing endpoints")
    return [endpoint for of_user in lists for endpoint in of_user]
