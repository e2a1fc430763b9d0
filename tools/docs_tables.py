"""Writes the tables of the documentation that come from the code: what properties and fields there are, their limits.

Run by `make docs`. A table stands on its page between `<!-- table: NAME -->` and `<!-- end of table -->`.
What a property is, and what its change does, stands here; that there is a note for every property and none for
anything else is checked when a table is made, and tests/docs holds the changes against the handler.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from chime_endpoints_handler.rules import ENDPOINT_RULES, TAG_MEMBER_RULES, TAG_RULES, Rule

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
SCHEMA = ROOT / "constructs" / "chime_endpoints" / "declared" / "endpoints.schema.json"

_PLACE = re.compile(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end of table -->", re.DOTALL)

Note = TypeVar("Note")
Notes = Mapping[str, tuple[str, str]]
"""For each property what it is, and what a change of it does."""

REPLACED = "replaced"
IN_PLACE = "in place"
IF_READ = "replaced if the token read differs"
NOTHING = "nothing"

ENDPOINT_NOTES: Notes = {
    "AppInstanceUserArn": ("the user whose endpoint it is", REPLACED),
    "Type": ("the push service of the device token", REPLACED),
    "ResourceArn": ("the application that sends, in the user's account and region", REPLACED),
    "EndpointAttributes": ("the device's tokens", "by member"),
    "EndpointAttributes.DeviceToken": ("the token itself, in clear; or DeviceTokenSource", REPLACED),
    "EndpointAttributes.DeviceTokenSource": ("where the token is; or DeviceToken", IF_READ),
    "EndpointAttributes.VoipDeviceToken": ("a token for VoIP pushes, with the APNS types only", REPLACED),
    "EndpointAttributes.VoipDeviceTokenSource": ("likewise where it is", IF_READ),
    "Name": ("default: `STACK-LOGICALID-SUFFIX`", IN_PLACE),
    "AllowMessages": ("whether messages are pushed; default: ALL", IN_PLACE),
    "AdoptExisting": ("take over an endpoint that has this token already; default: false", NOTHING),
}
SOURCE_NOTES: Mapping[str, str] = {
    "SecretArn": "a secret of AWS Secrets Manager; or ParameterName",
    "Field": "the field of a secret that is a JSON object; default: the whole secret string",
    "VersionId": "one version of the secret; not with VersionStage",
    "VersionStage": "the version with this label; default: AWSCURRENT",
    "ParameterName": "a parameter of AWS Systems Manager; or SecretArn",
    "Version": "one version of the parameter; default: the latest",
}
TAGS_NOTES: Notes = {
    "ResourceARN": ("an app instance, an AppInstanceUser or an AppInstanceBot", REPLACED),
    "Tags": ("a list of Key and Value", IN_PLACE),
}
TAG_MEMBER_NOTES: Mapping[str, str] = {
    "Key": "not beginning with `aws:`, each once",
    "Value": "the value that the key gets",
}


def _rows(*rows: Iterable[str]) -> Iterator[str]:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    yield head
    yield re.sub(r"[^|]+", "---", head)
    yield from rest


def _endpoint_properties() -> Iterator[str]:
    members = {f"EndpointAttributes.{name}": rule for name, rule in _members(ENDPOINT_RULES["EndpointAttributes"])}
    known = same(_after(ENDPOINT_RULES, "EndpointAttributes", members), ENDPOINT_NOTES)
    yield from _rows(
        ("Property", "What it is", "Allowed", "On change"),
        *(
            (f"{_code(name)}{' (required)' if rule.required else ''}", what, allowed(rule), change)
            for name, rule, (what, change) in known
        ),
    )


def _token_sources() -> Iterator[str]:
    members = dict(_members(ENDPOINT_RULES["EndpointAttributes"]))["DeviceTokenSource"]
    yield from _rows(
        ("Member", "What it is", "Allowed"),
        *((f"`{name}`", what, allowed(rule)) for name, rule, what in same(dict(_members(members)), SOURCE_NOTES)),
    )


def _tags_properties() -> Iterator[str]:
    yield from _rows(
        ("Property", "What it is", "Allowed", "On change"),
        *(
            (f"`{name}` (required)", what, f"at most {rule.maximum}" if name == "Tags" else allowed(rule), change)
            for name, rule, (what, change) in same(TAG_RULES, TAGS_NOTES)
        ),
        *(
            (f"`Tags[].{name}` (required)", what, allowed(rule), IN_PLACE)
            for name, rule, what in same(TAG_MEMBER_RULES, TAG_MEMBER_NOTES)
        ),
    )


def _code(path: str) -> str:
    """A property's path, which may be broken before a member."""
    return " ".join(f"`{part}`" for part in path.replace(".", " .").split(" "))


