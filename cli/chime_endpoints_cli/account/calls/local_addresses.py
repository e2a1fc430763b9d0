"""Where the local cloud is: its URLs, account and region."""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The URLs of the local cloud."""

    aws_url: str
    chime_url: str
