"""The secrets that device tokens are in, each with two versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lifecycle.enumeration.wire import refusal
from lifecycle.vault import SECRET
from support.stage import ACCOUNT, REGION

TOKEN, OTHER_TOKEN = "canary-token-a", "canary-token-b"
VOIP_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-voip-AbCdEf"
FIRST, SECOND = f"{1:032}", f"{2:032}"
"""The IDs of the versions of each secret."""
_CONTENTS: Mapping[str, Mapping[str, str]] = {
    SECRET: {FIRST: TOKEN, SECOND: OTHER_TOKEN},
    VOIP_SECRET: {FIRST: "canary-voip-a", SECOND: "canary-voip-b"},
}
_NO_TOKEN = '{"alice": "canary-token-a"}'
Source = Literal["", "is rotated", "is lost", "holds no token"]


@dataclass
class Sources:
    """Secrets Manager."""

    current: str = FIRST
    """The current version of each secret."""
    is_lost: bool = False
    holds_no_token: bool = False

    def happens(self, what: Source) -> None:
        """Change all secrets."""
        self.current = SECOND if what == "is rotated" else self.current
        self.is_lost, self.holds_no_token = what == "is lost", what == "holds no token"

    def get_secret_value(self, *, SecretId: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803 - the API's names
        """Return a version, or the current one."""
        if self.is_lost:
            raise refusal("ResourceNotFoundException", 400)
        content = _CONTENTS[SecretId][VersionId or self.current]
        return {"ARN": SecretId, "SecretString": _NO_TOKEN if self.holds_no_token else content}

    def tokens(self, properties: Mapping[str, Any]) -> tuple[str, str]:
        """Return the declared device token and VoIP device token, as they are now."""
        device, voip = self._read(properties, "DeviceToken"), self._read(properties, "VoipDeviceToken")
        return device[self.current], voip[self.current]

    def possible(self, properties: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Return what may have been declared at any time: the former token and the current one."""
        device, voip = self._read(properties, "DeviceToken"), self._read(properties, "VoipDeviceToken")
        return {(device[version], voip[version]) for version in (FIRST, SECOND)}

    def _read(self, properties: Mapping[str, Any], member: str) -> Mapping[str, str]:
        """Return the token at each time."""
        attributes = properties["EndpointAttributes"]
        if (source := attributes.get(f"{member}Source")) is None:
            return dict.fromkeys((FIRST, SECOND), attributes.get(member, ""))
        contents = _CONTENTS[source["SecretArn"]]
        return dict.fromkeys((FIRST, SECOND), contents[source["VersionId"]]) if "VersionId" in source else contents
