"""The error codes of commands; docs/errors/commands.md has a section for each.

The function's codes (`chime_endpoints_handler.model.codes`) are about its role and its network. These codes are about
the user's machine and account. A code never changes its meaning and is never reused.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TextIO

from chime_endpoints_fleet.runs.ending.codes import FleetCode

SITE = "https://cdk-chime-endpoints.github.io/cdk-chime-endpoints"
PAGE = f"{SITE}/errors/commands.html"
_FLEETS = f"{SITE}/errors/fleets.html"
ISSUES = "https://github.com/cdk-chime-endpoints/cdk-chime-endpoints/issues"

_CODE = re.compile(r"\bCE-\d{3}\b")
_MOST_NAMED = 5


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


def page_of(code: str) -> str:
    """Return the address of a code's page in the documentation, or of its section."""
    for codes, page in ((CommandCode, PAGE), (FleetCode, _FLEETS)):
        if code in set(codes):
            return f"{page}#{code.lower()}"
    return f"{SITE}/errors/{code}.html"


def hint(text: str, stream: TextIO) -> str:
    """Return a line that names the command to explain the codes in a text.

    Args:
        text: everything that is printed at once, so that one line is enough for it.
        stream: where it is printed; only a person at a terminal needs the line.

    Returns:
        The line, or an empty string if no code needs explaining.
    """
    codes = list(dict.fromkeys(_CODE.findall(text)))[:_MOST_NAMED]
    return f"For details, run: chime-endpoints explain {' '.join(codes)}" if codes and stream.isatty() else ""
