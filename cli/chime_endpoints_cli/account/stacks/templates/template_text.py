"""A deployed template as CloudFormation reads it: scalars are strings, and YAML is a variant of YAML 1.1.

CloudFormation has no dates, and passes booleans and numbers to a custom resource as strings. How it formats a number
that can be written in several ways (`1.10`, `0x1F`, `1e3`) is not documented, so such values are compared as numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

_NOT_SHOWN = re.compile("[?\x80-\U0010ffff]+")
"""GetTemplate returns `?` for characters that are not ASCII; `cdk diff` handles this, too."""


class Number(str):
    """A number as a string, with its value and how it was written."""

    __slots__ = ("value", "written")
    value: float
    written: str

    @classmethod
    def of(cls, value: float, written: str) -> Number:
        """Return a number with the text in which it was written."""
        number = cls(value)
        number.value, number.written = value, written
        return number


def text_of(value: object) -> str:
    """Return a scalar of a template as a custom resource receives it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return Number.of(value, json.dumps(value))
    return str(value) if not isinstance(value, str) else value


def is_same(declared: str, registered: str | None) -> bool:
    """Whether a registered value matches a declared one, as far as the template reveals it."""
    if registered is None or declared == registered:
        return registered is not None
    if isinstance(declared, Number):
        return registered == declared.written or (isinstance(declared.value, float) and _is(registered, declared.value))
    return "?" in declared and not registered.isascii() and _as_shown(registered) == _as_shown(declared)


def read_template(body: object) -> Mapping[str, Any]:
    """Parse a template body; boto3 has already parsed a JSON body.

    Raises:
        yaml.YAMLError: the body is neither JSON nor YAML.
    """
    if isinstance(body, str):
        try:
            read: Any = json.loads(body)
        except ValueError:
            read = yaml.load(body, Loader=_Loader)  # noqa: S506 - it is a SafeLoader
    else:
        read = body
    return read if isinstance(read, Mapping) else {}


class _Loader(yaml.SafeLoader):
    """A YAML loader that understands CloudFormation's short forms, such as `!Ref`."""


def _long_form(loader: yaml.SafeLoader, short: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = value.split(".", 1) if short == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type] # the only other kind of node
    return {short if short in ("Ref", "Condition") else f"Fn::{short}": value}


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    is_whole = node.tag.endswith(":int")
    try:
        value = loader.construct_yaml_int(node) if is_whole else loader.construct_yaml_float(node)
    except ValueError:
        return str(node.value)
    return Number.of(value, node.value)


def _truth(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return text_of(loader.construct_yaml_bool(node))


def _as_written(_: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_multi_constructor("!", _long_form)
for _name, _constructor in {
    "bool": _truth,
    "int": _number,
    "float": _number,
    "timestamp": _as_written,
    "value": _as_written,
    "binary": _as_written,
}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _constructor)


def _is(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False


def _as_shown(text: str) -> str:
    return _NOT_SHOWN.sub("?", text)
