"""Reading and validation of one entry of the file, combined with the file's defaults."""

from __future__ import annotations

from collections.abc import Mapping

from chime_endpoints._validation.parameter_names import translate
from chime_endpoints.declared.document.nearest_name import nearest_name
from chime_endpoints.declared.document.parsing import Node, places
from chime_endpoints.declared.document.problems import LONGEST_ARN, Place, quoted
from chime_endpoints.declared.document.values import UNKNOWN, Reader, is_unknown
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    TAGS_TYPE,
    AllowMessages,
    EndpointDeclaration,
    EndpointType,
    PlainToken,
)
from chime_endpoints_handler.model.rules.violations import violations

from .arns import wrong_part
from .entry import Entry
from .fields import ENTRY_FIELDS, FIELD_OF_PROPERTY, KEY, KEY_RULE, LOGICAL_ID, REMOVAL_POLICIES, REQUIRED_FIELDS
from .token import read_token

_TYPES = tuple(EndpointType)


def read_entry(reader: Reader, node: Node, place: Place, defaults: Mapping[str, Node]) -> Entry | None:
    """Read an entry and record its problems in the reader. Return None if the entry is not a map.

    Args:
        reader: the reader for this entry.
        node: the entry's fields.
        place: the place of the entry's key.
        defaults: the fields that apply unless the entry overrides them. Tags are overridden key by key.
    """
    fields = reader.map(node, "", ENTRY_FIELDS)
    if fields is None:
        return None
    values = {**defaults, **fields.values}
    for name in REQUIRED_FIELDS:
        if name not in values:
            reader.wrong(place, name, "is missing.", Code.MISSING)
    declaration, kms_keys = _declaration(reader, values)
    tags = [read_tags(reader, each["tags"]) for each in (defaults, fields.values) if "tags" in each]
    entry = Entry(
        key=reader.entry,
        id=_id(reader, values),
        declaration=declaration,
        tags={key: value for part in tags for key, value in part.items()},
        removal_policy=_policy(reader, values, "removal_policy") or REMOVAL_POLICIES[0],
        update_replace_policy=_policy(reader, values, "update_replace_policy"),
        kms_keys=kms_keys,
        places={"": place, **places(values)},
    )
    for violation in violations(ENDPOINT_TYPE, declaration.to_properties(), unresolved=is_unknown):
        field, rest = translate(violation, FIELD_OF_PROPERTY)
        # The application might come from the defaults, but a mismatch with the user concerns this entry.
        place = entry.place_of("user" if "AppInstanceUser" in rest and field == "application" else field)
        reader.wrong(place, field, _with_found(declaration, field, rest.lstrip(": "), violation.code), violation.code)
    return entry


def _with_found(declaration: EndpointDeclaration, field: str, text: str, code: Code) -> str:
    """Prefix a sentence with the found value, for fields that never contain a device token or personal text."""
    found = {
        "user": declaration.app_instance_user_arn,
        "type": declaration.type,
        "application": declaration.resource_arn,
        "allow_messages": declaration.allow_messages,
    }.get(field)
    if found is None:
        return text
    if field in ("user", "application"):
        where = wrong_part(field, found) if code is Code.MALFORMED else ""
        return f"{quoted(found, longest=LONGEST_ARN)} {text}{where}"
    return f"{quoted(found)} {text}"


def read_tags(reader: Reader, node: Node) -> dict[str, str]:
    """Read tags. Invalid tags are recorded as problems and omitted."""
    tags: dict[str, str] = {}
    fields = reader.map(node, "tags", None)
    for written, value in (fields.values if fields else {}).items():
        key = reader.substituted(written, fields.keys[written] if fields else value.place, "tags")
        if is_unknown(key):
            continue
        if key in tags:
            reader.wrong(
                value.place, "tags", f"the key {quoted(key)} occurs twice after variables are replaced.", Code.TAG_KEY
            )
        text = reader.text(value, f"tags.{key}")
        tag = {"Key": key, "Value": text}
        wrong = violations(TAGS_TYPE, {"ResourceARN": UNKNOWN, "Tags": [tag]}, unresolved=is_unknown)
        for violation in wrong:
            reader.wrong(value.place, f"tags.{key}", violation.text.removeprefix("Tags[0]."), violation.code)
        if not wrong and not is_unknown(text):
            tags[key] = text
    return tags


def _declaration(reader: Reader, values: Mapping[str, Node]) -> tuple[EndpointDeclaration, tuple[str, ...]]:
    def text(name: str) -> str:
        return reader.text(values[name], name) if name in values else UNKNOWN

    def truth(name: str) -> bool:
        return name in values and reader.truth(values[name], name)

    tokens = {
        name: read_token(reader, values[name], name) for name in ("device_token", "voip_device_token") if name in values
    }
    device_token, key = tokens.get("device_token", (PlainToken(UNKNOWN), None))
    voip_device_token, voip_key = tokens.get("voip_device_token", (None, None))
    declaration = EndpointDeclaration(
        app_instance_user_arn=text("user"),
        type=reader.choice(values["type"], "type", _TYPES) if "type" in values else UNKNOWN,
        resource_arn=text("application"),
        device_token=device_token,
        voip_device_token=voip_device_token,
        name=text("name") if "name" in values else None,
        allow_messages=(
            reader.choice(values["allow_messages"], "allow_messages", tuple(AllowMessages))
            if "allow_messages" in values
            else AllowMessages.ALL
        ),
        adopt_existing=truth("adopt_existing"),
        require_active=truth("require_active"),
        assumed_role_arn=text("assumed_role_arn") if "assumed_role_arn" in values else None,
        external_id=text("external_id") if "external_id" in values else None,
    )
    return declaration, tuple(arn for arn in (key, voip_key) if arn is not None)


def _id(reader: Reader, values: Mapping[str, Node]) -> str:
    if "id" not in values:
        return ""
    given = reader.text(values["id"], "id")
    if is_unknown(given):
        return ""
    if not KEY.fullmatch(given):
        reader.wrong(values["id"].place, "id", f"{quoted(given)} {KEY_RULE}", Code.MALFORMED)
    elif LOGICAL_ID.fullmatch(given):
        sentence = f"{quoted(given)} is a CloudFormation logical ID. Set id to the key that the entry had before."
        reader.wrong(values["id"].place, "id", sentence, Code.MALFORMED)
    return given


def _policy(reader: Reader, values: Mapping[str, Node], name: str) -> str | None:
    if name not in values:
        return None
    given = reader.choice(values[name], name, REMOVAL_POLICIES)
    if not is_unknown(given) and given not in REMOVAL_POLICIES:
        sentence = (
            f"{quoted(given)} must be one of {', '.join(REMOVAL_POLICIES)}{nearest_name(given, REMOVAL_POLICIES)}"
        )
        reader.wrong(values[name].place, name, sentence, Code.NOT_A_CHOICE)
    return given
