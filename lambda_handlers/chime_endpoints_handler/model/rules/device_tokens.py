"""Recognize values that cannot be device tokens of Apple or Google, and describe them without quoting them.

Apple's tokens are hexadecimal digits; Google's are letters, digits, colons, hyphens and underscores. Neither service
guarantees a length or a format, so every value passes unless something shows that it cannot be a token.
"""

from __future__ import annotations

import re

from ..codes import Code

_POSSIBLE = re.compile(r"[A-Za-z0-9:_.-]+={0,2}")
_PATH = re.compile(
    r"[/\\]|^[.~]|^(file|fileb|https?|s3|ssm|secretsmanager|data):|\.(txt|json|ya?ml|env|csv|pem|p8|p12)$"
)
_PLACEHOLDERS = frozenset(
    {"null", "none", "nil", "undefined", "nan", "true", "false", "changeme", "replaceme", "placeholder", "todo", "tbd"}
    | {"fixme", "yourtoken", "yourdevicetoken", "devicetokenhere"}
)
_QUOTES = frozenset("\"'`´‘’‚‛“”„‟«»‹›＂＇")  # noqa: RUF001 - what word processors and chats make of quotation marks
_BRACKETS = {"{": "text in braces", "[": "text in brackets", "<": "text in angle brackets"}
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))
"""Invisible characters that Unicode classifies as letters or marks."""
_NAMES = dict.fromkeys("\n\r\u2028\u2029", "a line break") | {
    " ": "a space",
    "\t": "a tab",
    "\u00a0": "a no-break space",
    "\u202f": "a no-break space",
    "\ufeff": "a byte order mark",
    "\u00ad": "a soft hyphen",
    "\0": "a NUL character",
}
_ENCODED_JSON = ("eyJ", "eyA", "ewo", "ew0", "W3s", "WyJ")
"""The first characters of a base64-encoded JSON object or list."""


def what_it_is(value: str) -> tuple[Code, str] | None:
    """Return why a text is not a device token, as the rest of a sentence; None if it may be one.

    The text names a kind and never quotes the value, nor the names of a JSON object's fields.
    """
    visible = _without_blanks_around(value)
    is_possible = _POSSIBLE.fullmatch(value)
    if visible[:1] in _BRACKETS and "\x1b" not in value:  # a terminal escape sequence also starts with a bracket
        return Code.MALFORMED, f"is {_json_kind(visible) or _BRACKETS[visible[0]]}, not a device token."
    if not _QUOTES.isdisjoint(value):
        return Code.MALFORMED, "contains quotation marks, which a device token cannot contain."
    for index, character in enumerate("" if is_possible else value):
        if _is_blank(character):
            return Code.UNPRINTABLE, f"has {_name_of(character)} {_where(index, value)}; remove it."
    if kind := _other_kind(value):
        return Code.MALFORMED, f"is {kind}, not a device token."
    if value and not is_possible:
        return Code.MALFORMED, (
            "contains a character that is not allowed in a device token. Device tokens consist of letters, digits,"
            " colons, hyphens and underscores."
        )
    return None


def _other_kind(value: str) -> str | None:
    folded = value.lower()
    if re.sub(r"[-_.]", "", folded) in _PLACEHOLDERS:
        return "a placeholder for a missing value"
    if folded.startswith("arn:"):
        return "an ARN"
    if _PATH.search(folded):
        return "a path or URL"
    if "," in value or ";" in value:
        return "a list"
    if "=" in value.rstrip("="):
        return "an assignment of the form NAME=VALUE"
    if value.startswith(_ENCODED_JSON) and _is_encoded_json(value):
        return "JSON in base64"
    return None


def _json_kind(text: str) -> str | None:
    import json  # here, so that only what looks like JSON pays for it

    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return "a JSON object" if isinstance(content, dict) else "a JSON list"


def _is_encoded_json(value: str) -> bool:
    """Whether it is base64 of JSON, or a JSON Web Token, whose first part is."""
    from base64 import urlsafe_b64decode

    first = value.partition(".")[0].rstrip("=")
    try:
        text = urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode()
    except ValueError:
        return False
    return _json_kind(text) is not None


def _without_blanks_around(value: str) -> str:
    begin, end = 0, len(value)
    while begin < end and _is_blank(value[begin]):
        begin += 1
    while end > begin and _is_blank(value[end - 1]):
        end -= 1
    return value[begin:end]


def _is_blank(character: str) -> bool:
    """Whether a character is white space or shows nothing."""
    return character == " " or not character.isprintable() or character in _BLANKS


def _name_of(character: str) -> str:
    if character in _NAMES:
        return _NAMES[character]
    if "\ud800" <= character <= "\udfff":
        return "half of a surrogate pair"
    if character.isspace():
        return "white space"
    return "a control character" if character < "\xa0" else "an invisible character"


def _where(index: int, value: str) -> str:
    if index == 0:
        return "at its beginning"
    return "at its end" if all(map(_is_blank, value[index:])) else "in it"
