"""The values that each property accepts.

The limits come from the API model (botocore's service model `chime-sdk-identity`; `secretsmanager` and `ssm` for the
token sources, `sts` for the role).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..arns import APPLICATION_ARN, EXTERNAL_ID, IDENTITY_ARN, ROLE_ARN, USER_ARN
from ..declaration import AllowMessages, EndpointType
from . import token_places as places

VERSION_NUMBER = re.compile(r"[1-9]\d*")


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


TOKEN = Rule(minimum=1, is_token=True)
SECRET_RULES = {
    "SecretArn": Rule(
        maximum=2048, form=places.SECRET, meaning="the name or ARN of a secret", meant=places.meant_secret
    ),
    "Field": Rule(minimum=1),
    "VersionId": Rule(minimum=32, maximum=64),
    "VersionStage": Rule(minimum=1, maximum=256),
}
PARAMETER_RULES = {
    "ParameterName": Rule(
        maximum=2048, form=places.PARAMETER, meaning="the name or ARN of a parameter", meant=places.meant_parameter
    ),
    "Version": Rule(form=VERSION_NUMBER, meaning="a whole number from 1"),
}
ROLE_RULES = {
    "AssumedRoleArn": Rule(
        maximum=2048, form=ROLE_ARN, meaning="the ARN of an IAM role (arn:aws:iam::ACCOUNT:role/NAME)"
    ),
    "ExternalId": Rule(
        minimum=2, maximum=1224, form=EXTERNAL_ID, meaning="a text of letters, digits and the characters _+=,.@:/-"
    ),
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
            "DeviceToken": TOKEN,
            "DeviceTokenSource": Rule(members=SECRET_RULES | PARAMETER_RULES),
            "VoipDeviceToken": TOKEN,
            "VoipDeviceTokenSource": Rule(members=SECRET_RULES | PARAMETER_RULES),
        },
    ),
    "Name": Rule(),
    "AllowMessages": Rule(choices=tuple(AllowMessages)),
    "AdoptExisting": Rule(choices=("true", "false")),
    "RequireActive": Rule(choices=("true", "false")),
    **ROLE_RULES,
}
TAG_RULES: Mapping[str, Rule] = {
    "ResourceARN": Rule(
        required=True, form=IDENTITY_ARN, meaning="the ARN of an app instance, an AppInstanceUser or an AppInstanceBot"
    ),
    "Tags": Rule(required=True, maximum=50),
    **ROLE_RULES,
}
TAG_MEMBER_RULES: Mapping[str, Rule] = {
    "Key": Rule(required=True, minimum=1, maximum=128),
    "Value": Rule(required=True, minimum=1, maximum=256),
}
