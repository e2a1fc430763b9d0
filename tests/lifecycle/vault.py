"""A secret whose content becomes another, and what declarations mean by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.stage import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-AbCdEf"
FROM_SECRET = {"DeviceTokenSource": {"SecretArn": SECRET}}
"""EndpointAttributes whose device token is whatever the secret holds."""
CONTENTS = ("canary-kept-a", "canary-kept-b")


@dataclass
class Vault:
    """What boto3's client of Secrets Manager is to the handler, for one secret."""

    content: str = CONTENTS[0]

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation."""
        assert SecretId == SECRET
        return {"SecretString": self.content}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation."""
        return {"ARN": SecretId}

    def rotate(self) -> None:
        """Puts the other device token into the secret."""
        self.content = CONTENTS[1 - CONTENTS.index(self.content)]

    def device_token(self, properties: dict[str, Any]) -> str:
        """The device token that is declared, as it is now."""
        return str(properties["EndpointAttributes"].get("DeviceToken", self.content))

    def tokens(self, properties: dict[str, Any]) -> set[str]:
        """All device tokens that are declared, as they are now."""
        voip = properties["EndpointAttributes"].get("VoipDeviceToken")
        return {self.device_token(properties)} | ({voip} if voip else set())
