"""Templates with parameters, as CloudFormation deploys them with given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from permissions.cloudformation import Template


def with_parameters(template: Template, given: Mapping[str, str]) -> dict[str, Any]:
    """Replace the parameters of a template with values, and remove what its conditions exclude.

    Raises:
        KeyError: a parameter without a default is not given, or one that does not exist is.
    """
    parameters = template.get("Parameters", {})
    for name in given:
        parameters[name]  # CloudFormation refuses what it does not know
    values = {name: _value(each, given.get(name), name) for name, each in parameters.items()}
    conditions = {name: _holds(each, values) for name, each in template.get("Conditions", {}).items()}
    resources = {
        name: _put(each, values)
        for name, each in template["Resources"].items()
        if conditions.get(each.get("Condition"), True)
    }
    return {"Resources": resources, "Outputs": _put(template.get("Outputs", {}), values)}


def _value(parameter: Mapping[str, Any], given: str | None, name: str) -> str | list[str]:
    text = parameter.get("Default") if given is None else given
    if text is None:
        raise KeyError(name)
    return str(text).split(",") if parameter["Type"] == "CommaDelimitedList" else str(text)


def _holds(condition: Any, values: Mapping[str, Any]) -> bool:
    match condition:
        case {"Fn::Not": [negated]}:
            return not _holds(negated, values)
        case {"Fn::Equals": [{"Fn::Join": ["", {"Ref": name}]}, other]}:
            return bool("".join(values[name]) == other)
    raise AssertionError(condition)


def _put(value: Any, values: Mapping[str, Any]) -> Any:
    match value:
        case {"Ref": name} if name in values:
            return values[name]
        case dict():
            return {key: _put(each, values) for key, each in value.items()}
        case list():
            return [_put(each, values) for each in value]
    return value
