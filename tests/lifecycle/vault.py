"""A secret whose content changes, and the declarations that use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.stage import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-AbCdEf"
FROM_SECRET = {"DeviceTokenSource": {"SecretArn": SECRET}}
"""EndpointAttributes whose device token is the secret's current content."""
CONTENTS = ("canary-kept-a", "canary-kept-b")


@dataclass
class Vault:
    """A replacement of boto3's Secrets Manager client, for one secret."""

    content: str = CONTENTS[0]

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        assert SecretId == SECRET
        return {"SecretString": self.content}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        return {"ARN": SecretId}

    def rotate(self) -> None:
        """Put the other device token into the secret."""
        self.content = CONTENTS[1 - CONTENTS.index(self.content)]

    def device_token(self, properties: dict[str, Any]) -> str:
        """The declared device token, as it is now."""
        return str(properties["EndpointAttributes"].get("DeviceToken", self.content))

    def tokens(self, properties: dict[str, Any]) -> set[str]:
        """The declared device tokens, as they are now."""
        voip = properties["EndpointAttributes"].get("VoipDeviceToken")
        return {self.device_token(properties)} | ({voip} if voip else set())
