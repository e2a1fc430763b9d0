"""Calls that look at a link: a missing permission is a result, not a failure of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.output.failures.translation import command_error_for, known_error_for
from chime_endpoints_handler.aws.failures.errors import ServiceError, translate
from chime_endpoints_handler.aws.failures.remedies import Kind

from .link import Link, Place, State

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """Why something could not be looked up."""

    reason: str
    remedy: str
    permission: str | None = None
    """The missing permission, unless the cause is another."""


def look(permission: str | None, at: Callable[[], _T]) -> _T | Unseen:
    """Make calls, and return their result or why it is not visible.

    Args:
        permission: the IAM action that the calls need; None if the failing operation of Amazon Chime names it.
        at: makes the calls.

    Raises:
        CommandError: the user's credentials, settings or network are the cause, so that nothing is visible.
    """
    try:
        return at()
    except (ClientError, BotoCoreError, ServiceError) as error:
        if (told := known_error_for(error)) is not None:
            raise told from error
        return unseen(error, permission)


def unseen(error: Exception, permission: str | None) -> Unseen:
    """Return why a call that failed does not show what it should."""
    failed = translate(error.operation_name, error) if isinstance(error, ClientError) else error
    if isinstance(failed, ServiceError) and failed.kind in (Kind.DENIED, Kind.FORBIDDEN):
        action = permission or f"chime:{failed.operation}"
        return Unseen(
            reason=f"your credentials are not allowed to call {action}",
            remedy=f"Ask for permission to call {action}, or use another profile (AWS_PROFILE).",
            permission=action,
        )
    told = command_error_for(error)
    return Unseen(reason=told.problem, remedy=told.remedy or "")


def not_visible(place: Place, subject: str, found: Unseen | Iterable[Unseen]) -> Link:
    """Return a link that could not be looked up, for one or several reasons."""
    every = [found] if isinstance(found, Unseen) else list(dict.fromkeys(found))
    return Link(
        place=place,
        subject=subject,
        state=State.NOT_VISIBLE,
        detail="; ".join(each.reason for each in every),
        remedy=" ".join(dict.fromkeys(each.remedy for each in every)),
        permissions=tuple(each.permission for each in every if each.permission),
    )


class Record:
    """Makes the calls of a reader that continues without what it may not see, and keeps the reasons."""

    def __init__(self) -> None:
        """Begin without reasons."""
        self.unseen: list[Unseen] = []

    def __call__(self, permission: str, at: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """Make a call that needs the permission; return None if its result is not visible."""
        found = look(permission, at)
        if isinstance(found, Unseen):
            self.unseen.append(found)
            return None
        return found
