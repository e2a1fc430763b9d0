"""Clients that act in a role of another account, with temporary credentials from AWS STS."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..model.declaration import AssumedRole
from .calls import Call
from .clients import AwsClients, Clients
from .failures.remedies import ASSUME_ROLE

_KEPT = 2700.0  # seconds; credentials are valid for an hour by default, and an event takes 15 minutes at most


class AssumedRoles:
    """The clients of each assumed role."""

    def __init__(self, own: AwsClients | None = None, now: Callable[[], float] = time.time) -> None:
        """Assume roles with the function's own credentials, or with those of other clients."""
        self._own = own or AwsClients()
        self._now = now
        self._kept: dict[AssumedRole, tuple[float, Clients]] = {}

    def clients(self, role: AssumedRole, call: Call) -> Clients:
        """Return clients with the role's credentials, which are kept for 45 minutes.

        Raises:
            ServiceError, OutOfTimeError: the role could not be assumed.
        """
        since, clients = self._kept.get(role, (0.0, self._own))
        if self._now() - since > _KEPT:
            since, clients = self._now(), AwsClients(self._credentials(role, call))
            self._kept[role] = since, clients
        return clients

    def _credentials(self, role: AssumedRole, call: Call) -> dict[str, str]:
        external_id = {} if role.external_id is None else {"ExternalId": role.external_id}
        answer = call(
            ASSUME_ROLE,
            lambda: self._own.tokens().assume_role(
                RoleArn=role.arn, RoleSessionName="cdk-chime-endpoints", **external_id
            ),
            is_complete=lambda answer: "Credentials" in answer,
            subject=f"of role {role.arn}",
        )
        keys = answer["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
