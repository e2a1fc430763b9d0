"""A Secrets Manager that finds secrets as AWS documents it.

Moto also accepts a partial ARN that looks like a complete one. Source: AWS Secrets Manager API Reference,
GetSecretValue, SecretId.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


def find(secret_id: str, arns: Iterable[str]) -> str | None:
    """The complete ARN of the secret that a SecretId names; an ARN that looks complete counts as complete."""
    for arn in arns:
        partial = arn[:-7]
        is_named = secret_id == partial.split(":", 6)[6]
        if is_named or secret_id == arn or (secret_id == partial and not _SUFFIX.search(secret_id)):
            return arn
    return None


def not_found(operation: str) -> ClientError:
    """AWS's error for a secret that does not exist."""
    error = {"Code": "ResourceNotFoundException", "Message": "canary"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)


@dataclass(frozen=True)
class AsOnAws:
    """moto's client, which finds a secret only as AWS does."""

    client: Any

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            if "SecretId" in parameters:
                secrets = self.client.list_secrets(IncludePlannedDeletion=True)["SecretList"]
                arn = find(parameters["SecretId"], (each["ARN"] for each in secrets))
                if arn is None:
                    raise not_found(method.title().replace("_", ""))
                parameters["SecretId"] = arn
            return getattr(self.client, method)(**parameters)

        return call


@dataclass(frozen=True)
class Vault:
    """A replacement for boto3's client, for secrets with the given ARNs."""

    contents: Mapping[str, str]
    """What each secret holds, by its complete ARN."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        arn = self.describe_secret(SecretId=SecretId)["ARN"]
        return {"ARN": arn, "SecretString": self.contents[arn]}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if (arn := find(SecretId, self.contents)) is None:
            raise not_found("GetSecretValue")
        return {"ARN": arn}
