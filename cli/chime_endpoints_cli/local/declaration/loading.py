"""Reads a declaration as the app does, with the ARNs of the local cloud as variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.entries.entry import Declarations
from chime_endpoints.declared.load import load
from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, REGION
from chime_endpoints_cli.output.console.terminal import complain, counted
from chime_endpoints_cli.output.errors import CommandError

APP_INSTANCE = "APP_INSTANCE_ARN"
APPLICATION = "APPLICATION_ARN"
PUSH_SECRET = "PUSH_SECRET_ARN"  # noqa: S105 - the name of a variable
PUSH_SECRET_NAME = "chime/push-tokens"  # noqa: S105 - likewise

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_PLACE = re.compile(r"arn:aws:(?:chime|mobiletargeting):([a-z0-9-]+):(\d{12}):")


@dataclass(frozen=True, kw_only=True)
class LocalDeclaration:
    """A valid declaration, and the variables for deploying it to the local cloud."""

    declarations: Declarations
    account: str
    """The account in the file's ARNs, which the local cloud uses as its own."""
    variables: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Variables:
    """Look-up of variables, as in a deployment, with the ARNs that the local cloud creates."""

    given: Mapping[str, str]
    made: Mapping[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str | None:
        value = self.given.get(name) or self.made.get(name) or os.environ.get(name)
        if value:
            self.used[name] = value
        return value


def read_locally(
    path: Path, given: Mapping[str, str], *, earlier: Mapping[str, str] | None = None, account: str | None = None
) -> LocalDeclaration:
    """Read a declaration file.

    Args:
        path: the file.
        given: variables from the command line.
        earlier: variables of the running cloud, from an earlier call.
        account: the account of the running cloud; by default the account in the file.

    Raises:
        CommandError: the file has mistakes, which have been shown.
    """
    earlier = earlier or {}
    own = {name: value for name, value in earlier.items() if name not in (APP_INSTANCE, APPLICATION, PUSH_SECRET)}
    region, named = _place(path, {**own, **given}) or (REGION, account or ACCOUNT)
    if account and account != named:
        raise CommandError(
            f"{path} uses account {named}, but the running local cloud is account {account}",
            remedy="Restart the local cloud for this file: run chime-endpoints local down, then this command again.",
        )
    variables = _Variables(given={**earlier, **given}, made=_made(region, named))
    try:
        declarations = load(path, variables)
    except DeclaredFileError as error:
        complain(str(error))
        mistakes = counted(len(error.problems), "mistake")
        raise CommandError(f"{path} has {mistakes}", remedy="Correct the file, then run the command again.") from error
    kept = {name: value for name, value in variables.used.items() if name in variables.given or name in variables.made}
    return LocalDeclaration(declarations=declarations, account=named, variables=kept)


def placeholder(account: str, region: str = REGION) -> str:
    """Return a placeholder ARN for the secret, used until the local cloud has created it."""
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{PUSH_SECRET_NAME}-0Local"


def _made(region: str, account: str) -> dict[str, str]:
    return {
        APP_INSTANCE: f"arn:aws:chime:{region}:{account}:app-instance/01234567-89ab-cdef-0123-456789abcdef",
        APPLICATION: f"arn:aws:mobiletargeting:{region}:{account}:apps/0123456789abcdef0123456789abcdef",
        PUSH_SECRET: placeholder(account),
    }


def _place(path: Path, given: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the region and account of the first user or application in the file, including variables and defaults.

    A deployment has one account, and an application is in the region of its users. So generated ARNs must match the
    ARNs in the file.
    """
    variables = _Variables(given=given)
    try:
        text = _COMMENT.sub("", path.read_bytes().decode("utf-8-sig", "replace"))
        load(path, variables)
    except DeclaredFileError:
        pass  # reported by the next read, which uses matching ARNs
    except OSError:
        return None
    values = [value for name, value in variables.used.items() if name in given or name not in _made("", "")]
    found = _PLACE.search("\n".join([*values, text]))
    return (found[1], found[2]) if found else None
