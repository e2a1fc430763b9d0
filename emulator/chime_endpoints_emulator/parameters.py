"""The parameters of a request, read from its path, query and JSON body as the service's model places them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.model import StructureShape
from moto.core.request import Request

from .exceptions import IdentityError


def read_parameters(*, request: Request, labels: Mapping[str, str], shape: StructureShape) -> dict[str, Any]:
    """The members of `shape` that the request sends, as sent; what the shape does not have is ignored.

    Raises:
        IdentityError: The body is not a JSON object.
    """
    body = _read_body(request.data)
    parameters: dict[str, Any] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        value: Any
        if location == "uri":
            value = labels.get(wire_name)
        elif location == "querystring":
            value = _read_query(request.args.get(wire_name), member.type_name)
        else:
            value = body.get(wire_name)
        if value is not None:
            parameters[name] = value
    return parameters


def _read_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise IdentityError("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise IdentityError("SerializationException", "The request is not a JSON object")
    return parsed


def _read_query(value: str | None, type_name: str) -> str | int | None:
    """A number where the model has one; text that is no number is left for the validation to refuse."""
    if value is not None and type_name == "integer" and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value
