"""A deployed template as CloudFormation reads it: every scalar is text, and YAML is its own kind of YAML 1.1.

CloudFormation has no dates, and hands booleans and numbers to a custom resource as text. How it writes a number that
can be written in several ways (`1.10`, `0x1F`, `1e3`) is not documented, so such a number is compared as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

_NOT_SHOWN = re.compile("[?\x80-\U0010ffff]+")
"""GetTemplate shows a question mark for what is not ASCII, as CDK's own `cdk diff` knows."""


class Number(str):
    """A number as text; it knows how it was written, and its value."""

    __slots__ = ("value", "written")
    value: float
    written: str

    @classmethod
    def of(cls, value: float, written: str) -> Number:
        """A number that was written so."""
        number = cls(value)
        number.value, number.written = value, written
        return number


def text_of(value: object) -> str:
    """A scalar of a template as a custom resource gets it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return Number.of(value, json.dumps(value))
    return str(value) if not isinstance(value, str) else value


def is_same(declared: str, registered: str | None) -> bool:
    """Whether what is registered is what a template declares, as far as the template can be seen."""
    if registered is None or declared == registered:
        return registered is not None
    if isinstance(declared, Number):
        return registered == declared.written or (isinstance(declared.value, float) and _is(registered, declared.value))
    return "?" in declared and not registered.isascii() and _as_shown(registered) == _as_shown(declared)


def read_template(body: object) -> Mapping[str, Any]:
    """A template, of which boto3 has parsed JSON already.

    Raises:
        yaml.YAMLError: it is neither JSON nor YAML.
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
    """Reads a template in YAML with CloudFormation's short forms, such as `!Ref`."""


def _long_form(loader: yaml.SafeLoader, short: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = value.split(".", 1) if short == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type] # the third kind that there is
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
