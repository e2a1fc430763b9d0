"""The access that the function's role needs for the device tokens of a file, without CDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chime_endpoints_handler.model.declaration import ParameterSource, SecretSource, TokenSource
from chime_endpoints_handler.model.rules import token_places as places


class StackEnvironment(NamedTuple):
    """The partition, region and account of a stack."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this environment."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


OWN_ENVIRONMENT = StackEnvironment("${Token[AWS.Partition.0]}", "${Token[AWS.Region.0]}", "${Token[AWS.AccountId.0]}")
"""The environment of a stack that sets none."""


def accesses(
    source: TokenSource,
    *,
    keys: Sequence[str],
    paths: Sequence[str],
    own_environment: StackEnvironment = OWN_ENVIRONMENT,
) -> Iterator[tuple[str, str]]:
    """Yield the actions and resources that are needed to read a token.

    Args:
        source: the location of the token.
        keys: the ARNs of the KMS keys that might encrypt it.
        paths: the parameter paths that are allowed as a whole.
        own_environment: the place of secrets and parameters that are given by name.
    """
    if isinstance(source, SecretSource):
        for arn in _secret_arns(source.secret_arn, own_environment):
            yield "secretsmanager:GetSecretValue", arn
    elif isinstance(source, ParameterSource):
        yield "ssm:GetParameter", _parameter_arn(source.parameter_name, paths, own_environment)
    else:
        return
    for key in keys:
        yield "kms:Decrypt", key


def _secret_arns(secret: str, own_environment: StackEnvironment) -> Iterator[str]:
    """Yield the ARNs that a name or ARN can mean. An ARN that looks complete might also be a partial one."""
    if not places.is_arn(secret):
        secret = own_environment.arn("secretsmanager", f"secret:{secret}")
    elif places.may_be_complete(secret):
        yield secret
    yield f"{secret}-??????"


def _parameter_arn(name: str, paths: Sequence[str], own_environment: StackEnvironment) -> str:
    place, separator, own_name = name.partition(":parameter/")
    if not separator:
        own_name = name.removeprefix("/")
    path = covering(f"/{own_name}", paths)
    resource = f"parameter{f'{path}/*' if path else f'/{own_name}'}"
    return f"{place}:{resource}" if separator else own_environment.arn("ssm", resource)


def covering(name: str, paths: Sequence[str]) -> str | None:
    """Return the path that contains a parameter: the shortest one if there are several, or None."""
    return min((path for path in paths if name.startswith(f"{path}/")), key=len, default=None)
