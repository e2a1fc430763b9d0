"""Writes the tables of the pages that come from the code and the benchmarks: properties, fields, limits, results.

Run by `make docs`. A page has each table between `<!-- table: NAME -->` and `<!-- end of table -->`. The notes below
describe each property and the effect of changing it. Writing a table fails if a property has no note or a note has no
property, and tests/docs compare the effects with the handler.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import docs_results
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, TAG_MEMBER_RULES, TAG_RULES, Rule
from line_schema import line_schema

ROOT = Path(__file__).resolve().parent.parent
PAGES = (*sorted((ROOT / "docs" / "reference").glob("*.md")), ROOT / "docs" / "performance.md")
SCHEMA = ROOT / "constructs" / "chime_endpoints" / "declared" / "endpoints.schema.json"

_PLACE = re.compile(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end of table -->", re.DOTALL)

Note = TypeVar("Note")
Notes = Mapping[str, tuple[str, str]]
"""A description of each property, and the effect of changing it."""

REPLACED = "replaced"
IN_PLACE = "in place"
IF_READ = "replaced if the token read differs"
NOTHING = "nothing"
CHECKED = "only checked"

ENDPOINT_NOTES: Notes = {
    "AppInstanceUserArn": ("the user who gets the pushes", REPLACED),
    "Type": ("the push service of the device token", REPLACED),
    "ResourceArn": ("the application that sends the pushes, in the user's account and region", REPLACED),
    "EndpointAttributes": ("the device's tokens", "by member"),
    "EndpointAttributes.DeviceToken": ("the token in plain text; or use DeviceTokenSource", REPLACED),
    "EndpointAttributes.DeviceTokenSource": ("the secret or parameter with the token; or use DeviceToken", IF_READ),
    "EndpointAttributes.VoipDeviceToken": ("a token for VoIP pushes; only with the APNS types", REPLACED),
    "EndpointAttributes.VoipDeviceTokenSource": ("the secret or parameter with the VoIP token", IF_READ),
    "Name": ("default: `STACK-LOGICALID-SUFFIX`", IN_PLACE),
    "AllowMessages": ("whether messages are pushed; default: ALL", IN_PLACE),
    "AdoptExisting": ("whether to take over an existing endpoint with this token; default: false", NOTHING),
    "RequireActive": ("whether to fail if the service says that the endpoint is INACTIVE; default: false", CHECKED),
    "AssumedRoleArn": ("the role in the user's account that the function assumes", NOTHING),
    "ExternalId": ("the external ID that the role asks for", NOTHING),
}
SOURCE_NOTES: Mapping[str, str] = {
    "SecretArn": "a secret in AWS Secrets Manager; or use ParameterName",
    "Field": "the field of a secret that is a JSON object; default: the whole secret string",
    "VersionId": "a version of the secret; not together with VersionStage",
    "VersionStage": "the version with this label; default: AWSCURRENT",
    "ParameterName": "a parameter in AWS Systems Manager; or use SecretArn",
    "Version": "a version of the parameter; default: the latest",
}
TAGS_NOTES: Notes = {
    "ResourceARN": ("an app instance, an AppInstanceUser or an AppInstanceBot", REPLACED),
    "Tags": ("a list of Key and Value", IN_PLACE),
    "AssumedRoleArn": ("the role in the identity's account that the function assumes", NOTHING),
    "ExternalId": ("the external ID that the role asks for", NOTHING),
}
TAG_MEMBER_NOTES: Mapping[str, str] = {
    "Key": "must be unique and not start with `aws:`",
    "Value": "the value of the key",
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
    """A property's path, with a possible line break before each member."""
    return " ".join(f"`{part}`" for part in path.replace(".", " .").split(" "))


def allowed(rule: Rule) -> str:
    """Describe the values that a rule allows."""
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
    """The rules, with members inserted after one of them."""
    found: dict[str, Rule] = {}
    for each, rule in rules.items():
        found[each] = rule
        if each == name:
            found |= members
    return found


def same(rules: Mapping[str, Rule], notes: Mapping[str, Note]) -> list[tuple[str, Rule, Note]]:
    """Pair rules with their notes. Every rule needs a note, and every note a rule."""
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


def _line_fields() -> Iterator[str]:
    yield from _fields(line_schema())


def _line_token_fields() -> Iterator[str]:
    for kind in line_schema()["$defs"]["token"]["oneOf"]:
        if kind["type"] == "object":
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
    """Describe the values that the schema allows. A field's description covers the form of an ARN."""
    choices = [value for each in (field, *field.get("anyOf", ())) for value in each.get("enum", ())]
    whole = [each for each in (field, *field.get("anyOf", ())) if each.get("type") == "integer"]
    if "$ref" in field:
        return "[a token](#tokens)"
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if any(each.get("type") == "boolean" for each in (field, *field.get("anyOf", ()))):
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
    "manifest-fields": _line_fields,
    "manifest-token-fields": _line_token_fields,
    "one-more-endpoint": lambda: _rows(*docs_results.one_more_endpoint()),
    "cold-start": lambda: _rows(*docs_results.cold_start()),
    "deploy": lambda: _rows(*docs_results.deploy()),
    "fleet-rate": lambda: _rows(*docs_results.fleet_rate()),
    "fleet-prices": lambda: _rows(*docs_results.fleet_prices()),
    "measured": lambda: _rows(*docs_results.measured()),
}


def written(page: str) -> str:
    """Return a page with current tables.

    Raises:
        KeyError: a marker names a table that does not exist.
    """

    def table(found: re.Match[str]) -> str:
        rows = "\n".join(TABLES[found[1]]()).strip()
        return f"<!-- table: {found[1]} -->\n\n{rows}\n\n<!-- end of table -->"

    return _PLACE.sub(table, page)


def main() -> None:
    """Write the tables into their pages."""
    for path in PAGES:
        path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
