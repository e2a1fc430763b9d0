"""The declarations in a template as values, read from a resource's properties and written back to them.

`read_*` reverses `to_properties`: reading written properties gives the same value. Readers expect properties that
`rules` has validated, and do not check them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

from .arns import account_of

ENDPOINT_TYPE = "Custom::ChimeAppInstanceUserEndpoint"
TAGS_TYPE = "Custom::ChimeIdentityTags"

Properties: TypeAlias = Mapping[str, Any]

_SECRET = {"secret_arn": "SecretArn", "field": "Field", "version_id": "VersionId", "version_stage": "VersionStage"}
_PARAMETER = {"parameter_name": "ParameterName", "version": "Version"}
_ROLE = {"assumed_role_arn": "AssumedRoleArn", "external_id": "ExternalId"}
"""The names of properties that are written and read as they are."""


def _write(declared: object, names: Mapping[str, str]) -> dict[str, Any]:
    values = {name: getattr(declared, member) for member, name in names.items()}
    return {name: value for name, value in values.items() if value is not None}


def _read(properties: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {member: properties[name] for member, name in names.items() if name in properties}


class EndpointType(StrEnum):
    """The push service that a device token belongs to (API model: `AppInstanceUserEndpointType`)."""

    APNS = "APNS"
    """Apple Push Notification service, production."""
    APNS_SANDBOX = "APNS_SANDBOX"
    """Apple Push Notification service, sandbox: builds signed for development."""
    GCM = "GCM"
    """Firebase Cloud Messaging; the API keeps its former name."""


class AllowMessages(StrEnum):
    """Whether messages are pushed to the endpoint (API model: `AllowMessages`)."""

    ALL = "ALL"
    """Every message of the user's channels."""
    NONE = "NONE"
    """No message; the endpoint stays registered."""


@dataclass(frozen=True)
class PlainToken:
    """A device token in plain text in the template."""

    value: str = field(repr=False)

    @property
    def is_pinned(self) -> bool:
        """Whether the value can never change, which is always true for plain text."""
        return True

    def to_properties(self) -> dict[str, Any]:
        """Return the property of EndpointAttributes, without the token's name."""
        return {"": self.value}


@dataclass(frozen=True, kw_only=True)
class SecretSource:
    """A device token in AWS Secrets Manager: the whole secret string, or one field of a JSON object."""

    secret_arn: str
    field: str | None = None
    version_id: str | None = None
    version_stage: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether the value can never change, which is true for a fixed version of a secret."""
        return self.version_id is not None

    def to_properties(self) -> dict[str, Any]:
        """Return the property of EndpointAttributes, without the token's name."""
        return {"Source": _write(self, _SECRET)}


@dataclass(frozen=True, kw_only=True)
class ParameterSource:
    """A device token in a parameter of AWS Systems Manager, `String` or `SecureString`."""

    parameter_name: str
    version: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether the value can never change, which is true for a fixed version of a parameter."""
        return self.version is not None

    def to_properties(self) -> dict[str, Any]:
        """Return the property of EndpointAttributes, without the token's name."""
        return {"Source": _write(self, _PARAMETER)}


TokenSource: TypeAlias = PlainToken | SecretSource | ParameterSource


@dataclass(frozen=True, kw_only=True)
class AssumedRole:
    """A role in the account of the app instance, which the function assumes to call Amazon Chime SDK."""

    arn: str
    external_id: str | None


