"""ARNs as people give them: copied from a console, a terminal or a file, and of the wrong thing now and then."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chime_endpoints_handler import physical_id
from chime_endpoints_handler.rules import IDENTITY_ARN, USER_ARN

from .errors import CommandError

_AROUND = " \t\r\n\u00a0\u200b\ufeff\"'`<>,;“”‘’«»"  # noqa: RUF001 - quotes of word processors
_FORM = "arn:aws:chime:REGION:ACCOUNT:app-instance/ID"
_PART = re.compile(r"(?P<instance>arn:[^:]+:chime:[^:]*:[^:]*:app-instance/[^/\s]+)/(?P<kind>[a-z-]+)(/(?P<id>.*))?")


def cleaned(arns: Sequence[str]) -> tuple[str, ...]:
    """Without the quotes, spaces and line breaks that came along; several in one argument are taken apart."""
    found: list[str] = []
    for given in arns:
        parts = [part.strip(_AROUND) for part in given.split()]
        parts = [part for part in parts if part]
        found += parts if len(parts) > 1 and all(part.startswith("arn:") for part in parts) else [given.strip(_AROUND)]
    return tuple(found)


def region_of(arn: str) -> str:
    """The region of an identity, or of an endpoint of a user.

    Raises:
        CommandError: the ARN is of something else, or is none.
    """
    found = IDENTITY_ARN.fullmatch(arn) or IDENTITY_ARN.match(_user_of(arn))
    if found is None:
        raise _refusal(arn)
    return str(found["region"])


def is_user(arn: str) -> bool:
    """Whether the ARN is that of a user, and not of an app instance.

    Raises:
        CommandError: it is neither.
    """
    region_of(arn)
    if "/bot/" in arn or _user_of(arn):
        raise _refusal(arn)
    return "/user/" in arn


def _user_of(arn: str) -> str:
    endpoint = physical_id.read(arn)
    return endpoint.user_arn if isinstance(endpoint, physical_id.Endpoint) else ""


def _refusal(arn: str) -> CommandError:
    if user := _user_of(arn):
        return CommandError(f"{arn!r} is an endpoint", remedy=f"Give the ARN of its user: {user}")
    part = _PART.fullmatch(arn)
    if part and part["kind"] == "user":
        return CommandError(f"{arn!r} is not the ARN of a user", remedy=f"Such an ARN is {_FORM}/user/USER-ID.")
    if part and part["kind"] == "admin" and part["id"] and USER_ARN.fullmatch(f"{part['instance']}/user/{part['id']}"):
        user = f"{part['instance']}/user/{part['id']}"
        return CommandError(f"{arn!r} is the ARN of an administrator", remedy=f"Give that of the user: {user}")
    if part:
        kind = part["kind"].replace("-", " ")
        return CommandError(
            f"{arn!r} is the ARN of a {kind}; endpoints belong to users",
            remedy=f"Give the ARN of a user, or that of the app instance: {part['instance']}",
        )
    pieces = arn.split(":")
    if pieces[0] == "arn" and len(pieces) >= 6 and pieces[2] != "chime":
        what = {"mobiletargeting": "an application", "cloudformation": "a stack", "secretsmanager": "a secret"}
        found = what.get(pieces[2], f"a resource of {pieces[2]}")
        return CommandError(
            f"{arn!r} is the ARN of {found}, not of an app instance or one of its users",
            remedy=f"Such an ARN begins with {_FORM}.",
        )
    return CommandError(
        f"{arn!r} is not the ARN of an app instance or one of its users",
        remedy=f"Such an ARN begins with {_FORM}.",
    )
