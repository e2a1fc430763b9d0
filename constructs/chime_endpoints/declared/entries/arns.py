"""Detection of the wrong part of an ARN, so that the mistake is easy to find in a long line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_PLACES: Mapping[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "user": (
        "chime",
        (
            (r"app-instance", "app-instance", "must be app-instance"),
            (r"[^/\s]{1,128}", "the app instance's id", "must have 1 to 128 characters"),
            (r"user", "user", "must be user"),
            (
                r"[A-Za-z0-9]([A-Za-z0-9:\-_.@]{0,62}[A-Za-z0-9])?",
                "the user's id",
                "must have 1 to 64 letters, digits, or : - _ . @, and begin and end with a letter or digit",
            ),
        ),
    ),
    "application": (
        "mobiletargeting",
        (
            (r"apps", "apps", "must be apps"),
            (r"[A-Za-z0-9-]{1,64}", "the application's id", "must have 1 to 64 letters, digits or hyphens"),
        ),
    ),
}
_HEAD = (
    (r"arn", "an ARN begins with arn:"),
    (r"aws[a-z-]*", "the partition {} must be aws or begin with aws"),
    (None, "the service {} must be {}"),
    (r"[a-z0-9-]+", "the region {} must be a region such as us-east-1"),
    (r"\d{12}", "the account {} must have 12 digits"),
)


def wrong_part(field: str, arn: str) -> str:
    """Return a sentence about the first wrong part of an ARN, or an empty string if no part can be named.

    Args:
        field: `user` or `application`.
        arn: the value of the field.
    """
    return next(_wrong_parts(field, arn), "")


def _wrong_parts(field: str, arn: str) -> Iterator[str]:
    service, path = _PLACES[field]
    *head, resource = arn.split(":", 5)
    if not arn.startswith("arn:") or len(head) != len(_HEAD):
        return
    for (form, sentence), part in zip(_HEAD, head, strict=True):
        if not re.fullmatch(form or service, part):
            yield f" Here, {sentence.format(repr(part), service)}."
    parts = resource.split("/")
    for (form, name, sentence), part in zip(path, parts, strict=False):
        if not re.fullmatch(form, part):
            yield f" Here, {name} is {part!r}; it {sentence}."
    if len(parts) < len(path):
        yield f" Here, /{path[len(parts)][1]} is missing at the end."
    elif len(parts) > len(path):
        yield f" Here, remove {'/' + '/'.join(parts[len(path) :])!r} from the end."
