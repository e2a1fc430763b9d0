"""Where a device token can be registered only once."""

from __future__ import annotations

import time

from live.account import code_of
from live.sandbox.sandbox import Sandbox, made_up_token

from .finding import Finding, UnsettledError
from .inactivation import inactivate

_SCOPES = {(True, False): "user", (True, True): "app_instance", (False, True): "application"}
_AFTER_DEREGISTER = 1.0  # seconds


def _conflicts(sandbox: Sandbox, user: str, device_token: str, application: str) -> bool:
    """Register, and deregister what this registered."""
    registered: list[str] = []
    code = code_of(lambda: registered.append(sandbox.register(user, device_token, application=application)))
    for endpoint_id in registered:
        sandbox.deregister(user, endpoint_id)
    if code not in ("", "ConflictException"):
        raise UnsettledError(f"Register returned {code}")
    return bool(code)


def device_token_conflict(sandbox: Sandbox) -> Finding:
    """Register one device token again: same user and application, another application, another user."""
    user, other, token = sandbox.user("device-token-a"), sandbox.user("device-token-b"), made_up_token()
    application, another = sandbox.application(), sandbox.application("other")
    sandbox.register(user, token, application=application)
    found = {
        "same user and application": _conflicts(sandbox, user, token, application),
        "same user, another application": _conflicts(sandbox, user, token, another),
        "another user, same application": _conflicts(sandbox, other, token, application),
    }
    evidence = "; ".join(f"{what}: {'conflict' if is_refused else 'registered'}" for what, is_refused in found.items())
    same, by_user, by_application = found.values()
    scope = _SCOPES.get((by_user, by_application)) if same else "none"
    if scope is None or (scope == "none" and (by_user or by_application)):
        raise UnsettledError(evidence)
    return Finding(value=scope, evidence=evidence)


def inactive_endpoints_conflict(sandbox: Sandbox) -> Finding:
    """Register the device token of an endpoint that the service has made INACTIVE."""
    user, token = sandbox.user("inactive"), made_up_token()
    endpoint_id = sandbox.register(user, token, application=sandbox.application("vanishing"))
    if not _conflicts(sandbox, user, token, sandbox.application()):
        raise UnsettledError("device tokens do not conflict between applications")
    state = inactivate(sandbox, user, endpoint_id)
    time.sleep(0 if sandbox.account.is_emulated else _AFTER_DEREGISTER)
    is_refused = _conflicts(sandbox, user, token, sandbox.application())
    evidence = f"{state}, then Register: {'ConflictException' if is_refused else 'success'}"
    return Finding(value=is_refused, evidence=evidence)
