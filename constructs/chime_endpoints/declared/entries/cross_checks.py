"""Validation of a file's entries against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chime_endpoints.declared.document.problems import Problem
from chime_endpoints.declared.document.values import is_unknown
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import SecretSource, TokenSource
from chime_endpoints_handler.model.rules.limits import TAG_RULES

from .entry import Entry


def cross_check(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Yield duplicate ids, duplicate tokens of a user, conflicting tags of a user, and users with too many tags."""
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
                f"{first.key} (line {first.place_of('').line}) has the same id. Give one of them another id;"
                " the default id is the key.",
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
                f"{first.key} (line {first.place_of('').line}) declares the same token for the same user;"
                " a token can be registered only once.",
                entry.key,
                "device_token",
                str(Code.TAKEN),
            )


def _meant(source: TokenSource) -> TokenSource:
    """Return a source with the service's default for the version stage filled in."""
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
                    f"{first.key} (line {first.place_of(f'tags.{key}').line}) sets another value. Tags apply to the"
                    " user, which both endpoints share.",
                    entry.key,
                    f"tags.{key}",
                )
        if before <= most < len(tags):
            yield Problem(
                entry.place_of("tags"),
                f"the user would have {len(tags)} tags from this file; at most {most} are allowed.",
                entry.key,
                "tags",
                str(Code.WRONG_LENGTH),
            )
