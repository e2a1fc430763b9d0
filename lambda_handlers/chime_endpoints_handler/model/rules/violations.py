"""The validation rules for the properties of both resource types.

The construct applies these rules at synth, the handler when an event arrives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..arns import APPLICATION_ARN, IDENTITY_ARN, ROLE_ARN, USER_ARN
from ..codes import Code
from ..declaration import ENDPOINT_TYPE, TAGS_TYPE, EndpointType, Properties
from . import device_tokens
from . import token_places as places
from .limits import ENDPOINT_RULES, PARAMETER_RULES, SECRET_RULES, TAG_MEMBER_RULES, TAG_RULES, TOKEN
from .values import DYNAMIC_REFERENCE, IsUnresolved, Violation, Violations, length_violations, map_violations

_RESOLVED_REFERENCE = re.compile(r"\{\{resolve:ssm:[^{}]+\}\}")  # CloudFormation resolves these before it sends them

_SOURCE = {"SecretArn": places.SECRET, "ParameterName": places.PARAMETER}
_CLOUDFORMATIONS_OWN = ("ServiceToken", "ServiceTimeout")


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
    if resource_type not in (ENDPOINT_TYPE, TAGS_TYPE):
        return [Violation(Code.RESOURCE_TYPE, f"ResourceType must be {ENDPOINT_TYPE} or {TAGS_TYPE}.")]
    if not isinstance(properties, Mapping):
        return [Violation(Code.WRONG_KIND, "ResourceProperties is not a map of properties.")]
    if resource_type == TAGS_TYPE:
        return list(_tags_violations(properties, unresolved))
    return list(_endpoint_violations(properties, unresolved, registers=registers))


def token_violations(value: str, subject: str) -> list[Violation]:
    """Return the violation in a device token, whether declared or read from its source.

    Args:
        value: the token.
        subject: the beginning of the sentence.
    """
    if wrong := device_tokens.what_it_is(value):
        return [Violation(wrong[0], f"{subject} {wrong[1]}")]
    return list(length_violations(subject, value, TOKEN))


def plain_token_violations(value: str, member: str) -> list[Violation]:
    """Return the violation in a device token that is declared in plain text."""
    if _RESOLVED_REFERENCE.fullmatch(value):
        return []
    return token_violations(value, f"EndpointAttributes.{member}")


def _endpoint_violations(properties: Properties, unresolved: IsUnresolved, *, registers: bool) -> Violations:
    if "Tags" in properties:
        yield Violation(
            Code.TAGS_OF_ENDPOINT,
            "Tags: Amazon Chime SDK cannot tag endpoints."
            f" Tag the AppInstanceUser with a resource of type {TAGS_TYPE} instead.",
        )
    yield from map_violations("", properties, ENDPOINT_RULES, unresolved, ignore=(*_CLOUDFORMATIONS_OWN, "Tags"))
    attributes, user = properties.get("EndpointAttributes"), properties.get("AppInstanceUserArn")
    if isinstance(attributes, Mapping):
        yield from _attribute_violations(attributes, properties.get("Type"))
        if registers:
            yield from _new_token_violations(attributes, unresolved)
            yield from _place_violations(attributes, user)
    yield from _application_violations(user, properties.get("ResourceArn"))
    yield from _role_violations(properties, "AppInstanceUser", user)


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
    secret, parameter = source.keys() & SECRET_RULES.keys(), source.keys() & PARAMETER_RULES.keys()
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
        if isinstance(value, str) and not unresolved(value) and not DYNAMIC_REFERENCE.search(value):
            yield from plain_token_violations(value, member)


def _place_violations(attributes: Properties, user: object) -> Violations:
    """Yield the violations in well-formed names of token sources."""
    users = _match(USER_ARN, user)
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
    ours, theirs = _match(USER_ARN, user), _match(APPLICATION_ARN, application)
    if ours is None or theirs is None:
        return
    for part in ("partition", "region", "account"):
        if ours[part] != theirs[part]:
            sentence = (
                f"ResourceArn is in another {part} than the AppInstanceUser; use an application in the same {part}."
            )
            yield Violation(Code.ELSEWHERE, sentence)


def _role_violations(properties: Properties, what: str, identity: object) -> Violations:
    role = properties.get("AssumedRoleArn")
    if "ExternalId" in properties and role is None:
        yield Violation(Code.CONTRADICTION, "ExternalId is set without AssumedRoleArn; set both, or neither.")
    ours, theirs = _match(IDENTITY_ARN, identity), _match(ROLE_ARN, role)
    if ours and theirs and (ours["partition"], ours["account"]) != (theirs["partition"], theirs["account"]):
        sentence = f"AssumedRoleArn is in another account than the {what}; use a role in the same account."
        yield Violation(Code.ELSEWHERE, sentence)


def _match(arn: re.Pattern[str], value: object) -> re.Match[str] | None:
    return arn.fullmatch(value) if isinstance(value, str) else None


def _tags_violations(properties: Properties, unresolved: IsUnresolved) -> Violations:
    yield from map_violations("", properties, TAG_RULES, unresolved, ignore=(*_CLOUDFORMATIONS_OWN, "Tags"))
    yield from _role_violations(properties, "identity of ResourceARN", properties.get("ResourceARN"))
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
        yield from map_violations(path, tag, TAG_MEMBER_RULES, unresolved)
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
