"""The permissions that a call needs, and the service that decides whether the caller has them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

SECONDS = 10.0

_without_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Permission(NamedTuple):
    """An action of IAM on a resource."""

    action: str
    resource: str


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A permission that the caller lacks, or the error for credentials that are unknown or expired."""

    principal: str = ""
    """The caller's ARN."""
    permission: Permission | None = None
    code: str = "AccessDeniedException"
    message: str = ""

    @property
    def text(self) -> str:
        """The message in the words of IAM."""
        if self.permission is None:
            return self.message
        action, resource = self.permission
        return (
            f"User: {self.principal} is not authorized to perform: {action} on resource: {resource}"
            f" because no identity-based policy allows the {action} action"
        )


class Authorizer(Protocol):
    """Decides whether a caller has all of the permissions that a call needs."""

    def __call__(self, *, access_key: str, region: str, needed: Sequence[Permission]) -> Denial | None:
        """Return the first permission that the caller lacks, or None.

        Raises:
            OSError: the decision cannot be made.
        """


@dataclass(frozen=True)
class RemoteAuthorizer:
    """Asks a service that has the roles and their policies.

    The request is a JSON object with `access_key`, `region` and `needed`, a list of actions and resources. The response
    has a member `denied`, which is null or an object with `principal`, `action` and `resource`, or with `code` and
    `message`.
    """

    url: str

    def __call__(self, *, access_key: str, region: str, needed: Sequence[Permission]) -> Denial | None:
        """Return the first permission that the caller lacks, or None."""
        content = json.dumps({"access_key": access_key, "region": region, "needed": needed}).encode()
        request = urllib.request.Request(self.url, method="POST", data=content)  # noqa: S310 - the user's own URL
        with _without_proxies.open(request, timeout=SECONDS) as response:
            denied = json.load(response)["denied"]
        if denied is None:
            return None
        if "code" in denied:
            return Denial(code=denied["code"], message=denied["message"])
        return Denial(principal=denied["principal"], permission=Permission(denied["action"], denied["resource"]))