def allowed(rule: Rule) -> str:
    """What a rule allows, in words."""
    if rule.members is not None:
        return "a map"
    if rule.choices:
        return ", ".join(f"`{choice}`" for choice in rule.choices)
    if rule.meaning:
        meaning, _, example = rule.meaning.partition(" (")
        return f"{meaning}: `{example.rstrip(')')}`" if example else meaning
    return f"{rule.minimum or 'up'} to {rule.maximum:,} characters"


def _members(rule: Rule) -> Iterator[tuple[str, Rule]]:
    yield from (rule.members or {}).items()


def _after(rules: Mapping[str, Rule], name: str, members: Mapping[str, Rule]) -> dict[str, Rule]:
    """The rules with the members of one of them after it."""
    found: dict[str, Rule] = {}
    for each, rule in rules.items():
        found[each] = rule
        if each == name:
            found |= members
    return found


def same(rules: Mapping[str, Rule], notes: Mapping[str, Note]) -> list[tuple[str, Rule, Note]]:
    """Rules with their notes; every rule has one, and every note has a rule."""
    if rules.keys() != notes.keys():
        raise ValueError(f"the rules and the notes for the docs differ: {sorted(rules.keys() ^ notes.keys())}")
    return [(name, rule, notes[name]) for name, rule in rules.items()]


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _top_fields() -> Iterator[str]:
    yield from _fields(_schema())


def _entry_fields() -> Iterator[str]:
    yield from _fields(_schema()["$defs"]["endpoint"], also=_schema()["properties"]["defaults"]["properties"])


def _token_fields() -> Iterator[str]:
    for kind in _schema()["$defs"]["token"]["oneOf"]:
        yield f"\n**`{kind['title']}`**: {kind['description']}\n"
        yield from _fields(kind)


def _fields(definition: Mapping[str, Any], also: Iterable[str] | None = None) -> Iterator[str]:
    required = definition.get("required", ())
    head = ("Field", "What it is", "Allowed", *(("In defaults",) if also is not None else ()))
    yield from _rows(
        head,
        *(
            (
                f"`{name}`{' (required)' if name in required else ''}",
                field.get("description", ""),
                _values(field),
                *((("yes" if name in also else ""),) if also is not None else ()),
            )
            for name, field in definition["properties"].items()
        ),
    )


def _values(field: Mapping[str, Any]) -> str:
    """What the schema allows, in words; the form of an ARN is told by its description."""
    choices = [value for each in field.get("anyOf", ()) for value in each.get("enum", ())]
    whole = [each for each in (field, *field.get("anyOf", ())) if each.get("type") == "integer"]
    if "$ref" in field:
        return "[a token](#tokens)"
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if any(each.get("type") == "boolean" for each in field.get("anyOf", ())):
        return "`true`, `false`"
    if whole:
        return f"{whole[0]['minimum']} to {whole[0]['maximum']}" if "maximum" in whole[0] else "a number from 1"
    if field["type"] == "object":
        return f"a map of at most {field['maxProperties']}" if "maxProperties" in field else "a map"
    return f"{field.get('minLength') or 'up'} to {field['maxLength']:,} characters" if "maxLength" in field else "text"


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "endpoint-properties": _endpoint_properties,
    "token-sources": _token_sources,
    "tags-properties": _tags_properties,
    "file-fields": _top_fields,
    "entry-fields": _entry_fields,
    "token-fields": _token_fields,
}


def written(page: str) -> str:
    """A page with its tables as they are now.

    Raises:
        KeyError: there is no table of a name that it has.
    """

    def table(found: re.Match[str]) -> str:
        rows = "\n".join(TABLES[found[1]]()).strip()
        return f"<!-- table: {found[1]} -->\n\n{rows}\n\n<!-- end of table -->"

    return _PLACE.sub(table, page)


def main() -> None:
    """Writes the tables into their pages."""
    for path in REFERENCE.glob("*.md"):
        path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
