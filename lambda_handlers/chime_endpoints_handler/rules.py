"""The validation rules for the properties of both resource types.

The construct applies these rules at synth, the handler when an event arrives. The limits come from the API model
(botocore's service model `chime-sdk-identity`; `secretsmanager` and `ssm` for the token sources). A violation names the
property but never its value, which may be a device token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import device_tokens, places
from .codes import Code
from .declaration import ENDPOINT_TYPE, TAGS_TYPE, AllowMessages, EndpointType, Properties

REGIONS = ("us-east-1", "eu-central-1")
"""The regions with Amazon Chime SDK messaging identities (AWS General Reference, Chime SDK endpoints)."""

_PLACE = r"(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
_IDENTITY = rf"arn:(?P<partition>aws[a-z-]*):chime:{_PLACE}:app-instance/[^/\s]{{1,128}}"
_ID = r"[A-Za-z0-9]([A-Za-z0-9:\-_.@]{0,62}[A-Za-z0-9])?"
USER_ARN = re.compile(rf"{_IDENTITY}/user/{_ID}")
IDENTITY_ARN = re.compile(rf"{_IDENTITY}(/(user|bot)/{_ID})?")
APPLICATION_ARN = re.compile(rf"arn:(?P<partition>aws[a-z-]*):mobiletargeting:{_PLACE}:apps/[A-Za-z0-9-]{{1,64}}")
VERSION_NUMBER = re.compile(r"[1-9]\d*")
_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):")
_RESOLVED_REFERENCE = re.compile(r"\{\{resolve:ssm:[^{}]+\}\}")  # CloudFormation resolves these before it sends them

_SOURCE = {"SecretArn": places.SECRET, "ParameterName": places.PARAMETER}

_PROPERTY_NAME = re.compile(r"[A-Za-z]{1,40}")

IsUnresolved = Callable[[object], bool]
"""Whether a value is not known yet (a CDK token). Such a value passes here; the handler checks it at deployment."""


@dataclass(frozen=True)
class Violation:
    """One broken rule: a code, and a sentence that starts with the property's path."""

    code: Code
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


