"""The control API under `/_emulator/`, which inspects a running emulator and changes its behavior."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from moto.pinpoint.models import pinpoint_backends

from .exceptions import ServiceError
from .faults import Fault
from .models import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ChimeSDKIdentityBackend, chimesdkidentity_backends
from .profile import Profile, use_profile
from .push.models import PushBackend, pushapplications_backends
from .push.records import ChannelType, Credentials
from .push.rejections import Rejection
from .records import Status, StatusReason
from .service import EmulatedService

PREFIX = "/_emulator/"


def answer(*, method: str, target: str, body: bytes) -> tuple[int, dict[str, Any], str]:
    """Answer a request to the control API with a status, headers and JSON.

    The query parameters `account` and `region` select the backend. Their defaults are the server's own account and
    us-east-1.
    """
    path, query = urlsplit(target).path.removeprefix(PREFIX), parse_qs(urlsplit(target).query)
    routes = ROUTES.get(path)
    if routes is None:
        return _json(404, {"error": f"{path}: not one of {', '.join(ROUTES)}"})
    if method not in routes:
        return _json(405, {"error": f"{path} accepts only {', '.join(routes)}"})
    account = query.get("account", [os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)])[0]
    region = query.get("region", [DEFAULT_REGION])[0]
    backends = pushapplications_backends if path in _PUSH_ROUTES else chimesdkidentity_backends
    try:
        backend = backends[account][region]
    except KeyError:
        return _json(400, {"error": f"region: the service is not available in {region}"})
    try:
        result = routes[method](backend, dict(json.loads(body or b"{}")))
    except (ValueError, LookupError, TypeError, ServiceError) as error:
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


def _switches(backend: ChimeSDKIdentityBackend | PushBackend, _: Any) -> dict[str, Any]:
    return backend.switches.as_dict()


def _change_switches(backend: ChimeSDKIdentityBackend | PushBackend, values: dict[str, Any]) -> dict[str, Any]:
    backend.switches.change(values)
    return backend.switches.as_dict()


def _use_profile(_: ChimeSDKIdentityBackend, values: dict[str, Any]) -> dict[str, Any]:
    profile = Profile.from_dict(values)
    use_profile(profile)
    return profile.as_dict()


def _faults(backend: EmulatedService, _: Any) -> list[dict[str, Any]]:
    return [fault.as_dict() for fault in [*backend.faults]]


def _put_fault(backend: EmulatedService, values: dict[str, Any]) -> list[dict[str, Any]]:
    backend.faults.append(Fault.from_dict(values))
    return _faults(backend, None)


def _remove_faults(backend: EmulatedService, _: Any) -> None:
    backend.faults.clear()


def _calls(backend: EmulatedService, _: Any) -> list[dict[str, Any]]:
    return [asdict(call) for call in [*backend.calls]]


def _forget_calls(backend: EmulatedService, _: Any) -> None:
    backend.calls.clear()


def _push_state(backend: PushBackend, _: Any) -> dict[str, Any]:
    return {
        "account": backend.account_id,
        "region": backend.region_name,
        "applications": [app.to_json() for app in [*backend.applications.values()]],
        "channels": [asdict(each) | {"application_id": owner} for (owner, _), each in [*backend.channels.items()]],
        "rejections": dict(backend.rejections),
        "messages": [asdict(message) for message in [*backend.messages]],
    }


def _ensure_application(backend: PushBackend, requested: dict[str, Any]) -> None:
    """Create the application, and a working channel for each type, unless they exist."""
    app = backend.ensure_app(application_arn=requested["application_arn"])
    for kind in map(ChannelType, requested.get("channel_types", ())):
        if (app.application_id, kind) not in backend.channels:
            is_gcm = kind is ChannelType.GCM
            credentials = Credentials(service_json=is_gcm, token_key=not is_gcm)
            backend.update_channel(
                application_id=app.application_id, channel_type=kind, enabled=True, credentials=credentials
            )


def _set_rejection(backend: PushBackend, requested: dict[str, Any]) -> None:
    token, rejection = requested["device_token"], requested["rejection"]
    if rejection is None:
        backend.rejections.pop(token, None)
    else:
        backend.rejections[token] = Rejection(rejection)


def _reset(_: ChimeSDKIdentityBackend, __: Any) -> None:
    for backends in (chimesdkidentity_backends, pushapplications_backends, pinpoint_backends):
        for _account, _region, backend in [*backends.iter_backends()]:
            backend.reset()


_IDENTITY_ROUTES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "health": {"GET": lambda _backend, _: {"status": "ok"}},
    "state": {"GET": _state},
    "user": {"PUT": _ensure_user},
    "endpoint-state": {"PUT": _set_endpoint_state},
    "switches": {"GET": _switches, "PUT": _change_switches},
    "profile": {"PUT": _use_profile},
    "faults": {"GET": _faults, "POST": _put_fault, "DELETE": _remove_faults},
    "calls": {"GET": _calls, "DELETE": _forget_calls},
    "reset": {"POST": _reset},
}
_PUSH_ROUTES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "push/state": {"GET": _push_state},
    "push/application": {"PUT": _ensure_application},
    "push/rejection": {"PUT": _set_rejection},
    "push/switches": {"GET": _switches, "PUT": _change_switches},
    "push/faults": {"GET": _faults, "POST": _put_fault, "DELETE": _remove_faults},
    "push/calls": {"GET": _calls, "DELETE": _forget_calls},
}
ROUTES = _IDENTITY_ROUTES | _PUSH_ROUTES
"""The functions of the control API, by path and method."""
