"""The services of an account as a stack's function uses them, in the region of the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chime_endpoints_cli.account.calls.services import Services


@dataclass(frozen=True, kw_only=True)
class InRegion:
    """Clients in the region of an ARN or, without an ARN, in the region of the function."""

    services: Services
    region: str

    def chime(self, region: str) -> Any:
        """A client of `chime-sdk-identity`."""
        return self.services.chime(region)

    def secrets(self, region: str | None) -> Any:
        """A client of `secretsmanager`."""
        return self.services.secrets(region or self.region)

    def parameters(self, region: str | None) -> Any:
        """A client of `ssm`."""
        return self.services.parameters(region or self.region)

    def stacks(self) -> Any:
        """A client of `cloudformation`."""
        return self.services.stacks(self.region)
