"""What is not of the right kind, told in a sentence before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import Duration

from chime_endpoints_handler.codes import Code


def tags_problems(tags: object) -> Iterator[str]:
    """What is wrong with what was given for tags."""
    if not isinstance(tags, Mapping):
        yield wrong_kind("tags is not a mapping of keys to values.")


def duration_problems(parameter: str, value: object) -> Iterator[str]:
    """What is wrong with what was given for a time."""
    if not isinstance(value, Duration):
        yield wrong_kind(f"{parameter} is not a Duration. Use Duration.seconds or Duration.minutes.")


def require_source(kind: str, value: object, *, attribute: str, remedy: str) -> None:
    """Refuses what is not the construct that a device token is kept in.

    Raises:
        TypeError: it is not.
    """
    if not hasattr(value, attribute):
        raise TypeError(wrong_kind(f"Not a {kind}. Use {remedy}."))


def wrong_kind(text: str) -> str:
    """A sentence on a value of the wrong kind, with its code."""
    return f"{text} [{Code.WRONG_KIND}]"
