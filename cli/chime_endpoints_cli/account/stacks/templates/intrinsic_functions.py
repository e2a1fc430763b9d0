"""Evaluates a deployed template as CloudFormation does: parameters, references, imports and functions.

Values that only CloudFormation knows (an attribute of another resource, a hidden value) are `UNKNOWN`, and so is every
value that depends on one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chime_endpoints_cli.account.stacks.stacks import NESTED, Stack
from chime_endpoints_handler.model import physical_id as ids
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

from .template_text import text_of


class Unknown:
    """A value that cannot be determined from the template."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

NOTHING: Final = object()
"""`AWS::NoValue`: a member with this value is left out."""

_HIDDEN = "****"  # what CloudFormation returns for a NoEcho parameter
_DYNAMIC = "{{resolve:"
_REFERENCE = re.compile(r"\$\{(!?)([^}]+)\}")


_ARNS = {
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{id}",
    "AWS::Pinpoint::App": "mobiletargeting:{region}:{account}:apps/{id}",
}
"""The ARNs of resources whose physical ids are names."""

_EXPORT_READER = "Custom::CrossRegionExportReader"
"""CDK's resource for references to another region; each attribute names a parameter with the value."""


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """Look-ups that run only if a template refers to them."""

    exports: Callable[[str], Mapping[str, str]]
    """Returns the exports of a region."""
    outputs: Callable[[str, str], Mapping[str, str]]
    """Returns the outputs of a stack, by region and by name or id."""
    parameter: Callable[[str, str], str | None]
    """Returns the value of a parameter in a region, or None if it cannot be read."""


@dataclass(frozen=True, kw_only=True)
class TemplateContext:
    """Everything that the values of a stack's template can depend on."""

    stack: Stack
    template: Mapping[str, Any]
    resources: Mapping[str, tuple[str, str]]
    """The type and physical id of each resource, by logical id."""
    lookups: Lookups


