"""The codes that every error message starts with; docs/errors has a page for each.

1xx declaration, 2xx token source, 3xx calls that Amazon Chime refuses, 4xx conflicting or missing endpoints, 5xx time,
network and the function itself. A code never changes its meaning and is never reused. No code equals an HTTP status
that AWS returns, because both appear in the same logs.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """An error code, named after its cause."""

    MISSING = "CE-101"
    UNKNOWN = "CE-102"
    NOT_A_CHOICE = "CE-103"
    WRONG_KIND = "CE-104"
    MALFORMED = "CE-105"
    WRONG_LENGTH = "CE-106"
    UNPRINTABLE = "CE-107"
    DYNAMIC_REFERENCE = "CE-108"
    CONTRADICTION = "CE-109"
    ELSEWHERE = "CE-110"
    TAGS_OF_ENDPOINT = "CE-111"
    TAG_KEY = "CE-112"
    RESOURCE_TYPE = "CE-113"

    SOURCE_MISSING = "CE-201"
    SOURCE_DENIED = "CE-202"
    SOURCE_DELETED = "CE-203"
    FIELD_MISSING = "CE-204"
    NO_TOKEN = "CE-205"  # noqa: S105 - not a password
    SOURCE_REFUSED = "CE-206"

    DENIED = "CE-301"
    FORBIDDEN = "CE-302"
    NO_IDENTITY = "CE-303"
    VALUE_REFUSED = "CE-304"
    ENDPOINT_QUOTA = "CE-305"
    TAG_QUOTA = "CE-306"
    REFUSED = "CE-307"

    TAKEN = "CE-411"
    TAKEN_ELSEWHERE = "CE-412"
    NOT_ADOPTABLE = "CE-413"
    STILL_THERE = "CE-414"
    OVERTAKEN = "CE-415"
    VANISHED = "CE-416"
    INACTIVE = "CE-417"
    LEFT_ALONE = "CE-418"

    THROTTLED = "CE-511"
    OUT_OF_TIME = "CE-512"
    UNREACHABLE = "CE-513"
    UNCLEAR = "CE-514"
    INTERCEPTED = "CE-515"
    CREDENTIALS = "CE-516"
    UNEXPECTED = "CE-517"
    NOT_TOLD = "CE-518"
    NOT_AN_EVENT = "CE-519"
