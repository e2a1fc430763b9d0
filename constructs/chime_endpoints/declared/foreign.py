"""What people bring from CloudFormation's templates and other YAML, and what to write here instead."""

from __future__ import annotations

_FUNCTIONS = (
    *("And", "Base64", "Cidr", "Condition", "Contains", "Equals", "FindInMap", "ForEach", "GetAZs", "GetAtt"),
    *("GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or", "Ref", "Select", "Split", "Sub"),
    *("ToJsonString", "Transform"),
)
_INSTEAD = (
    "is a function of CloudFormation templates, which this file does not have: write the value itself, or a variable"
    " as ${NAME} and give it with `-c NAME=…`."
)


def told_of_tag(tag: str) -> str:
    """A sentence about a tag of YAML (`!Sub`); its name is only told if it is known, since it may be a device token."""
    name = tag.removeprefix("!")
    if name in _FUNCTIONS:
        return f"!{name} {_INSTEAD}"
    if name.startswith("include"):
        return "!include has no meaning in this file; write what is to be included here."
    if tag.startswith("tag:yaml.org,2002:"):
        kind = "a Python object" if ":python/" in tag else f"!!{tag.rpartition(':')[2]}"
        return f"{kind} has no meaning in this file; write a string, a number, or true or false."
    return "begins with !, which makes it a tag of YAML; put a text that begins with ! in quotes."


def told_of_function(key: str) -> str | None:
    """A sentence about a key that is a function of CloudFormation (`Fn::Sub`, `Ref`)."""
    if key == "Ref" or (key.startswith("Fn::") and key.removeprefix("Fn::") in _FUNCTIONS):
        return f"{key} {_INSTEAD}"
    return None
