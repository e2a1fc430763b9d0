"""Values of a deployed template as CloudFormation makes them: parameters, references, imports and functions.

What only CloudFormation knows (an attribute of another resource, a value it does not show) is `UNKNOWN` here, and
whatever is made of it is unknown, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .stacks import Stack


class Unknown:
    """A value that cannot be told from the template."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

NOTHING: Final = object()
"""`AWS::NoValue`: a member with this value is not there."""

_HIDDEN = "****"  # what CloudFormation shows of a NoEcho parameter
_DYNAMIC = "{{resolve:"
_REFERENCE = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the values of one stack's template depend on."""

    stack: Stack
    template: Mapping[str, Any]
    resources: Mapping[str, tuple[str, str]]
    """Type and physical id of each resource, by logical id."""
    exports: Callable[[], Mapping[str, str]]
    """Asked only where a template imports something."""


def value_of(written: Any, around: Surroundings) -> Any:
    """A value as CloudFormation hands it to a custom resource, less its turning of numbers into text."""
    if isinstance(written, list):
        return [value for each in written if (value := value_of(each, around)) is not NOTHING]
    if isinstance(written, str):
        return UNKNOWN if _DYNAMIC in written else written
    if not isinstance(written, dict):
        return written
    if len(written) == 1:
        (name, argument) = next(iter(written.items()))
        if name == "Ref":
            return _ref(argument, around)
        if name.startswith("Fn::"):
            function = _FUNCTIONS.get(name)
            return UNKNOWN if function is None else function(argument, around)
    members = {name: value_of(each, around) for name, each in written.items()}
    return {name: value for name, value in members.items() if value is not NOTHING}


def is_known(value: Any) -> bool:
    """Whether nothing of a value is unknown."""
    if isinstance(value, Mapping):
        return all(is_known(each) for each in value.values())
    if isinstance(value, list):
        return all(is_known(each) for each in value)
    return value is not UNKNOWN


def _ref(name: Any, around: Surroundings) -> Any:
    stack = around.stack
    if name in stack.parameters:
        return _parameter(name, around)
    partition, _, region, account = stack.id.split(":", 5)[1:5]
    known: dict[str, Any] = {
        "AWS::AccountId": account,
        "AWS::NoValue": NOTHING,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
    }
    if name in known:
        return known[name]
    _, physical_id = around.resources.get(name, ("", ""))
    return physical_id or UNKNOWN


def _parameter(name: str, around: Surroundings) -> Any:
    value = around.stack.parameters[name]
    declared = around.template.get("Parameters", {}).get(name, {})
    if value == _HIDDEN or _DYNAMIC in value:
        return UNKNOWN
    is_list = "List<" in declared.get("Type", "") or declared.get("Type") == "CommaDelimitedList"
    return [each.strip() for each in value.split(",")] if is_list else value


def _attribute(argument: Any, around: Surroundings) -> Any:
    """An attribute, where the resource's physical id gives it away."""
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    type_, physical_id = around.resources.get(name, ("", ""))
    if not physical_id:
        return UNKNOWN
    if physical_id.startswith("arn:") and str(attribute).endswith("Arn"):
        return physical_id  # as of AWS::Chime::AppInstanceUser and AWS::SecretsManager::Secret
    if (type_, attribute) == ("AWS::Pinpoint::App", "Arn"):
        partition, _, region, account = around.stack.id.split(":", 5)[1:5]
        return f"arn:{partition}:mobiletargeting:{region}:{account}:apps/{physical_id}"
    return UNKNOWN


def _join(argument: Any, around: Surroundings) -> Any:
    separator, written = argument
    parts = value_of(written, around)
    return separator.join(map(str, parts)) if isinstance(parts, list) and is_known(parts) else UNKNOWN


def _split(argument: Any, around: Surroundings) -> Any:
    separator, written = argument
    text = value_of(written, around)
    return text.split(separator) if isinstance(text, str) else UNKNOWN


def _select(argument: Any, around: Surroundings) -> Any:
    index, values = (value_of(each, around) for each in argument)
    if not isinstance(values, list) or not is_known(index):
        return UNKNOWN
    return values[int(index)] if int(index) < len(values) else UNKNOWN


def _substitute(argument: Any, around: Surroundings) -> Any:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    values = {name: value_of(each, around) for name, each in own.items()}

    def value(name: str) -> Any:
        if name in values:
            return values[name]
        return _attribute(name, around) if "." in name and "::" not in name else _ref(name, around)

    found = {name: value(name.strip()) for literal, name in _REFERENCE.findall(text) if not literal}
    if not is_known(found):
        return UNKNOWN
    return _REFERENCE.sub(lambda each: f"${{{each[2]}}}" if each[1] else str(found[each[2]]), text)


def _find_in_map(argument: Any, around: Surroundings) -> Any:
    name, first, second = (value_of(each, around) for each in argument[:3])
    if not is_known([name, first, second]):
        return UNKNOWN
    return around.template.get("Mappings", {}).get(name, {}).get(first, {}).get(second, UNKNOWN)


def _import(argument: Any, around: Surroundings) -> Any:
    name = value_of(argument, around)
    return around.exports().get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _if(argument: Any, around: Surroundings) -> Any:
    condition, yes, no = argument
    holds = _condition({"Condition": condition}, around)
    return UNKNOWN if holds is None else value_of(yes if holds else no, around)


def _condition(written: Any, around: Surroundings) -> bool | None:
    """Whether a condition holds; None where that cannot be told."""
    (name, argument) = next(iter(written.items()))
    if name == "Condition":
        named = around.template.get("Conditions", {}).get(argument)
        return None if named is None else _condition(named, around)
    if name == "Fn::Equals":
        left, right = (value_of(each, around) for each in argument)
        return (str(left) == str(right)) if is_known([left, right]) else None
    parts = [_condition(each, around) for each in argument]
    if name == "Fn::Not":
        return None if parts[0] is None else not parts[0]
    decisive: bool = name == "Fn::Or"  # one that holds decides an Or, one that does not an And
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


_FUNCTIONS: Mapping[str, Callable[[Any, Surroundings], Any]] = {
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _attribute,
    "Fn::If": _if,
    "Fn::ImportValue": _import,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _substitute,
}
