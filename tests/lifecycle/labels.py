"""The tags of the user, as another resource of the stack declares them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_handler.model.declaration import TAGS_TYPE
from lifecycle.deliveries import Deliveries
from lifecycle.weather import CALM, Weather
from support.stage import Stage

LOGICAL_ID = "Labels"
THEIRS = {"cost center": "4711"}


@dataclass
class Labels:
    """The tags resource and the tags of others, which stay."""

    stage: Stage
    deliveries: Deliveries
    held_id: str = ""
    declared: dict[str, str] = field(default_factory=dict)
    _numbers: int = 0
    _failed_id: str = ""

    def __post_init__(self) -> None:
        self.stage.backend.tags[self.stage.user] = dict(THEIRS)

    def change(self, tags: dict[str, str] | None, weather: Weather) -> None:
        """Declare other tags, or none any more; roll back or try again if that fails."""
        weather = _without_what_ends_the_endpoint(weather)
        if tags is None:
            if self.held_id and not self._handle("Delete", self.declared, weather, PhysicalResourceId=self.held_id):
                assert self._handle("Delete", self.declared, CALM, PhysicalResourceId=self.held_id)
            self.held_id, self.declared = "", {}
        elif not self.held_id:
            self._create(tags, weather)
        else:
            old = {"PhysicalResourceId": self.held_id, "OldResourceProperties": self._properties(self.declared)}
            if self._handle("Update", tags, weather, **old):
                self.declared = tags
            else:
                old["OldResourceProperties"] = self._properties(tags)
                assert self._handle("Update", self.declared, CALM, **old)
        self.check()

    def check(self) -> None:
        """Check that the tags are those of others and the declared ones."""
        assert self.stage.backend.tags[self.stage.user] == THEIRS | self.declared

    def _create(self, tags: dict[str, str], weather: Weather) -> None:
        if answered := self._handle("Create", tags, weather):
            self.held_id, self.declared = answered, tags
            return
        self._numbers += 1
        physical_id = self._failed_id or f"chat-{LOGICAL_ID}-INVENTED{self._numbers}"
        assert self._handle("Delete", tags, CALM, PhysicalResourceId=physical_id)

    def _handle(self, request_type: str, tags: dict[str, str], weather: Weather, **members: Any) -> str:
        """Return the ID that a successful event is answered with; empty if it fails."""
        stack = self.stage.stack
        detail, refusal = stack.detail, stack.refusal
        self.stage.clock.sleep(30)
        stack.detail = {
            "ResourceStatus": f"{request_type.upper()}_IN_PROGRESS",
            "PhysicalResourceId": members.get("PhysicalResourceId", ""),
            "LastUpdatedTimestamp": self.stage.clock.now(),
        }
        common = {"ResourceType": TAGS_TYPE, "LogicalResourceId": LOGICAL_ID}
        event = self.stage.event(request_type, self._properties(tags), **common, **members)
        answer = self.deliveries.send(event, weather)
        stack.detail, stack.refusal = detail, refusal
        self.deliveries.past.pop()  # what is delivered again later belongs to the endpoint
        self._failed_id = answer["PhysicalResourceId"] if answer else ""
        return str(answer["PhysicalResourceId"]) if answer and answer["Status"] == "SUCCESS" else ""

    def _properties(self, tags: dict[str, str]) -> dict[str, Any]:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:handler",
            "ResourceARN": self.stage.user,
            "Tags": listed,
        }


def _without_what_ends_the_endpoint(weather: Weather) -> Weather:
    """Return the weather without incidents of the endpoint's resource, and without lists that leave tags out (L11)."""
    kept = tuple(each for each in weather.incidents if each.kind not in ("delete", "empty", "refuse"))
    return replace(weather, incidents=kept)
