"""ARNs on the command line: cleans up pasted ARNs, and explains wrong ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import IDENTITY_ARN, USER_ARN

_AROUND = " \t\r\n\u00a0\u200b\ufeff\"'`<>,;“”‘’«»"  # noqa: RUF001 - typographic quotes
_FORM = "arn:aws:chime:REGION:ACCOUNT:app-instance/ID"
_PART = re.compile(r"(?P<instance>arn:[^:]+:chime:[^:]*:[^:]*:app-instance/[^/\s]+)/(?P<kind>[a-z-]+)(/(?P<id>.*))?")


def cleaned(arns: Sequence[str]) -> tuple[str, ...]:
    """Return ARNs without pasted quotes, spaces and line breaks; split an argument that has several."""
    found: list[str] = []
    for given in arns:
        parts = [part.strip(_AROUND) for part in given.split()]
        parts = [part for part in parts if part]
        found += parts if len(parts) > 1 and all(part.startswith("arn:") for part in parts) else [given.strip(_AROUND)]
    return tuple(found)


def region_of_arn(arn: str) -> str:
    """Return the region of an app instance, a user or another identity, or of a user's endpoint.

    Raises:
        CommandError: the text is not such an ARN.
    """
    found = IDENTITY_ARN.fullmatch(arn) or IDENTITY_ARN.match(_user_of(arn))
    if found is None:
        raise _refusal(arn)
    return str(found["region"])


def is_user(arn: str) -> bool:
    """Whether the ARN belongs to a user and not to an app instance.

    Raises:
        CommandError: it belongs to neither.
    """
    region_of_arn(arn)
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
        return CommandError(
            f"{arn!r} is not the ARN of a user", remedy=f"The ARN of a user has the form {_FORM}/user/USER-ID."
        )
    if part and part["kind"] == "admin" and part["id"] and USER_ARN.fullmatch(f"{part['instance']}/user/{part['id']}"):
        user = f"{part['instance']}/user/{part['id']}"
        return CommandError(f"{arn!r} is the ARN of an administrator", remedy=f"Give the ARN of the user: {user}")
    if part:
        kind = part["kind"].replace("-", " ")
        return CommandError(
            f"{arn!r} is the ARN of a {kind}; endpoints belong to users",
            remedy=f"Give the ARN of a user, or of the app instance: {part['instance']}",
        )
    pieces = arn.split(":")
    if pieces[0] == "arn" and len(pieces) >= 6 and pieces[2] != "chime":
        what = {"mobiletargeting": "an application", "cloudformation": "a stack", "secretsmanager": "a secret"}
        found = what.get(pieces[2], f"a resource of {pieces[2]}")
        return CommandError(
            f"{arn!r} is the ARN of {found}, not of an app instance or one of its users",
            remedy=f"These ARNs begin with {_FORM}.",
        )
    return CommandError(
        f"{arn!r} is not the ARN of an app instance or one of its users",
        remedy=f"These ARNs begin with {_FORM}.",
    )
