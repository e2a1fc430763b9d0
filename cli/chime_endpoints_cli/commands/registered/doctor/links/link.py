"""A link of the way of a push, and what was found about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The state of a link, the most serious first."""

    BROKEN = "broken"
    NOT_VISIBLE = "not visible"
    """It could not be looked up."""
    OK = "ok"


class Place(StrEnum):
    """The links, in the order in which a push passes them."""

    USER = "user"
    ENDPOINT = "endpoint"
    STATE = "state"
    MESSAGES = "messages"
    TOKEN = "device token"  # noqa: S105 - not a password
    APPLICATION = "application"
    CHANNEL = "channel"
    ENABLED = "channel enabled"
    CREDENTIALS = "channel credentials"
    ROLE = "push role"
    TRUST = "role trust"
    PERMISSIONS = "role permissions"
    FAILURES = "recorded failures"
    PUSH = "test push"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link, its state, and what to do about it."""

    place: Place
    subject: str
    """What was looked at: the ARN of a user, endpoint, application or role."""
    state: State
    detail: str
    remedy: str = ""
    permissions: tuple[str, ...] = ()
    """The permissions that would show a link that is not visible."""

    def to_json(self) -> dict[str, Any]:
        """Return the link as JSON for other programs."""
        return {
            "link": str(self.place),
            "subject": self.subject,
            "state": str(self.state),
            "detail": self.detail,
            "remedy": self.remedy,
            "permissions": list(self.permissions),
        }


def ok(place: Place, subject: str, detail: str, remedy: str = "") -> Link:
    """Return a link that is in order."""
    return Link(place=place, subject=subject, state=State.OK, detail=detail, remedy=remedy)


def broken(place: Place, subject: str, detail: str, remedy: str) -> Link:
    """Return a link at which pushes end."""
    return Link(place=place, subject=subject, state=State.BROKEN, detail=detail, remedy=remedy)


def overall(links: Iterable[Link]) -> State:
    """Return the most serious state of the links."""
    states = {link.state for link in links}
    return next(state for state in State if state in states or state is State.OK)
