"""What the function's role is allowed for the device tokens of a file, known without CDK."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chime_endpoints_handler.declaration import ParameterSource, SecretSource, TokenSource

_COMPLETE = re.compile(r"-[A-Za-z0-9]{6}$")
OWN_PLACE = "arn:${Token[AWS.Partition.0]}:ssm:${Token[AWS.Region.0]}:${Token[AWS.AccountId.0]}"
"""What a parameter's ARN begins with that is given by name: in the stack's own region and account."""


def accesses(
    source: TokenSource, *, keys: Sequence[str], paths: Sequence[str], own_place: str = OWN_PLACE
) -> Iterator[tuple[str, str]]:
    """The actions on resources that reading a token takes.

    Args:
        source: where the token is.
        keys: the ARNs of the keys that it may be encrypted with.
        paths: the paths of parameters that are allowed as a whole.
        own_place: what the ARNs of the stack's own parameters begin with.
    """
    if isinstance(source, SecretSource):
        # Without its last six characters, Secrets Manager still finds it, and IAM does not.
        complete = _COMPLETE.search(source.secret_arn)
        yield "secretsmanager:GetSecretValue", source.secret_arn if complete else f"{source.secret_arn}-??????"
    elif isinstance(source, ParameterSource):
        yield "ssm:GetParameter", _parameter_arn(source.parameter_name, paths, own_place)
    else:
        return
    for key in keys:
        yield "kms:Decrypt", key


def _parameter_arn(name: str, paths: Sequence[str], own_place: str) -> str:
    place, separator, own_name = name.partition(":parameter/")
    if not separator:
        place, own_name = own_place, name.removeprefix("/")
    path = covering(f"/{own_name}", paths)
    return f"{place}:parameter{f'{path}/*' if path else f'/{own_name}'}"


def covering(name: str, paths: Sequence[str]) -> str | None:
    """The path that a parameter is under, the shortest if it is under several."""
    return min((path for path in paths if name.startswith(f"{path}/")), key=len, default=None)
