"""Clients that record the permissions that each call needs, and deny what the role is not allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.clients import Clients
from permissions.policies import Document, Permission, permits
from support.stage import ACCOUNT, REGION

Parameters = Mapping[str, Any]


@dataclass
class Guard:
    """A replacement for IAM that checks every call."""

    clients: Clients
    documents: Iterable[Document] = ()
    """The policies that the function's role has at this moment."""
    used: set[Permission] = field(default_factory=set)
    """What calls needed and were allowed."""
    refused: list[Permission] = field(default_factory=list)
    """What calls needed and were not allowed."""

    def chime(self, region: str) -> Any:
        """The client that checks permissions."""
        return _Guarded(self.clients.chime(region), self, _of_chime)

    def secrets(self, region: str | None) -> Any:
        """The client that checks permissions."""
        return _Guarded(self.clients.secrets(region), self, _of_secrets)

    def parameters(self, region: str | None) -> Any:
        """The client that checks permissions."""
        return _Guarded(self.clients.parameters(region), self, _of_parameters)

    def stacks(self) -> Any:
        """The client that checks permissions."""
        return _Guarded(self.clients.stacks(), self, _of_stacks)

    def check(self, operation: str, needed: Iterable[Permission]) -> None:
        """Deny an operation that needs a permission that the role does not have."""
        for each in needed:
            if not permits(self.documents, each):
                self.refused.append(each)
                error = {"Code": "AccessDeniedException", "Message": "canary: not authorized"}
                raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}, operation)
            self.used.add(each)


@dataclass(frozen=True)
class _Guarded:
    client: Any
    guard: Guard
    needs: Callable[[Any, str, Parameters], Iterator[Permission]]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = method.title().replace("_", "")

        def call(**parameters: Any) -> Any:
            self.guard.check(operation, self.needs(self.client, operation, parameters))
            return getattr(self.client, method)(**parameters)

        return call


# Service Authorization Reference: the resource of each action, and what else it depends on.


def _of_chime(_: Any, operation: str, parameters: Parameters) -> Iterator[Permission]:
    identity = parameters["ResourceARN"] if "ResourceARN" in parameters else parameters["AppInstanceUserArn"]
    yield Permission(f"chime:{operation}", identity)
    if operation == "RegisterAppInstanceUserEndpoint":
        yield Permission("mobiletargeting:GetApp", parameters["ResourceArn"])


def _of_stacks(_: Any, operation: str, parameters: Parameters) -> Iterator[Permission]:
    yield Permission(f"cloudformation:{operation}", parameters["StackName"])


def _of_secrets(client: Any, operation: str, parameters: Parameters) -> Iterator[Permission]:
    try:
        secret = client.describe_secret(SecretId=parameters["SecretId"])
    except ClientError:
        yield Permission(
            f"secretsmanager:{operation}", parameters["SecretId"]
        )  # AWS does not say that it does not exist
        return
    yield Permission(f"secretsmanager:{operation}", secret["ARN"])
    yield from _of_key(secret.get("KmsKeyId", ""))


def _of_parameters(client: Any, operation: str, parameters: Parameters) -> Iterator[Permission]:
    name = parameters["Name"].partition(":")[0]
    yield Permission(f"ssm:{operation}", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name.removeprefix('/')}")
    named = [{"Key": "Name", "Values": [name]}]
    (parameter,) = client.describe_parameters(ParameterFilters=named)["Parameters"]
    yield from _of_key(parameter.get("KeyId", ""))


def _of_key(key: str) -> Iterator[Permission]:
    """AWS's own keys allow decryption for everyone in the account who may read the encrypted value."""
    if key and not key.startswith("alias/aws/"):
        yield Permission("kms:Decrypt", key)
