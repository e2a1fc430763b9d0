"""Secrets whose contents change, and the declarations that use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.stage import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-AbCdEf"
VOIP_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-voip-AbCdEf"
FROM_SECRET = {"DeviceTokenSource": {"SecretArn": SECRET}}
"""EndpointAttributes whose device token is the secret's current content."""
FROM_VERSION = {"DeviceTokenSource": {"SecretArn": SECRET, "VersionId": f"{1:032}"}}
"""EndpointAttributes whose device token is always the second one."""
VOIP_FROM_SECRET = {"DeviceToken": "canary-token-a", "VoipDeviceTokenSource": {"SecretArn": VOIP_SECRET}}
CONTENTS = ("canary-kept-a", "canary-kept-b")
_ALL = {SECRET: CONTENTS, VOIP_SECRET: ("canary-voip-kept-a", "canary-voip-kept-b")}


@dataclass
class Vault:
    """A replacement of boto3's Secrets Manager client, for two secrets that are rotated together."""

    current: int = 0
    """The version that a source means if it names none."""

    def get_secret_value(self, *, SecretId: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803 - the API's names
        """The operation of this name."""
        return {"SecretString": _ALL[SecretId][int(VersionId or self.current)]}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        return {"ARN": SecretId}

    def rotate(self) -> None:
        """Put the other device token into each secret."""
        self.current = 1 - self.current

    def device_token(self, properties: dict[str, Any]) -> str:
        """The declared device token, as it is now."""
        return self.pair(properties)[0]

    def pair(self, properties: dict[str, Any]) -> tuple[str, str | None]:
        """The declared device token and VoIP device token, as they are now."""
        device, voip = (
            self._read(properties["EndpointAttributes"], member) for member in ("DeviceToken", "VoipDeviceToken")
        )
        assert device
        return device, voip

    def tokens(self, properties: dict[str, Any]) -> set[str]:
        """The declared device tokens, as they are now."""
        return {token for token in self.pair(properties) if token}

    def _read(self, attributes: dict[str, Any], member: str) -> str | None:
        if (source := attributes.get(f"{member}Source")) is None:
            token: str | None = attributes.get(member)
            return token
        return _ALL[source["SecretArn"]][int(source.get("VersionId", self.current))]
