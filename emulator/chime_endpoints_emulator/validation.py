"""Validation of requests against the API model: required members, types, lengths, ranges, patterns and enums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .exceptions import ServiceError

_TYPES: Mapping[str, type[Any]] = {
    "string": str,
    "blob": str,  # in Base64
    "integer": int,
    "boolean": bool,
    "structure": dict,
    "list": list,
    "map": dict,
}


def validate(parameters: Mapping[str, Any], shape: Shape, *, error: type[ServiceError]) -> None:
    """Reject parameters that violate the input shape of an operation.

    The message lists every violation and quotes the values, even secret ones, as AWS services do. A client must
    therefore not pass the message on.
    """
    problems = list(_violations(parameters, shape, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise error("BadRequestException", f"{count}: {'; '.join(problems)}")


def _violations(value: Any, shape: Shape, where: str) -> Iterator[str]:
    expected = _TYPES[shape.type_name]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        yield f"Value {value!r} at '{where}' failed to satisfy constraint: Member must be a {shape.type_name}"
    elif expected is bool:
        return
    elif isinstance(shape, StructureShape):
        yield from _member_violations(value, shape, where)
    else:
        for constraint in _constraint_violations(value, shape):
            yield f"Value {value!r} at '{where}' failed to satisfy constraint: {constraint}"
        if isinstance(shape, ListShape):
            for number, item in enumerate(value, start=1):
                yield from _violations(item, shape.member, f"{where}.{number}.member")
        elif isinstance(shape, MapShape):
            for key, item in value.items():
                yield from _violations(item, shape.value, f"{where}.{key}.member")


def _member_violations(value: Mapping[str, Any], shape: StructureShape, where: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{where}.{name}" if where else name
        if value.get(name) is not None:
            yield from _violations(value[name], member, path)
        elif name in shape.required_members:
            yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _constraint_violations(value: Any, shape: Shape) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    size, what = (value, "value") if shape.type_name == "integer" else (len(value), "length")
    if low is not None and size < low:
        yield f"Member must have {what} greater than or equal to {low}"
    if high is not None and size > high:
        yield f"Member must have {what} less than or equal to {high}"
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _compiled(pattern).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    choices = shape.metadata.get("enum")
    if choices is not None and value not in choices:
        yield f"Member must satisfy enum value set: [{', '.join(choices)}]"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
