"""Answers on the wire: JSON of a result, JSON of an error, and what faults make of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .exceptions import IdentityError

PAGE = "<!DOCTYPE html><html><body><h1>Please sign in to the network</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status, headers' variable part, and body."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    error_code: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Content type and, in an error, its code."""
        headers = {"Content-Type": self.content_type}
        if self.error_code is not None:
            headers["x-amzn-ErrorType"] = self.error_code
        return headers

    def truncated(self) -> Answer:
        """The same without the second half of the body."""
        return replace(self, body=self.body[: len(self.body) // 2])

    def with_member(self, name: str, value: str | None) -> Answer:
        """The same with a member of the body's object set, or removed where the value is None."""
        members: dict[str, Any] = json.loads(self.body or "{}")
        members = {key: old for key, old in members.items() if key != name}
        if value is not None:
            members[name] = value
        return replace(self, body=json.dumps(members))


def result_answer(result: Mapping[str, Any] | None, *, status: int) -> Answer:
    """The answer of a call that succeeded; None is no body."""
    return Answer(status=status, body="" if result is None else json.dumps(result))


def error_answer(error: IdentityError) -> Answer:
    """The answer of a call that failed."""
    body = json.dumps({"Code": error.short_code, "Message": error.message})
    return Answer(status=error.status, body=body, error_code=error.code)


def page_answer(status: int | None) -> Answer:
    """What a proxy answers that does not know the service."""
    return Answer(status=status or 200, body=PAGE, content_type="text/html")
