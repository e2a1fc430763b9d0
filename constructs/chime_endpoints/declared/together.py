"""What entries of a file must not be to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chime_endpoints_handler.codes import Code
from chime_endpoints_handler.declaration import SecretSource, TokenSource
from chime_endpoints_handler.rules import TAG_RULES

from .entry import Entry
from .problems import Problem
from .reading import is_unknown


def problems_together(entries: Sequence[Entry]) -> Iterator[Problem]:
    """The same id twice, the same token twice for a user, and tags of one user that contradict or are too many."""
    yield from _same_ids(entries)
    yield from _same_tokens(entries)
    yield from _contradicting_tags(entries)


def _same_ids(entries: Sequence[Entry]) -> Iterator[Problem]:
    seen: dict[str, Entry] = {entry.key: entry for entry in entries if not entry.id}
    for entry in entries:
        first = seen.setdefault(entry.identity, entry)
        if first is not entry:
            yield Problem(
                entry.place_of("id"),
                f"{first.key} (line {first.place_of('').line}) is the same endpoint. Give one of them another"
                " id; by default it is the key.",
                entry.key,
                "id",
            )


def _same_tokens(entries: Sequence[Entry]) -> Iterator[Problem]:
    seen: dict[tuple[str, object], Entry] = {}
    for entry in entries:
        if is_unknown(entry.declaration.app_instance_user_arn):
            continue
        first = seen.setdefault(
            (entry.declaration.app_instance_user_arn, _meant(entry.declaration.device_token)), entry
        )
        if first is not entry:
            yield Problem(
                entry.place_of("device_token"),
                f"{first.key} (line {first.place_of('').line}) has the same user and the same token;"
                " the service registers it once.",
                entry.key,
                "device_token",
                str(Code.TAKEN),
            )


def _meant(source: TokenSource) -> TokenSource:
    """A source with what it leaves to the service."""
    if isinstance(source, SecretSource) and source.version_id is None and source.version_stage is None:
        return replace(source, version_stage="AWSCURRENT")
    return source


def _contradicting_tags(entries: Sequence[Entry]) -> Iterator[Problem]:
    by_user: dict[str, dict[str, tuple[str, Entry]]] = {}
    most = TAG_RULES["Tags"].maximum
    for entry in entries:
        tags = by_user.setdefault(entry.declaration.app_instance_user_arn, {})
        before = len(tags)
        for key, value in entry.tags.items():
            there, first = tags.setdefault(key, (value, entry))
            if there != value:
                yield Problem(
                    entry.place_of(f"tags.{key}"),
                    f"{first.key} (line {first.place_of(f'tags.{key}').line}) gives it another value. Tags are put on"
                    " the user, which both endpoints share.",
                    entry.key,
                    f"tags.{key}",
                )
        if before <= most < len(tags):
            yield Problem(
                entry.place_of("tags"),
                f"its user would have {len(tags)} tags by this file; at most {most} are allowed.",
                entry.key,
                "tags",
                str(Code.WRONG_LENGTH),
            )
