"""What the function's role is allowed for the device tokens of a file, known without CDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chime_endpoints_handler import places
from chime_endpoints_handler.declaration import ParameterSource, SecretSource, TokenSource


class Place(NamedTuple):
    """Where a stack is."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something there."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


OWN_PLACE = Place("${Token[AWS.Partition.0]}", "${Token[AWS.Region.0]}", "${Token[AWS.AccountId.0]}")
"""Where a stack is that does not say so."""


def accesses(
    source: TokenSource, *, keys: Sequence[str], paths: Sequence[str], own_place: Place = OWN_PLACE
) -> Iterator[tuple[str, str]]:
    """The actions on resources that reading a token takes.

    Args:
        source: where the token is.
        keys: the ARNs of the keys that it may be encrypted with.
        paths: the paths of parameters that are allowed as a whole.
        own_place: where the secrets and parameters are that are given by name.
    """
    if isinstance(source, SecretSource):
        for arn in _secret_arns(source.secret_arn, own_place):
            yield "secretsmanager:GetSecretValue", arn
    elif isinstance(source, ParameterSource):
        yield "ssm:GetParameter", _parameter_arn(source.parameter_name, paths, own_place)
    else:
        return
    for key in keys:
        yield "kms:Decrypt", key


def _secret_arns(secret: str, own_place: Place) -> Iterator[str]:
    """The ARNs that a name or ARN may stand for: what ends like a complete ARN may be a partial one, too."""
    if not places.is_arn(secret):
        secret = own_place.arn("secretsmanager", f"secret:{secret}")
    elif places.may_be_complete(secret):
        yield secret
    yield f"{secret}-??????"


def _parameter_arn(name: str, paths: Sequence[str], own_place: Place) -> str:
    place, separator, own_name = name.partition(":parameter/")
    if not separator:
        own_name = name.removeprefix("/")
    path = covering(f"/{own_name}", paths)
    resource = f"parameter{f'{path}/*' if path else f'/{own_name}'}"
    return f"{place}:{resource}" if separator else own_place.arn("ssm", resource)


def covering(name: str, paths: Sequence[str]) -> str | None:
    """The path that a parameter is under, the shortest if it is under several."""
    return min((path for path in paths if name.startswith(f"{path}/")), key=len, default=None)
