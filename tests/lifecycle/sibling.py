"""Another resource of the same stack and user, whose events other processes handle beside ours.

It has one calm life after another, under names that ours are given as well. Its endpoints count as someone else's to
ours, which must leave them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from lifecycle.deliveries import snapshot
from support.stage import Stage

LOGICAL_ID = "Tablet"
_TOKENS = ("canary-beside-a", "canary-beside-b")
_LIFE: tuple[dict[str, Any] | None, ...] = (
    {"Name": "canary phone"},
    {"Name": "canary tablet"},
    {"EndpointAttributes": {"DeviceToken": _TOKENS[1]}},
    {"Name": None},
    {"EndpointAttributes": {"DeviceToken": _TOKENS[0]}},
    None,
)
"""The declaration of each step; None is the end of a life."""


@contextmanager
def aside(stage: Stage) -> Iterator[None]:
    """Handle something else meanwhile: immediately, in another process and without faults."""
    faults, trace = list(stage.backend.faults), stage.environment.get("_X_AMZN_TRACE_ID", "")
    process, refuses, on_put, on_refusal = stage.process, stage.sink.refuses, stage.sink.on_put, stage.sink.on_refusal
    stage.backend.faults.clear()
    stage.sink.refuses, stage.sink.on_put = False, None
    stage.starts_anew()
    stage.sent()
    try:
        yield
    finally:
        stage.environment["_X_AMZN_TRACE_ID"] = trace
        stage.process = process
        stage.sink.refuses, stage.sink.on_put, stage.sink.on_refusal = refuses, on_put, on_refusal
        stage.backend.faults.extend(faults)


@dataclass
class Sibling:
    """The other resource."""

    stage: Stage
    strangers: dict[str, dict[str, Any]]
    """The endpoints that are not ours, as they must stay, this resource's among them."""
    held_id: str = ""
    declared: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = cycle(_LIFE)

    def live_on(self) -> None:
        """Take the next step of its life, after which exactly its declaration is registered."""
        detail = self.stage.stack.detail
        with aside(self.stage):
            self._step(next(self._steps))
        self.stage.stack.detail = detail
        self._check()

    def _step(self, change: dict[str, Any] | None) -> None:
        if change is None:
            self._handle("Delete", self.declared, PhysicalResourceId=self.held_id)
            self.held_id, self.declared = "", {}
            return
        old, before = self.declared, self.held_id
        self.declared = self.stage.properties(
            **{"Name": None, "EndpointAttributes": {"DeviceToken": _TOKENS[0]}} | old | change
        )
        if not before:
            self.held_id = self._handle("Create", self.declared)
            return
        held = {"PhysicalResourceId": before, "OldResourceProperties": old}
        self.held_id = self._handle("Update", self.declared, **held)
        if self.held_id != before:
            self._handle("Delete", old, PhysicalResourceId=before)

    def _handle(self, request_type: str, properties: dict[str, Any], **members: Any) -> str:
        self.stage.stack.detail = {
            "ResourceStatus": f"{request_type.upper()}_IN_PROGRESS",
            "PhysicalResourceId": members.get("PhysicalResourceId", ""),
            "LastUpdatedTimestamp": self.stage.clock.now(),
        }
        event = self.stage.event(request_type, properties, LogicalResourceId=LOGICAL_ID, **members)
        answer = self.stage.deliver(event)
        assert answer["Status"] == "SUCCESS", answer
        return str(answer["PhysicalResourceId"])

    def _check(self) -> None:
        endpoints = self.stage.backend.endpoints
        here = {each.endpoint_id for each in endpoints.values() if each.device_token in _TOKENS}
        assert here == ({self.held_id.rpartition("/")[2]} if self.held_id else set()), "beside ours"
        for endpoint_id in [each for each, theirs in self.strangers.items() if theirs["device_token"] in _TOKENS]:
            del self.strangers[endpoint_id]
        for endpoint_id in here:
            endpoint = endpoints[endpoint_id]
            assert endpoint.device_token == self.declared["EndpointAttributes"]["DeviceToken"]
            assert endpoint.name == self.declared["Name"] if "Name" in self.declared else endpoint.name
            self.strangers[endpoint_id] = snapshot(endpoint)


def is_siblings(theirs: dict[str, Any]) -> bool:
    """Whether the endpoints that are not ours are the sibling's."""
    return theirs["device_token"] in _TOKENS
