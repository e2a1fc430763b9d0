"""Names and ARNs of the secrets and parameters that store device tokens, and explanations of wrong ones.

A secret has a name, a complete ARN (which ends in a hyphen and six random characters) and a partial ARN without them.
If the name itself ends in a hyphen and six characters, its partial ARN looks like a complete one.
"""

from __future__ import annotations

import re

_PLACE = r"[a-z0-9-]+:\d{12}"
SECRET = re.compile(
    rf"(?![0-9A-Fa-f]{{64,}}$)(arn:aws[a-z-]*:secretsmanager:{_PLACE}:secret:)?[A-Za-z0-9/_+=.@-]{{1,519}}"
)
"""A secret's name or ARN. 64 hexadecimal digits are a misplaced device token."""
PARAMETER = re.compile(rf"[A-Za-z0-9_.\-/]+|arn:aws[a-z-]*:ssm:{_PLACE}:parameter/[A-Za-z0-9_.\-/:]+")
"""A parameter's name or ARN."""
_COMPLETE = re.compile(r"-[A-Za-z0-9]{6}$")
_SECRETS_BEYOND = re.compile(rf"arn:aws[a-z-]*:secretsmanager:{_PLACE}:secret:[^:\s]+:\S*")
_REFERENCE = re.compile(r"(arn:[^/]*:parameter)?/?aws/reference/secretsmanager/\S*")


def is_arn(name: str) -> bool:
    """Whether the name is an ARN."""
    return name.startswith("arn:")


def may_be_complete(arn: str) -> bool:
    """Whether a secret's ARN looks complete. A partial ARN can too: `…:secret:chime/push-tokens`."""
    return _COMPLETE.search(arn) is not None


def name_in(arn: str) -> str:
    """Return the secret's name from a partial ARN."""
    return arn.split(":", 6)[6]


def meant_secret(value: str) -> str | None:
    """Explain an invalid secret name or ARN, as the rest of a sentence; None if the cause is unknown."""
    if value.startswith("arn:") and ":ssm:" in value:
        return "is the ARN of a parameter. Declare it as ParameterName."
    if _SECRETS_BEYOND.fullmatch(value):
        return (
            "has a field, stage or version after the secret's ARN, in the format of Amazon ECS. Declare only the ARN,"
            " and use Field, VersionStage or VersionId for the rest."
        )
    return _meant_wildcard(value)


def meant_parameter(value: str) -> str | None:
    """Explain an invalid parameter name or ARN, as the rest of a sentence; None if the cause is unknown."""
    if value.startswith("arn:") and ":secretsmanager:" in value:
        return "is the ARN of a secret. Declare it as SecretArn."
    if ":" in value and PARAMETER.fullmatch(value.partition(":")[0]) and not is_arn(value):
        return "has a version or label after the parameter's name. Declare only the name, and use Version."
    return _meant_wildcard(value)


def unsuitable_parameter(value: str) -> str | None:
    """Return why an existing parameter is not suitable for a new endpoint; None if it is."""
    if _REFERENCE.fullmatch(value):
        return "refers to a secret. Declare the name or ARN of the secret as SecretArn."
    if is_arn(value) and ":parameter/" in value and ":" in value.partition(":parameter/")[2]:
        return "has a version or label after the parameter's ARN. Declare only the ARN, and use Version."
    return None


def _meant_wildcard(value: str) -> str | None:
    return "contains a wildcard. Declare a single secret or parameter." if "*" in value or "?" in value else None
