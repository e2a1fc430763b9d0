"""The fields of the file, and the resource property of each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chime_endpoints._validation.parameter_names import of_tokens

TOP_FIELDS = ("$schema", "defaults", "endpoints", "stacks", "parameter_paths")
SECRET_FIELDS = ("secret", "field", "version_id", "version_stage")
PARAMETER_FIELDS = ("parameter", "version")
TOKEN_FIELDS = (*SECRET_FIELDS, *PARAMETER_FIELDS, "kms_key", "plain_text")
ENTRY_FIELDS = (
    "id",
    "user",
    "type",
    "application",
    "device_token",
    "voip_device_token",
    "name",
    "allow_messages",
    "adopt_existing",
    "require_active",
    "assumed_role_arn",
    "external_id",
    "tags",
    "removal_policy",
    "update_replace_policy",
)
DEFAULT_FIELDS = (
    "type",
    "application",
    "allow_messages",
    "adopt_existing",
    "require_active",
    "assumed_role_arn",
    "external_id",
    "tags",
    "removal_policy",
    "update_replace_policy",
)
"""The fields that `defaults` can set for all entries. The other fields identify an endpoint."""
REQUIRED_FIELDS = ("user", "type", "application", "device_token")
REMOVAL_POLICIES = ("destroy", "retain")

MOST_STACKS = 500
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
"""An integer that YAML 1.1 and 1.2 read alike."""
KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]{0,126}[A-Za-z0-9])?")
"""An entry's key or id."""
KEY_RULE = "must be 1 to 128 letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit."
LOGICAL_ID = re.compile(r"Endpoints[A-Za-z0-9]*[0-9A-F]{8}")
"""The logical ID of an entry's resource, which is easily confused with the entry's id."""
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")

FIELD_OF_PROPERTY: Mapping[str, str] = {
    "AppInstanceUserArn": "user",
    "Type": "type",
    "ResourceArn": "application",
    "Name": "name",
    "AllowMessages": "allow_messages",
    "AdoptExisting": "adopt_existing",
    "RequireActive": "require_active",
    "AssumedRoleArn": "assumed_role_arn",
    "ExternalId": "external_id",
    **of_tokens(plain=".plain_text"),
}
"""The field for each property that a violation can mention."""