@dataclass(frozen=True, kw_only=True)
class EndpointDeclaration:
    """One declared endpoint: the properties of `Custom::ChimeAppInstanceUserEndpoint`."""

    app_instance_user_arn: str
    type: str
    resource_arn: str
    device_token: TokenSource
    voip_device_token: TokenSource | None = None
    name: str | None = field(default=None, repr=False)
    allow_messages: str = AllowMessages.ALL
    adopt_existing: bool = False
    require_active: bool = False
    assumed_role_arn: str | None = None
    external_id: str | None = None

    @property
    def immutable(self) -> tuple[object, ...]:
        """The fields that cannot be changed in place; a source may contain a new token."""
        return self.app_instance_user_arn, self.type, self.resource_arn, self.device_token, self.voip_device_token

    @property
    def is_pinned(self) -> bool:
        """Whether the declaration always describes the same endpoint, because none of its token sources can change."""
        return self.device_token.is_pinned and (self.voip_device_token is None or self.voip_device_token.is_pinned)

    def to_properties(self) -> dict[str, Any]:
        """Return the resource's properties, without those that have their default value."""
        attributes = _token_properties("DeviceToken", self.device_token)
        if self.voip_device_token is not None:
            attributes |= _token_properties("VoipDeviceToken", self.voip_device_token)
        properties: dict[str, Any] = {
            "AppInstanceUserArn": self.app_instance_user_arn,
            "Type": str(self.type),
            "ResourceArn": self.resource_arn,
            "EndpointAttributes": attributes,
        }
        if self.name is not None:
            properties["Name"] = self.name
        if self.allow_messages != AllowMessages.ALL:
            properties["AllowMessages"] = str(self.allow_messages)
        if self.adopt_existing:
            properties["AdoptExisting"] = True
        if self.require_active:
            properties["RequireActive"] = True
        return properties | _write(self, _ROLE)


def read_endpoint(properties: Properties) -> EndpointDeclaration:
    """Read an endpoint's declaration from its properties.

    Raises:
        KeyError, TypeError, ValueError: the properties are not valid.
    """
    attributes = properties["EndpointAttributes"]
    return EndpointDeclaration(
        app_instance_user_arn=properties["AppInstanceUserArn"],
        type=EndpointType(properties["Type"]),
        resource_arn=properties["ResourceArn"],
        device_token=_read_token("DeviceToken", attributes),
        voip_device_token=(
            _read_token("VoipDeviceToken", attributes)
            if attributes.keys() & {"VoipDeviceToken", "VoipDeviceTokenSource"}
            else None
        ),
        name=properties.get("Name"),
        allow_messages=AllowMessages(properties.get("AllowMessages", AllowMessages.ALL)),
        adopt_existing=_is_true(properties, "AdoptExisting"),
        require_active=_is_true(properties, "RequireActive"),
        **_read(properties, _ROLE),
    )


def _is_true(properties: Properties, name: str) -> bool:
    return str(properties.get(name, False)).lower() == "true"


def _token_properties(member: str, source: TokenSource) -> dict[str, Any]:
    return {member + suffix: value for suffix, value in source.to_properties().items()}


def _read_token(member: str, attributes: Properties) -> TokenSource:
    if member in attributes:
        return PlainToken(attributes[member])
    source = attributes[f"{member}Source"]
    if "SecretArn" in source:
        return SecretSource(**_read(source, _SECRET))
    parameter = ParameterSource(**_read(source, _PARAMETER))
    return parameter if parameter.version is None else replace(parameter, version=str(parameter.version))


@dataclass(frozen=True, kw_only=True)
class TagsDeclaration:
    """The declared tags of one identity: the properties of `Custom::ChimeIdentityTags`."""

    resource_arn: str
    tags: Mapping[str, str] = field(repr=False)
    assumed_role_arn: str | None = None
    external_id: str | None = None

    def to_properties(self) -> dict[str, Any]:
        """Return the resource's properties, with the tags sorted by key."""
        tagged = {"ResourceARN": self.resource_arn, "Tags": tag_list(self.tags)}
        return tagged | _write(self, _ROLE)


def read_tags(properties: Properties) -> TagsDeclaration:
    """Read a tag resource's declaration from its properties.

    Raises:
        KeyError, TypeError: the properties are not valid.
    """
    return TagsDeclaration(
        resource_arn=properties["ResourceARN"], tags=tag_map(properties["Tags"]), **_read(properties, _ROLE)
    )


def role_for(identity_arn: str, *declared: object) -> AssumedRole | None:
    """Return the role to assume for an identity: that of the first properties of an identity in its account."""
    for properties in declared:
        if isinstance(properties, Mapping):
            of_properties = properties.get("AppInstanceUserArn", properties.get("ResourceARN"))
            if account_of(str(of_properties)) == account_of(identity_arn):
                arn, external_id = properties.get("AssumedRoleArn"), properties.get("ExternalId")
                return AssumedRole(arn=arn, external_id=external_id) if isinstance(arn, str) else None
    return None


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Convert tags to the API's format, sorted by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def tag_map(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Convert tags from the API's format to a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags}