def value_of(written: Any, around: TemplateContext) -> Any:
    """Return a value as a custom resource receives it: maps, lists and strings."""
    if isinstance(written, list):
        return [value for each in written if (value := value_of(each, around)) is not NOTHING]
    if written is None:
        return NOTHING
    if not isinstance(written, dict):
        text = text_of(written)
        return UNKNOWN if _DYNAMIC in text else text
    if len(written) == 1:
        (name, argument) = next(iter(written.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return _function_of(name)(argument, around)
    members = {name: value_of(each, around) for name, each in written.items()}
    return {name: value for name, value in members.items() if value is not NOTHING}


def _function_of(name: str) -> Callable[[Any, TemplateContext], Any]:
    function = _FUNCTIONS.get(name)

    def value(argument: Any, around: TemplateContext) -> Any:
        if function is None:
            return UNKNOWN
        try:
            return function(argument, around)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return UNKNOWN  # a form of the function that is not supported here

    return value


def is_known(value: Any) -> bool:
    """Whether no part of a value is unknown."""
    if isinstance(value, Mapping):
        return all(is_known(each) for each in value.values())
    if isinstance(value, list):
        return all(is_known(each) for each in value)
    return value is not UNKNOWN


def _ref(name: Any, around: TemplateContext) -> Any:
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


def _parameter(name: str, around: TemplateContext) -> Any:
    value = around.stack.parameters[name]
    declared = (around.template.get("Parameters") or {}).get(name) or {}
    if value == _HIDDEN or _DYNAMIC in value:
        return UNKNOWN
    is_list = "List<" in declared.get("Type", "") or "CommaDelimitedList" in declared.get("Type", "")
    return [each.strip() for each in value.split(",")] if is_list else value


def _attribute(argument: Any, around: TemplateContext) -> Any:
    """Return an attribute if it follows from the physical id or can be looked up, otherwise UNKNOWN."""
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    attribute = value_of(attribute, around)
    type_, physical_id = around.resources.get(name, ("", ""))
    if not physical_id or not isinstance(attribute, str):
        return UNKNOWN
    if type_ == _EXPORT_READER:
        return around.lookups.parameter(around.stack.region, attribute) or UNKNOWN
    if type_ == NESTED:
        outputs = around.lookups.outputs(around.stack.region, physical_id)
        return outputs.get(attribute.removeprefix("Outputs."), UNKNOWN)
    if type_ == ENDPOINT_TYPE:
        endpoint = ids.read(physical_id)
        known = {} if not isinstance(endpoint, ids.Endpoint) else _attributes_of(endpoint)
        return known.get(attribute, UNKNOWN)
    if physical_id.startswith("arn:") and attribute.endswith("Arn"):
        return physical_id  # for example AWS::Chime::AppInstanceUser and AWS::SecretsManager::Secret
    if attribute == "Arn" and type_ in _ARNS:
        partition, _, region, account = around.stack.id.split(":", 5)[1:5]
        return f"arn:{partition}:" + _ARNS[type_].format(region=region, account=account, id=physical_id)
    return UNKNOWN


def _attributes_of(endpoint: ids.Endpoint) -> dict[str, str]:
    return {"AppInstanceUserArn": endpoint.user_arn, "EndpointId": endpoint.endpoint_id}


def _join(argument: Any, around: TemplateContext) -> Any:
    separator, written = argument
    parts = value_of(written, around)
    return separator.join(map(str, parts)) if isinstance(parts, list) and is_known(parts) else UNKNOWN


def _split(argument: Any, around: TemplateContext) -> Any:
    separator, written = argument
    text = value_of(written, around)
    return text.split(separator) if isinstance(text, str) else UNKNOWN


def _select(argument: Any, around: TemplateContext) -> Any:
    index, values = (value_of(each, around) for each in argument)
    if not isinstance(values, list) or not is_known(index):
        return UNKNOWN
    return values[int(index)] if int(index) < len(values) else UNKNOWN


def _substitute(argument: Any, around: TemplateContext) -> Any:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    values = {name: value_of(each, around) for name, each in own.items()}

    def value(name: str) -> Any:
        if name in values:
            return values[name]
        return _attribute(name, around) if "." in name and "::" not in name else _ref(name, around)

    found = {name: value(name.strip()) for literal, name in _REFERENCE.findall(text) if not literal}
    if not is_known(found) or _DYNAMIC in text:
        return UNKNOWN
    texts = {name: "" if each is NOTHING else str(each) for name, each in found.items()}
    return _REFERENCE.sub(lambda each: f"${{{each[2]}}}" if each[1] else texts[each[2]], text)


def _find_in_map(argument: Any, around: TemplateContext) -> Any:
    name, first, second = (value_of(each, around) for each in argument[:3])
    if not is_known([name, first, second]):
        return UNKNOWN
    return value_of(around.template["Mappings"][name][first][second], around)


def _import(argument: Any, around: TemplateContext) -> Any:
    name = value_of(argument, around)
    return around.lookups.exports(around.stack.region).get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _stack_output(argument: Any, around: TemplateContext) -> Any:
    """Return an output of a stack, possibly in another region; CDK uses this form without exports."""
    reference = value_of(argument, around)
    if not is_known(reference):
        return UNKNOWN
    account = around.stack.id.split(":", 5)[4]
    if "RoleArn" in reference and reference["RoleArn"].split(":", 5)[4] != account:
        return UNKNOWN  # a stack with this name in our account would be a different one
    region = reference.get("Region", around.stack.region)
    return around.lookups.outputs(region, reference["StackName"]).get(reference["OutputName"], UNKNOWN)


def _if(argument: Any, around: TemplateContext) -> Any:
    condition, yes, no = argument
    holds = _condition({"Condition": condition}, around)
    return UNKNOWN if holds is None else value_of(yes if holds else no, around)


def _condition(written: Any, around: TemplateContext) -> bool | None:
    """Whether a condition is true; None if that is unknown."""
    (name, argument) = next(iter(written.items()))
    if name == "Condition":
        named = (around.template.get("Conditions") or {}).get(argument)
        return None if named is None else _condition(named, around)
    if name == "Fn::Equals":
        left, right = (value_of(each, around) for each in argument)
        return (str(left) == str(right)) if is_known([left, right]) else None
    if name not in ("Fn::And", "Fn::Not", "Fn::Or"):
        return None
    parts = [_condition(each, around) for each in argument]
    if name == "Fn::Not":
        return None if parts[0] is None else not parts[0]
    decisive: bool = name == "Fn::Or"  # one true part decides an Or, one false part an And
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


_FUNCTIONS: Mapping[str, Callable[[Any, TemplateContext], Any]] = {
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _attribute,
    "Fn::GetStackOutput": _stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _substitute,
    "Ref": _ref,
}
