"""Validation of single tags, reported by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import dumps

from chime_endpoints._cdk.unresolved import is_unresolved
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from chime_endpoints_handler.model.rules.limits import TAG_RULES
from chime_endpoints_handler.model.rules.violations import violations

MOST_TAGS = TAG_RULES["Tags"].maximum
_ANY = "arn:aws:chime:us-east-1:111122223333:app-instance/any"
_LONGEST = 60  # the most characters of a key or value that a message shows


def declared_tags_problems(tags: Mapping[str, str]) -> Iterator[str]:
    """Yield the problems of the tags that a construct declares. Their types have already been checked."""
    if len(tags) > MOST_TAGS:
        yield f"tags has {len(tags)} entries; at most {MOST_TAGS} are allowed. [{Code.WRONG_LENGTH}]"
    for key, value in tags.items():
        for problem in tag_problems(key, value):
            yield f"tags: {problem}"


def tag_problems(key: object, value: object) -> Iterator[str]:
    """Yield the problems of one tag."""
    tag = {"Key": key, "Value": value}
    for violation in violations(TAGS_TYPE, {"ResourceARN": _ANY, "Tags": [tag]}, unresolved=is_unresolved):
        member, _, rest = violation.text.removeprefix("Tags[0].").partition(" ")
        yield f"{'the key' if member == 'Key' else 'the value of'} {shown(key)} {rest} [{violation.code}]"


def shown(value: object) -> str:
    """Return a key or value as a message shows it: quoted, and truncated if it is long."""
    text = dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
