"""The changes that the demo makes to the declaration, one of each kind."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chime_endpoints_cli.output.errors import CommandError

ADDED_KEY = "added-by-the-demo"

ROTATED_VERSION = 2
"""The version of a parameter that has been written twice."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A changed declaration, what to expect of it, and sentences that describe it."""

    declaration: dict[str, Any]
    updated: tuple[str, ...]
    replaced: str
    removed: str
    rotated_parameter: str
    sentences: tuple[str, ...]


def change(declaration: Mapping[str, Any]) -> Changed:
    """Change a name, AllowMessages, a device token and a tag; add an endpoint, and remove one."""
    changed = copy.deepcopy(dict(declaration))
    entries: dict[str, Any] = changed["endpoints"]
    rotated = _take(entries, [], lambda entry: "parameter" in entry["device_token"], "with its token in a parameter")
    renamed = _take(entries, [rotated], lambda entry: "name" in entry, "with a name")
    muted = _take(
        entries,
        [rotated, renamed],
        lambda entry: entry.get("allow_messages", "ALL") == "ALL",
        "with allow_messages ALL",
    )
    taken = [rotated, renamed, muted]
    removed = _take(dict(reversed(entries.items())), taken, lambda _: True, "to remove")
    place = {key: entries[renamed][key] for key in ("user", "application") if key in entries[renamed]}

    entries[rotated]["device_token"]["version"] = ROTATED_VERSION
    name = f"{entries[renamed]['name']} (new)"
    entries[renamed]["name"] = name
    entries[renamed]["tags"] = {**entries[renamed].get("tags", {}), "plan": "trial"}
    entries[muted]["allow_messages"] = "NONE"
    del entries[removed]
    entries[ADDED_KEY] = {
        **place,
        "type": "GCM",
        "device_token": {"secret": "${PUSH_SECRET_ARN}", "field": ADDED_KEY},
        "name": "Added by the demo",
    }
    parameter = entries[rotated]["device_token"]["parameter"]
    return Changed(
        declaration=changed,
        updated=(renamed, muted),
        replaced=rotated,
        removed=removed,
        rotated_parameter=parameter,
        sentences=(
            f"{renamed}: another name, and the tag plan=trial",
            f"{muted}: allow_messages NONE",
            f"{rotated}: device token from version {ROTATED_VERSION} of {parameter}",
            f"{ADDED_KEY}: a new entry",
            f"{removed}: removed",
        ),
    )


def _take(entries: Mapping[str, Any], taken: list[str], fits: Any, what: str) -> str:
    for key, entry in entries.items():
        if key not in taken and fits(entry):
            return key
    raise CommandError(
        f"the demo needs one more entry {what}",
        remedy="It needs four entries in endpoints.yaml, one of them with its token in a parameter.",
    )
