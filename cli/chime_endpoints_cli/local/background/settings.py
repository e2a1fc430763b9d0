"""Environment variables that make programs use the local cloud as AWS, in the syntax of several shells."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from chime_endpoints_cli.account.calls.local_addresses import REGION

from .background_process import BackgroundCloud

UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""In some SDKs, a profile takes precedence over the credentials below; in others, a missing profile is an error."""


class Shell(StrEnum):
    """The shells whose syntax `local status` can write."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"


def settings(cloud: BackgroundCloud) -> dict[str, str]:
    """Return the variables for a running local cloud."""
    return {
        "AWS_ENDPOINT_URL": cloud.addresses.aws_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": cloud.addresses.chime_url,
        "AWS_ENDPOINT_URL_PINPOINT": cloud.addresses.chime_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,  # boto3 reads only this one
        **cloud.variables,
    }


def written_for(shell: Shell, variables: Mapping[str, str]) -> str:
    """Return commands that set the variables, one on each line."""
    set_, unset = _SYNTAX[shell]
    lines = [unset(UNSET)] + [set_(name, value) for name, value in variables.items()]
    return "".join(f"{line}\n" for line in lines)


def _quoted_for_powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted_for_fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SYNTAX: dict[Shell, tuple[Callable[[str, str], str], Callable[[Sequence[str]], str]]] = {
    Shell.SH: (
        lambda name, value: f"export {name}={shlex.quote(value)}",
        lambda names: f"unset {' '.join(names)}",
    ),
    Shell.FISH: (
        lambda name, value: f"set -gx {name} {_quoted_for_fish(value)};",
        lambda names: f"set -e {' '.join(names)};",
    ),
    Shell.POWERSHELL: (
        lambda name, value: f"$env:{name} = {_quoted_for_powershell(value)}",
        lambda names: f"Remove-Item {','.join(f'Env:{name}' for name in names)} -ErrorAction Ignore",
    ),
}
