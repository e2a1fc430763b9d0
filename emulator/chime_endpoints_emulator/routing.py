"""The mapping of a request's method and path to an operation, according to the API model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, unquote

from moto.core.utils import get_service_model


@dataclass(frozen=True, kw_only=True)
class Route:
    """An operation with the path labels and query values of one request."""

    operation: str
    labels: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def route(*, service: str, method: str, path: str, query: str) -> Route | None:
    """Return the operation of a request to a service, or None. Path and query are still percent-encoded.

    moto's own router is not used: it differs between releases and accepts requests that the service rejects.
    """
    given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    for known in _templates(service):
        found = known.path.fullmatch(path) if known.method == method else None
        if found and known.query.items() <= given.items():
            labels = dict(zip(known.labels, map(unquote, found.groups()), strict=True))
            return Route(operation=known.operation, labels=labels, query=given)
    return None


@dataclass(frozen=True, kw_only=True)
class _Template:
    operation: str
    method: str
    path: re.Pattern[str]
    labels: Sequence[str]
    query: Mapping[str, str]


@cache
def _templates(service: str) -> Sequence[_Template]:
    model = get_service_model(service)
    return [_template(name, model.operation_model(name).http) for name in model.operation_names]


def _template(operation: str, http: Mapping[str, str]) -> _Template:
    path, _, query = http["requestUri"].partition("?")
    fixed = {name: values[0] for name, values in parse_qs(query).items()}
    return _Template(
        operation=operation,
        method=http["method"],
        path=re.compile(_LABEL.sub("([^/]+)", path)),
        labels=_LABEL.findall(path),
        query=fixed,
    )


_LABEL = re.compile(r"\{([\w-]+)\+?\}")
