"""The error codes of commands; docs/errors/commands.md has a section for each.

The function's codes (`chime_endpoints_handler.model.codes`) are about its role and its network. These codes are about
the user's machine and account. A code never changes its meaning and is never reused.
"""

from __future__ import annotations

from enum import StrEnum

PAGE = "https://cdk-chime-endpoints.github.io/cdk-chime-endpoints/errors/commands.html"
ISSUES = "https://github.com/cdk-chime-endpoints/cdk-chime-endpoints/issues"


class CommandCode(StrEnum):
    """The codes, named after what happened."""

    NO_CREDENTIALS = "CE-601"
    EXPIRED = "CE-602"
    CREDENTIALS_REFUSED = "CE-603"
    SETTINGS = "CE-604"
    UNREACHABLE = "CE-605"
    CERTIFICATE = "CE-606"
    INTERCEPTED = "CE-607"
    DENIED = "CE-608"
    FORBIDDEN = "CE-609"
    BUSY = "CE-610"
    REFUSED = "CE-611"
    FILES = "CE-612"
    UNEXPECTED = "CE-613"

    @property
    def page(self) -> str:
        """The URL of the code's section in the documentation."""
        return f"{PAGE}#{self.lower()}"
