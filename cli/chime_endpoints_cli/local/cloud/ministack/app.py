"""The ASGI application of the local cloud: MiniStack with our changes, and requests of the local cloud itself.

The emulator of the Chime service asks here whether its callers are allowed what they request. Another request creates
a secret with the ARN that a declaration names.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.app import app as ministack

from chime_endpoints_cli.local.cloud.function_runtime import use_runtime

from . import functions, native, permissions, secrets
from .changes import install
from .resource_types import register, registered

PREFIX = "/_chime_endpoints/"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def _allowed(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"denied": permissions.first_denied(request["access_key"], request["region"], request["needed"])}


def _secret(request: Mapping[str, Any]) -> dict[str, Any]:
    secrets.create_with_arn(request["arn"], request["value"])
    return {}


_ROUTES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {"permissions": _allowed, "secret": _secret}


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a request of the local cloud, and leave all others to MiniStack."""
    route = _ROUTES.get(str(scope.get("path", "")).removeprefix(PREFIX)) if scope["type"] == "http" else None
    if route is None:
        await ministack(scope, receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    answer = json.dumps(route(json.loads(body))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


install([*functions.CHANGES, *secrets.CHANGES, *permissions.CHANGES, *native.CHANGES])
register({name: make(registered(name)) for name, make in secrets.TYPES.items()} | native.TYPES)
use_runtime()
