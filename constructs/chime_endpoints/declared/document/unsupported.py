"""Messages about CloudFormation functions and YAML tags, which the file does not support."""

from __future__ import annotations

_FUNCTIONS = (
    *("And", "Base64", "Cidr", "Condition", "Contains", "Equals", "FindInMap", "ForEach", "GetAZs", "GetAtt"),
    *("GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or", "Ref", "Select", "Split", "Sub"),
    *("ToJsonString", "Transform"),
)
_INSTEAD = (
    "is a CloudFormation function, which this file does not support. Write the value itself, or write ${NAME} and pass"
    " `-c NAME=…`."
)


def explain_tag(tag: str) -> str:
    """Return a sentence about a YAML tag (`!Sub`). Only known names are shown: others might be a device token."""
    name = tag.removeprefix("!")
    if name in _FUNCTIONS:
        return f"!{name} {_INSTEAD}"
    if name.startswith("include"):
        return "!include is not supported in this file; write the included content here."
    if tag.startswith("tag:yaml.org,2002:"):
        kind = "a Python object" if ":python/" in tag else f"!!{tag.rpartition(':')[2]}"
        return f"{kind} is not supported in this file; write a string, a number, or true or false."
    return "begins with !, so YAML reads it as a tag; put the text in quotes."


def explain_function(key: str) -> str | None:
    """Return a sentence about a key that is a CloudFormation function (`Fn::Sub`, `Ref`), or None."""
    if key == "Ref" or (key.startswith("Fn::") and key.removeprefix("Fn::") in _FUNCTIONS):
        return f"{key} {_INSTEAD}"
    return None
