"""How long and for whom Register remembers a ClientRequestToken, and the quota, which the probe of a refusal needs."""

from __future__ import annotations

from uuid import uuid4

from botocore.exceptions import ClientError

from live.account import code_of
from live.sandbox.sandbox import Sandbox, made_up_token

from .finding import Finding, UnsettledError

_MOST_ENDPOINTS = 60
"""Above the default quota of 10; an account with a higher one keeps its endpoints for other things."""


def token_memory(sandbox: Sandbox) -> Finding:
    """Repeat a Register while its endpoint exists, and again after it was deregistered."""
    user = sandbox.user("token-memory")
    first, told = _registered_twice(sandbox, user)
    if told is not None:
        return Finding(value="none", evidence=f"the repetition returned {told}")
    endpoint_id, request = first
    sandbox.deregister(user, endpoint_id)
    again = sandbox.register(user, **request)
    if again == endpoint_id:
        return Finding(value="for_ever", evidence="after Deregister, the repetition returned the same EndpointId")
    return Finding(value="while_alive", evidence="after Deregister, the repetition registered another endpoint")


def _registered_twice(sandbox: Sandbox, user: str) -> tuple[tuple[str, dict[str, str]], str | None]:
    """Register, and repeat the call; return what was registered, and how the repetition differed, if it did."""
    request = {"device_token": made_up_token(), "ClientRequestToken": str(uuid4())}
    endpoint_id = sandbox.register(user, **request)
    try:
        again = sandbox.register(user, **request)
    except ClientError as error:
        return (endpoint_id, request), str(error.response["Error"]["Code"])
    return (endpoint_id, request), None if again == endpoint_id else "another EndpointId"


def _require_memory(sandbox: Sandbox, user: str) -> tuple[str, str]:
    """Return an endpoint and its ClientRequestToken, which the service remembers."""
    (endpoint_id, request), told = _registered_twice(sandbox, user)
    if told is not None:
        raise UnsettledError("the service remembers no ClientRequestToken")
    return endpoint_id, request["ClientRequestToken"]


def token_scope(sandbox: Sandbox) -> Finding:
    """Use one ClientRequestToken for endpoints of two users."""
    endpoint_id, token = _require_memory(sandbox, sandbox.user("token-scope-a"))
    try:
        other = sandbox.register(sandbox.user("token-scope-b"), made_up_token(), ClientRequestToken=token)
    except ClientError as error:
        return Finding(value="account", evidence=f"for another user: {error.response['Error']['Code']}")
    if other == endpoint_id:
        return Finding(value="account", evidence="for another user: the first user's EndpointId")
    return Finding(value="user", evidence="for another user: a new endpoint")


def same_token_other_parameters(sandbox: Sandbox) -> Finding:
    """Repeat a Register with another device token and name."""
    user = sandbox.user("other-parameters")
    endpoint_id, token = _require_memory(sandbox, user)
    try:
        other = sandbox.register(user, made_up_token(), Name="other", ClientRequestToken=token)
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        values = {"ConflictException": "conflict", "BadRequestException": "bad_request"}
        if code not in values:
            raise UnsettledError(f"{code}, which no value of the switch stands for") from error
        return Finding(value=values[code], evidence=code)
    if other != endpoint_id:
        raise UnsettledError("the service registered another endpoint")
    return Finding(value="same_endpoint", evidence="the first EndpointId")


def _fill(sandbox: Sandbox, user: str) -> list[str]:
    """Register endpoints until the user's quota is reached, and return their IDs."""
    registered: list[str] = []
    for _ in range(_MOST_ENDPOINTS):
        code = code_of(lambda: registered.append(sandbox.register(user, made_up_token())))
        if code == "ResourceLimitExceededException":
            return registered
        if code:
            raise UnsettledError(f"Register returned {code} before the quota was reached")
    raise UnsettledError(f"the quota is higher than {_MOST_ENDPOINTS}")


def endpoints_per_user(sandbox: Sandbox) -> Finding:
    """Register endpoints of one user until the service refuses."""
    registered = _fill(sandbox, sandbox.user("quota"))
    return Finding(value=len(registered), evidence=f"ResourceLimitExceededException after {len(registered)} endpoints")


def failed_token(sandbox: Sandbox) -> Finding:
    """Repeat a Register that the quota refused, after there is room again."""
    user = sandbox.user("failed-token")
    registered = _fill(sandbox, user)
    if len(registered) < 2:
        raise UnsettledError("the quota is too low for this probe")
    request = {"device_token": made_up_token(), "ClientRequestToken": str(uuid4())}
    if code_of(lambda: sandbox.register(user, **request)) != "ResourceLimitExceededException":
        raise UnsettledError("the quota did not refuse the Register")
    for endpoint_id in registered[:2]:
        sandbox.deregister(user, endpoint_id)
    if code := code_of(lambda: sandbox.register(user, made_up_token())):
        raise UnsettledError(f"there is no room after two were deregistered: {code}")
    code = code_of(lambda: sandbox.register(user, **request))
    evidence = f"the repetition, with room for it: {code or 'success'}"
    if code not in ("", "ResourceLimitExceededException"):
        raise UnsettledError(evidence)
    return Finding(value="remembered" if code else "forgotten", evidence=evidence)
