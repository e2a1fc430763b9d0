"""HTTP responses for results and errors, and the forms in which faults damage them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .exceptions import ServiceError

PAGE = "<!DOCTYPE html><html><body><h1>Please sign in to the network</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The status, content type, error code and body of a response."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    error_code: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The content type and, for an error, the error code."""
        headers = {"Content-Type": self.content_type}
        if self.error_code is not None:
            headers["x-amzn-ErrorType"] = self.error_code
        return headers

    def truncated(self) -> Answer:
        """Return this response without the second half of its body."""
        return replace(self, body=self.body[: len(self.body) // 2])

    def with_member(self, name: str, value: str | None) -> Answer:
        """Return this response with a member of the body's JSON object set, or removed if the value is None."""
        members: dict[str, Any] = json.loads(self.body or "{}")
        members = {key: old for key, old in members.items() if key != name}
        if value is not None:
            members[name] = value
        return replace(self, body=json.dumps(members))


def result_answer(result: Mapping[str, Any] | None, *, status: int) -> Answer:
    """Return the response to a successful call. A result of None gives an empty body."""
    return Answer(status=status, body="" if result is None else json.dumps(result))


def error_answer(error: ServiceError) -> Answer:
    """Return the response to a failed call."""
    body = json.dumps(dict(error.members))
    return Answer(status=error.status, body=body, error_code=error.code)


def page_answer(status: int | None) -> Answer:
    """Return the HTML page that a proxy between client and service might send."""
    return Answer(status=status or 200, body=PAGE, content_type="text/html")
