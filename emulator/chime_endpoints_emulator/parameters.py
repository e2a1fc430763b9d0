"""The parameters of a request, read from its path, query and JSON body according to the API model."""

from __future__ import annotations

import json
import re
from typing import Any

from botocore.model import StructureShape

from .exceptions import ServiceError
from .routing import Route


def read_parameters(
    *, route: Route, content: bytes, shape: StructureShape, error: type[ServiceError]
) -> dict[str, Any]:
    """Return the members of `shape` that the request contains, unchanged. Unknown members are ignored.

    Raises:
        ServiceError: the content is not a JSON object; an instance of `error`.
    """
    body = _read_body(content, error)
    payload = shape.serialization.get("payload")
    parameters: dict[str, Any] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        value: Any
        if location == "uri":
            value = route.labels.get(wire_name)
        elif location == "querystring":
            value = _read_query(route.query.get(wire_name), member.type_name)
        elif name == payload:
            value = body
        else:
            value = body.get(wire_name)
        if value is not None:
            parameters[name] = value
    return parameters


def _read_body(body: bytes, refusal: type[ServiceError]) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise refusal("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise refusal("SerializationException", "The request is not a JSON object")
    return parsed


def _read_query(value: str | None, type_name: str) -> str | int | None:
    """Convert a query value to an integer if the model requires one. Validation rejects text that is not a number."""
    if value is not None and type_name == "integer" and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value