Violations = Iterator[Violation]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The values that one property accepts."""

    required: bool = False
    minimum: int = 0
    maximum: int = 1600
    form: re.Pattern[str] | None = None
    meaning: str = ""
    meant: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    """Explain a value of another form, as the rest of a sentence."""
    choices: tuple[str, ...] = ()
    members: Mapping[str, Rule] | None = None
    is_token: bool = False
    """Whether it is a device token, which is checked only when an endpoint is registered with it."""


_TOKEN = Rule(minimum=1, is_token=True)
_SECRET = {
    "SecretArn": Rule(
        maximum=2048, form=places.SECRET, meaning="the name or ARN of a secret", meant=places.meant_secret
    ),
    "Field": Rule(minimum=1),
    "VersionId": Rule(minimum=32, maximum=64),
    "VersionStage": Rule(minimum=1, maximum=256),
}
_PARAMETER = {
    "ParameterName": Rule(
        maximum=2048, form=places.PARAMETER, meaning="the name or ARN of a parameter", meant=places.meant_parameter
    ),
    "Version": Rule(form=VERSION_NUMBER, meaning="a whole number from 1"),
}
ENDPOINT_RULES: Mapping[str, Rule] = {
    "AppInstanceUserArn": Rule(
        required=True,
        form=USER_ARN,
        meaning="the ARN of an AppInstanceUser (arn:aws:chime:REGION:ACCOUNT:app-instance/ID/user/USER-ID)",
    ),
    "Type": Rule(required=True, choices=tuple(EndpointType)),
    "ResourceArn": Rule(
        required=True,
        form=APPLICATION_ARN,
        meaning="the ARN of an application (arn:aws:mobiletargeting:REGION:ACCOUNT:apps/ID)",
    ),
    "EndpointAttributes": Rule(
        required=True,
        members={
            "DeviceToken": _TOKEN,
            "DeviceTokenSource": Rule(members=_SECRET | _PARAMETER),
            "VoipDeviceToken": _TOKEN,
            "VoipDeviceTokenSource": Rule(members=_SECRET | _PARAMETER),
        },
    ),
    "Name": Rule(),
    "AllowMessages": Rule(choices=tuple(AllowMessages)),
    "AdoptExisting": Rule(choices=("true", "false")),
}
TAG_RULES: Mapping[str, Rule] = {
    "ResourceARN": Rule(
        required=True,
        form=IDENTITY_ARN,
        meaning="the ARN of an app instance, an AppInstanceUser or an AppInstanceBot",
    ),
    "Tags": Rule(required=True, maximum=50),
}
TAG_MEMBER_RULES: Mapping[str, Rule] = {
    "Key": Rule(required=True, minimum=1, maximum=128),
    "Value": Rule(required=True, minimum=1, maximum=256),
}
_CLOUDFORMATIONS_OWN = ("ServiceToken", "ServiceTimeout")
_NO_PROPERTIES = Violation(Code.WRONG_KIND, "ResourceProperties is not a map of properties.")


def _nothing(_: object) -> bool:
    return False


def violations(
    resource_type: str, properties: object, *, unresolved: IsUnresolved = _nothing, registers: bool = True
) -> list[Violation]:
    """Return every violation in a resource's properties; empty if they are valid.

    Args:
        resource_type: `Custom::ChimeAppInstanceUserEndpoint` or `Custom::ChimeIdentityTags`.
        properties: the properties as CloudFormation sends them, or as the construct writes them.
        unresolved: whether a value is not known yet; such values are not checked.
        registers: whether the declaration is about to be registered. If an earlier release may already have
            registered it, its device token and token source are not checked, so that it can still be renamed, rolled
            back to and deleted.
    """
    if resource_type == ENDPOINT_TYPE:
        return list(_endpoint_violations(properties, unresolved, registers=registers))
    if resource_type == TAGS_TYPE:
        return list(_tags_violations(properties, unresolved))
    sentence = f"ResourceType must be {ENDPOINT_TYPE} or {TAGS_TYPE}."
    return [Violation(Code.RESOURCE_TYPE, sentence)]


def region_of(arn: str) -> str:
    """Return the region in a valid ARN."""
    return arn.split(":", 4)[3]


def token_violations(value: str, subject: str) -> list[Violation]:
    """Return the violation in a device token, whether declared or read from its source.

    Args:
        value: the token.
        subject: the beginning of the sentence.
    """
    if wrong := device_tokens.what_it_is(value):
        return [Violation(wrong[0], f"{subject} {wrong[1]}")]
    return list(_length(subject, value, _TOKEN))


def plain_token_violations(value: str, member: str) -> list[Violation]:
    """Return the violation in a device token that is declared in plain text."""
    if _RESOLVED_REFERENCE.fullmatch(value):
        return []
    return token_violations(value, f"EndpointAttributes.{member}")


def _endpoint_violations(properties: object, unresolved: IsUnresolved, *, registers: bool) -> Violations:
    if not isinstance(properties, Mapping):
        yield _NO_PROPERTIES
        return
    if "Tags" in properties:
        yield Violation(
            Code.TAGS_OF_ENDPOINT,
            "Tags: Amazon Chime SDK cannot tag endpoints."
            f" Tag the AppInstanceUser with a resource of type {TAGS_TYPE} instead.",
        )
    yield from _map("", properties, ENDPOINT_RULES, unresolved, ignore=(*_CLOUDFORMATIONS_OWN, "Tags"))
    attributes = properties.get("EndpointAttributes")
    if isinstance(attributes, Mapping):
        yield from _attribute_violations(attributes, properties.get("Type"))
        if registers:
            yield from _new_token_violations(attributes, unresolved)
            yield from _place_violations(attributes, properties.get("AppInstanceUserArn"))
    yield from _application_violations(properties.get("AppInstanceUserArn"), properties.get("ResourceArn"))


def _attribute_violations(attributes: Properties, endpoint_type: object) -> Violations:
    for member, at_least in (("DeviceToken", 1), ("VoipDeviceToken", 0)):
        given = [name for name in (member, f"{member}Source") if name in attributes]
        if len(given) < at_least:
            yield Violation(Code.MISSING, f"EndpointAttributes: {member} or {member}Source is missing.")
        if len(given) > 1:
            sentence = f"EndpointAttributes: {member} and {member}Source are both set; set only one of them."
            yield Violation(Code.CONTRADICTION, sentence)
        source = attributes.get(f"{member}Source")
        if isinstance(source, Mapping):
            yield from _source_violations(f"EndpointAttributes.{member}Source", source)
    voip = attributes.keys() & {"VoipDeviceToken", "VoipDeviceTokenSource"}
    if endpoint_type == EndpointType.GCM and voip:
        sentence = f"EndpointAttributes.{min(voip)}: VoIP pushes are for Apple devices only; with Type GCM, remove it."
        yield Violation(Code.CONTRADICTION, sentence)


def _source_violations(path: str, source: Properties) -> Violations:
    secret, parameter = source.keys() & _SECRET.keys(), source.keys() & _PARAMETER.keys()
    if secret and parameter:
        yield Violation(
            Code.CONTRADICTION, f"{path} has properties of both a secret and a parameter; declare only one source."
        )
    elif not parameter and "SecretArn" not in source:
        yield Violation(Code.MISSING, f"{path}: SecretArn or ParameterName is missing.")
    elif parameter and "ParameterName" not in source:
        yield Violation(Code.MISSING, f"{path}.ParameterName is missing.")
    if "VersionId" in source and "VersionStage" in source:
        yield Violation(Code.CONTRADICTION, f"{path}: VersionId and VersionStage are both set; set only one of them.")


def _new_token_violations(attributes: Properties, unresolved: IsUnresolved) -> Violations:
    for member in ("DeviceToken", "VoipDeviceToken"):
        value = attributes.get(member)
        if isinstance(value, str) and not unresolved(value) and not _DYNAMIC_REFERENCE.search(value):
            yield from plain_token_violations(value, member)


def _place_violations(attributes: Properties, user: object) -> Violations:
    """Yield the violations in well-formed names of token sources."""
    users = USER_ARN.fullmatch(user) if isinstance(user, str) else None
    for member in ("DeviceTokenSource", "VoipDeviceTokenSource"):
        source = attributes.get(member)
        if not isinstance(source, Mapping):
            continue
        for name, place in ((name, source.get(name)) for name in ("SecretArn", "ParameterName")):
            if isinstance(place, str) and (unsuitable := _unsuitable(name, place, users)):
                yield Violation(Code.MALFORMED, f"EndpointAttributes.{member}.{name} {unsuitable}")


def _unsuitable(name: str, place: str, user: re.Match[str] | None) -> str | None:
    if name == "ParameterName" and (unsuitable := places.unsuitable_parameter(place)):
        return unsuitable
    if user is None or not places.is_arn(place) or not _SOURCE[name].fullmatch(place):
        return None
    _, partition, _, _, account, _ = place.split(":", 5)
    if partition != user["partition"]:
        return "is in another partition than the AppInstanceUser. The function cannot read it."
    if name == "SecretArn" and account != user["account"] and not places.may_be_complete(place):
        return (
            "is the ARN of another account's secret without its last seven characters: a hyphen and six random"
            " characters. Use the complete ARN."
        )
    return None


def _application_violations(user: object, application: object) -> Violations:
    if not isinstance(user, str) or not isinstance(application, str):
        return
    ours, theirs = USER_ARN.fullmatch(user), APPLICATION_ARN.fullmatch(application)
    if ours is None or theirs is None:
        return
    for part in ("partition", "region", "account"):
        if ours[part] != theirs[part]:
            sentence = (
                f"ResourceArn is in another {part} than the AppInstanceUser; use an application in the same {part}."
            )
            yield Violation(Code.ELSEWHERE, sentence)


def _tags_violations(properties: object, unresolved: IsUnresolved) -> Violations:
    if not isinstance(properties, Mapping):
        yield _NO_PROPERTIES
        return
    yield from _map("", properties, TAG_RULES, unresolved, ignore=(*_CLOUDFORMATIONS_OWN, "Tags"))
    tags = properties.get("Tags")
    if "Tags" not in properties:
        yield Violation(Code.MISSING, "Tags is missing.")
    elif unresolved(tags):
        return
    elif not isinstance(tags, list):
        yield Violation(Code.WRONG_KIND, "Tags must be a list of {Key, Value}.")
    else:
        yield from _tag_list_violations(tags, unresolved)


def _tag_list_violations(tags: list[Any], unresolved: IsUnresolved) -> Violations:
    if len(tags) > TAG_RULES["Tags"].maximum:
        sentence = f"Tags has {len(tags)} entries; at most {TAG_RULES['Tags'].maximum} are allowed."
        yield Violation(Code.WRONG_LENGTH, sentence)
    seen: dict[str, int] = {}
    for index, tag in enumerate(tags):
        path = f"Tags[{index}]"
        if not isinstance(tag, Mapping):
            yield Violation(Code.WRONG_KIND, f"{path} must be a map with Key and Value.")
            continue
        yield from _map(path, tag, TAG_MEMBER_RULES, unresolved)
        key = tag.get("Key")
        if not isinstance(key, str) or unresolved(key):
            continue
        if key.lower().startswith("aws:"):
            yield Violation(
                Code.TAG_KEY, f"{path}.Key begins with aws:, which is reserved for AWS; choose another key."
            )
        if key in seen:
            yield Violation(Code.TAG_KEY, f"{path}.Key duplicates Tags[{seen[key]}].Key; remove one of them.")
        seen.setdefault(key, index)


def _map(
    path: str,
    value: Properties,
    rules: Mapping[str, Rule],
    unresolved: IsUnresolved,
    *,
    ignore: Iterable[str] = (),
) -> Violations:
    for name in value:
        if name not in rules and name not in ignore:
            yield Violation(Code.UNKNOWN, f"{_join(path, name)} is not a property{_nearest(name, rules)}")
    for name, rule in rules.items():
        if name in ignore:
            continue
        if name not in value:
            if rule.required:
                expected = _choices(rule) if rule.choices else rule.meaning
                yield Violation(
                    Code.MISSING, f"{_join(path, name)} is missing{expected and f'; it must be {expected}'}."
                )
        elif not unresolved(value[name]):
            yield from _value(_join(path, name), value[name], rule, unresolved)


def _value(path: str, value: object, rule: Rule, unresolved: IsUnresolved) -> Violations:
    if rule.members is not None:
        if isinstance(value, Mapping):
            yield from _map(path, value, rule.members, unresolved)
        else:
            yield Violation(Code.WRONG_KIND, f"{path} must be a map of {', '.join(rule.members)}.")
    elif rule.choices:
        yield from _choice(path, value, rule)
    else:
        yield from _text(path, str(value) if _is_number(value, rule) else value, rule)


def _choices(rule: Rule) -> str:
    return f"one of {', '.join(rule.choices)}"


def _is_number(value: object, rule: Rule) -> bool:
    """CDK may pass a version as a number; CloudFormation sends every scalar as a string."""
    return rule.form is VERSION_NUMBER and isinstance(value, int) and not isinstance(value, bool)


def _choice(path: str, value: object, rule: Rule) -> Violations:
    # CloudFormation sends a boolean as "true"; JSON templates can also contain "True" and true.
    given = str(value).lower() if isinstance(value, bool) or "true" in rule.choices else value
    if given not in rule.choices:
        near = _nearest(value, rule.choices) if isinstance(value, str) else "."
        yield Violation(Code.NOT_A_CHOICE, f"{path} must be {_choices(rule)}{near}")


def _text(path: str, value: object, rule: Rule) -> Violations:
    if not isinstance(value, str):
        yield Violation(Code.WRONG_KIND, f"{path} must be a string.")
    elif _DYNAMIC_REFERENCE.search(value):
        yield Violation(
            Code.DYNAMIC_REFERENCE,
            f"{path} contains a dynamic reference that CloudFormation does not resolve in custom resources."
            " For a device token, use DeviceTokenSource or VoipDeviceTokenSource (SecretArn or ParameterName);"
            " the function then reads the token itself.",
        )
    elif rule.is_token:
        return
    elif length := list(_length(path, value, rule)):
        yield from length
    elif not value.isprintable() and any(_is_unwanted(character) for character in value):
        sentence = f"{path} contains a control character (such as a line break) or half of a surrogate pair; remove it."
        yield Violation(Code.UNPRINTABLE, sentence)
    elif rule.form is not None and not rule.form.fullmatch(value):
        yield Violation(Code.MALFORMED, f"{path} {rule.meant(value) or f'is not {rule.meaning}.'}")


def _length(path: str, value: str, rule: Rule) -> Violations:
    if len(value) < rule.minimum or len(value) > rule.maximum:
        sentence = f"{path} has {len(value)} characters; {rule.minimum} to {rule.maximum} are allowed."
        yield Violation(Code.WRONG_LENGTH, sentence)


def _is_unwanted(character: str) -> bool:
    code = ord(character)
    return code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000


def _join(path: str, name: object) -> str:
    return f"{path}.{_printable(name)}" if path else _printable(name)


def _printable(name: object) -> str:
    """Return the name only if it looks like a property name; anything else may be a misplaced secret value."""
    text = str(name)
    return text if _PROPERTY_NAME.fullmatch(text) else "(a name longer than 40 characters, or not only letters)"


def _nearest(name: object, known_names: Iterable[str]) -> str:
    from .nearest import nearest  # imported here because only mistakes need it

    return nearest(name, known_names)
