"""The control API under `/_emulator/`, which inspects a running emulator and changes its behavior."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from .exceptions import IdentityError
from .faults import Fault
from .models import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ChimeSDKIdentityBackend, chimesdkidentity_backends
from .records import Status, StatusReason

PREFIX = "/_emulator/"


def answer(*, method: str, target: str, body: bytes) -> tuple[int, dict[str, Any], str]:
    """Answer a request to the control API with a status, headers and JSON.

    The query parameters `account` and `region` select the backend. Their defaults are the server's own account and
    us-east-1.
    """
    path, query = urlsplit(target).path.removeprefix(PREFIX), parse_qs(urlsplit(target).query)
    routes = _ROUTES.get(path)
    if routes is None:
        return _json(404, {"error": f"{path}: not one of {', '.join(_ROUTES)}"})
    if method not in routes:
        return _json(405, {"error": f"{path} accepts only {', '.join(routes)}"})
    account = query.get("account", [os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)])[0]
    region = query.get("region", [DEFAULT_REGION])[0]
    try:
        backend = chimesdkidentity_backends[account][region]
    except KeyError:
        return _json(400, {"error": f"region: the service is not available in {region}"})
    try:
        result = routes[method](backend, dict(json.loads(body or b"{}")))
    except (ValueError, LookupError, TypeError, IdentityError) as error:
        return _json(400, {"error": f"{type(error).__name__}: {error}"})
    return _json(200, result)


def _json(status: int, value: object) -> tuple[int, dict[str, Any], str]:
    return status, {"Content-Type": "application/json"}, json.dumps(value) + "\n"


def _state(backend: ChimeSDKIdentityBackend, _: Any) -> dict[str, Any]:
    return {
        "account": backend.account_id,
        "region": backend.region_name,
        "app_instances": [asdict(instance) for instance in [*backend.app_instances.values()]],
        "users": [asdict(user) for user in [*backend.users.values()]],
        "endpoints": [asdict(endpoint) for endpoint in [*backend.endpoints.values()]],
        "tags": {arn: tags for arn, tags in [*backend.tags.items()] if tags},
    }


def _ensure_user(backend: ChimeSDKIdentityBackend, requested: dict[str, Any]) -> None:
    backend.ensure_app_instance_user(app_instance_user_arn=requested["app_instance_user_arn"])


def _set_endpoint_state(backend: ChimeSDKIdentityBackend, requested: dict[str, Any]) -> None:
    status, reason = requested["status"], requested.get("status_reason")
    if status not in get_args(Status) or reason not in (None, *get_args(StatusReason)):
        raise ValueError(f"{status}, {reason}: not a state of an endpoint")
    backend.set_endpoint_state(
        app_instance_user_arn=requested["app_instance_user_arn"],
        endpoint_id=requested["endpoint_id"],
        status=status,
        status_reason=reason,
    )


def _switches(backend: ChimeSDKIdentityBackend, _: Any) -> dict[str, Any]:
    return backend.switches.as_dict()


def _change_switches(backend: ChimeSDKIdentityBackend, values: dict[str, Any]) -> dict[str, Any]:
    backend.switches.change(values)
    return backend.switches.as_dict()


def _faults(backend: ChimeSDKIdentityBackend, _: Any) -> list[dict[str, Any]]:
    return [fault.as_dict() for fault in [*backend.faults]]


def _put_fault(backend: ChimeSDKIdentityBackend, values: dict[str, Any]) -> list[dict[str, Any]]:
    backend.faults.append(Fault.from_dict(values))
    return _faults(backend, None)


def _remove_faults(backend: ChimeSDKIdentityBackend, _: Any) -> None:
    backend.faults.clear()


def _calls(backend: ChimeSDKIdentityBackend, _: Any) -> list[dict[str, Any]]:
    return [asdict(call) for call in [*backend.calls]]


def _forget_calls(backend: ChimeSDKIdentityBackend, _: Any) -> None:
    backend.calls.clear()


def _reset(_: ChimeSDKIdentityBackend, __: Any) -> None:
    for _account, _region, backend in [*chimesdkidentity_backends.iter_backends()]:
        backend.reset()


_ROUTES: dict[str, dict[str, Callable[[ChimeSDKIdentityBackend, Any], Any]]] = {
    "health": {"GET": lambda _backend, _: {"status": "ok"}},
    "state": {"GET": _state},
    "user": {"PUT": _ensure_user},
    "endpoint-state": {"PUT": _set_endpoint_state},
    "switches": {"GET": _switches, "PUT": _change_switches},
    "faults": {"GET": _faults, "POST": _put_fault, "DELETE": _remove_faults},
    "calls": {"GET": _calls, "DELETE": _forget_calls},
    "reset": {"POST": _reset},
}
