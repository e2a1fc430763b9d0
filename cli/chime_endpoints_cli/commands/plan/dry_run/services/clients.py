"""The clients that the function gets in a dry run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.calls import Call
from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.aws.failures.remedies import ASSUME_ROLE
from chime_endpoints_handler.model.declaration import AssumedRole
from chime_endpoints_handler.model.rules.token_places import is_arn

from .identity import SimulatedIdentity
from .observations import Observations
from .stacks import SimulatedStack
from .unknown import NotKnownError


@dataclass(frozen=True, kw_only=True)
class SimulatedClients:
    """Everything that the function may call, in one region."""

    identity: SimulatedIdentity
    stack: SimulatedStack
    region: str
    may_read: Callable[[str, str], bool]
    """Whether the function's role allows an action on a secret or a parameter."""

    def chime(self, region: str) -> SimulatedIdentity:  # noqa: ARG002 - the users of all regions are in one place
        """A client of `chime-sdk-identity`."""
        return self.identity

    def secrets(self, region: str | None) -> Any:
        """A client of `secretsmanager`."""
        return _Secrets(self.identity.observations, region or self.region, self.may_read)

    def parameters(self, region: str | None) -> Any:
        """A client of `ssm`."""
        return _Parameters(self.identity.observations, region or self.region, self.may_read)

    def stacks(self) -> SimulatedStack:
        """A client of `cloudformation`."""
        return self.stack

    def assume(self, role: AssumedRole, call: Call) -> Clients:
        """Act in a role of another account, if the function may; what that role allows is not visible from here."""

        def assume_role() -> dict[str, Any]:
            if not self.may_read("sts:AssumeRole", role.arn):
                _deny(ASSUME_ROLE, "sts:AssumeRole")
            return {}

        call(ASSUME_ROLE, assume_role, subject=f"of role {role.arn}")
        raise NotKnownError(f"What {role.arn} is allowed is not visible, because it belongs to another account.")


@dataclass(frozen=True)
class _Secrets:
    observations: Observations
    region: str
    may_read: Callable[[str, str], bool]

    def get_secret_value(self, **parameters: str) -> dict[str, Any]:
        answer = self.observations.secret(self.region, parameters)
        if not self.may_read("secretsmanager:GetSecretValue", str(answer.get("ARN", parameters["SecretId"]))):
            _deny("GetSecretValue", "secretsmanager:GetSecretValue")
        return answer


@dataclass(frozen=True)
class _Parameters:
    observations: Observations
    region: str
    may_read: Callable[[str, str], bool]

    def get_parameter(self, **parameters: Any) -> dict[str, Any]:
        answer = self.observations.parameter(self.region, parameters)
        name = str(parameters["Name"])
        arn = name if is_arn(name) else str(answer.get("Parameter", {}).get("ARN", name))
        if not self.may_read("ssm:GetParameter", arn):
            _deny("GetParameter", "ssm:GetParameter")
        return answer


def _deny(operation: str, action: str) -> NoReturn:
    answer = {
        "Error": {"Code": "AccessDeniedException", "Message": f"not authorized to perform: {action}"},
        "ResponseMetadata": {"HTTPStatusCode": 403, "HTTPHeaders": {}},
    }
    raise ClientError(answer, operation)
