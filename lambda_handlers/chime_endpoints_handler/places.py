"""How the secret or parameter that holds a device token may be named, and what a wrong name was meant to be.

A secret has a name, a complete ARN (which ends in a hyphen and six characters that AWS made up) and a partial ARN
without these. Where a name itself ends in a hyphen and six characters, its partial ARN reads like a complete one.
"""

from __future__ import annotations

import re

_PLACE = r"[a-z0-9-]+:\d{12}"
SECRET = re.compile(
    rf"(?![0-9A-Fa-f]{{64,}}$)(arn:aws[a-z-]*:secretsmanager:{_PLACE}:secret:)?[A-Za-z0-9/_+=.@-]{{1,519}}"
)
"""A secret's name or ARN. 64 hexadecimal digits are a device token in the wrong place."""
PARAMETER = re.compile(rf"[A-Za-z0-9_.\-/]+|arn:aws[a-z-]*:ssm:{_PLACE}:parameter/[A-Za-z0-9_.\-/:]+")
"""A parameter's name or ARN."""
_COMPLETE = re.compile(r"-[A-Za-z0-9]{6}$")
_SECRETS_BEYOND = re.compile(rf"arn:aws[a-z-]*:secretsmanager:{_PLACE}:secret:[^:\s]+:\S*")
_REFERENCE = re.compile(r"(arn:[^/]*:parameter)?/?aws/reference/secretsmanager/\S*")


def is_arn(name: str) -> bool:
    """Whether a secret or parameter is named by its ARN."""
    return name.startswith("arn:")


def may_be_complete(arn: str) -> bool:
    """Whether a secret's ARN ends as complete ones do. A partial one may, too: `…:secret:chime/push-tokens`."""
    return _COMPLETE.search(arn) is not None


def name_in(arn: str) -> str:
    """The secret's name, where its ARN is partial."""
    return arn.split(":", 6)[6]


def meant_secret(value: str) -> str | None:
    """What was meant by what is no secret's name or ARN, as the rest of a sentence; None where nobody can tell."""
    if value.startswith("arn:") and ":ssm:" in value:
        return "is the ARN of a parameter. Declare it as ParameterName."
    if _SECRETS_BEYOND.fullmatch(value):
        return (
            "has a field, stage or version after the secret's ARN, as ECS writes it. Declare the ARN alone, with Field,"
            " VersionStage or VersionId beside it."
        )
    return _meant_wildcard(value)


def meant_parameter(value: str) -> str | None:
    """What was meant by what is no parameter's name or ARN, as the rest of a sentence; None where nobody can tell."""
    if value.startswith("arn:") and ":secretsmanager:" in value:
        return "is the ARN of a secret. Declare it as SecretArn."
    if ":" in value and PARAMETER.fullmatch(value.partition(":")[0]) and not is_arn(value):
        return "has a version or label after the parameter's name. Declare the name alone, with Version beside it."
    return _meant_wildcard(value)


def unsuitable_parameter(value: str) -> str | None:
    """Why a parameter that AWS may well know is not for a new endpoint; None where it is suitable."""
    if _REFERENCE.fullmatch(value):
        return "refers to a secret. Declare the secret itself, as SecretArn: its name, or its ARN."
    if is_arn(value) and ":parameter/" in value and ":" in value.partition(":parameter/")[2]:
        return "has a version or label after the parameter's ARN. Declare the ARN alone, with Version beside it."
    return None


def _meant_wildcard(value: str) -> str | None:
    return "has a wildcard in it. Declare one place." if "*" in value or "?" in value else None
