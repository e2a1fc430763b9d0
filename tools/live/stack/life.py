"""The life of a stack with an endpoint: both forms of rollback, a change, a replacement and the deletion."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from live.sandbox.sandbox import Sandbox, made_up_token
from live.sandbox.stacks import delete_stack, deploy, events, outputs

from .checks import Check, Tell, checked
from .provider import Provider
from .templates import endpoint_stack

FIELDS = ("first", "second", "third")
_BEFORE_LIST = 3.0
"""Seconds, because a list may lag behind; how much, a probe observes."""


@dataclass
class Life:
    """What has been observed of the stacks so far."""

    sandbox: Sandbox
    tell: Tell
    tokens: dict[str, str] = field(default_factory=lambda: {name: made_up_token() for name in FIELDS}, repr=False)
    provider: Provider | None = None
    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Those of all stacks, for what must not be in them."""

    def create_secret(self) -> str:
        """Create the secret with the device tokens."""
        run = self.sandbox.run
        self.secret = self.sandbox.account.client("secretsmanager").create_secret(
            Name=run.name("tokens"),
            SecretString=json.dumps(self.tokens),
            Tags=[{"Key": key, "Value": value} for key, value in run.tags.items()],
        )["ARN"]
        return self.secret

    def deploy(
        self, operation: str, stack: str, logical_id: str, token: str, *, name: str = "made", breaks: bool = False
    ) -> dict[str, Any]:
        """Create or update a stack with one endpoint."""
        assert self.provider is not None  # noqa: S101 - for the type checker
        template = endpoint_stack(
            logical_id,
            service_token=self.provider.service_token,
            user=self.user,
            application=self.sandbox.application(),
            secret=self.secret,
            field=token,
            name=name,
            breaks=breaks,
        )
        run = self.sandbox.run
        return deploy(self.sandbox.account, operation, run.name(stack), template, tags=run.tags)

    @property
    def user(self) -> str:
        """The user whose endpoint the stacks declare."""
        return self.sandbox.user("stack")

    def registered(self) -> dict[str, str]:
        """Return what the user has: the field of the secret for each endpoint's ID."""
        time.sleep(0 if self.sandbox.account.is_emulated else _BEFORE_LIST)
        fields = {token: name for name, token in self.tokens.items()}
        found = {}
        for endpoint_id in self.sandbox.listed(self.user):
            described = self.sandbox.describe(self.user, endpoint_id)
            found[endpoint_id] = fields.get(described["EndpointAttributes"]["DeviceToken"], "another token")
        return found

    def events_since(self, stack: dict[str, Any], seen: int) -> list[dict[str, Any]]:
        """Return the events of a stack, the oldest first, without as many as were seen before."""
        found = events(self.sandbox.account, stack["StackId"])[seen:]
        self.events += found
        return found


def live(life: Life) -> Iterator[Check]:
    """Go through the life, and yield a check for each assumption."""
    yield from _create_rolled_back(life)
    stack, endpoint_id, checks = _created(life)
    yield from checks
    yield from _update_rolled_back(life, stack, endpoint_id)
    yield from _changed(life, stack, endpoint_id)
    told = json.dumps(life.events, default=str)
    is_shown = any(token in told for token in life.tokens.values())
    yield checked(
        "events-without-tokens",
        "A stack's events contain no device token.",
        not is_shown,
        f"{len(life.events)} events, {'with' if is_shown else 'without'} a token",
    )
    yield _deleted(life, stack)


def _create_rolled_back(life: Life) -> Iterator[Check]:
    life.tell("Creating a stack that fails after its endpoint was registered")
    stack = life.deploy("create", "life-create", "First", "first", breaks=True)
    found = life.events_since(stack, 0)
    deleted = [each["ResourceStatus"] for each in found if each["LogicalResourceId"] == "First"]
    left = life.registered()
    yield checked(
        "create-rolled-back",
        "A failed creation is rolled back with a Delete, after which nothing is registered.",
        stack["StackStatus"] == "ROLLBACK_COMPLETE" and not left,
        f"{stack['StackStatus']}; events of the endpoint: {', '.join(deleted)}; {len(left)} endpoints left",
    )
    reasons = [each.get("ResourceStatusReason", "") for each in found if each["ResourceStatus"] == "CREATE_FAILED"]
    yield checked(
        "reason-in-events",
        "The reason of a failure, with its code, is in the stack's events.",
        any("CE-1" in reason for reason in reasons),
        "; ".join(reason[:80] for reason in reasons) or "no reason",
    )
    delete_stack(life.sandbox.account, stack["StackId"])


def _created(life: Life) -> tuple[dict[str, Any], str, list[Check]]:
    life.tell("Creating a stack with an endpoint")
    stack = life.deploy("create", "life", "Phone", "first")
    left, told = life.registered(), outputs(stack)
    endpoint_id = next(iter(left), "")
    check = checked(
        "created",
        "Ref is USER-ARN/endpoint/ENDPOINT-ID, and the endpoint has the token of its field.",
        [*left.values()] == ["first"]
        and told == {"Ref": f"{life.user}/endpoint/{endpoint_id}", "EndpointId": endpoint_id},
        f"{stack['StackStatus']}; registered: {_text(left.values())}; Ref ends in {told.get('Ref', '')[-12:]}",
    )
    life.events_since(stack, 0)
    return stack, endpoint_id, [check]


def _update_rolled_back(life: Life, stack: dict[str, Any], endpoint_id: str) -> Iterator[Check]:
    life.tell("Updating it to another token, with a failure after the replacement")
    seen = len(events(life.sandbox.account, stack["StackId"]))
    updated = life.deploy("update", "life", "Phone", "second", breaks=True)
    found = life.events_since(updated, seen)
    left = life.registered()
    yield checked(
        "update-rolled-back",
        "A failed update returns to an endpoint with the earlier token, and nothing else is registered.",
        updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE" and [*left.values()] == ["first"],
        f"{updated['StackStatus']}; registered: {_text(left.values())}",
    )
    of_stack = [each for each in found if each.get("PhysicalResourceId") == stack["StackId"]]
    statuses = [each["ResourceStatus"] for each in of_stack]
    yield checked(
        "events-of-the-stack",
        "The events of the stack itself have the stack's ID, and show where the update and its rollback begin.",
        statuses[:1] == ["UPDATE_IN_PROGRESS"] and "UPDATE_ROLLBACK_IN_PROGRESS" in statuses,
        ", ".join(statuses) or "none",
    )
    of_phone = [each for each in found if each["LogicalResourceId"] == "Phone"]
    first = of_phone[0].get("PhysicalResourceId", "") if of_phone else ""
    yield checked(
        "event-before-replacement",
        "In an update, the first event of a resource has its earlier physical ID.",
        first.endswith(f"/endpoint/{endpoint_id}"),
        " ".join(f"{each['ResourceStatus']} {_short(each, endpoint_id)}," for each in of_phone).rstrip(",") or "none",
    )


def _changed(life: Life, stack: dict[str, Any], endpoint_id: str) -> Iterator[Check]:
    life.tell("Changing the name, then the token")
    before = next(iter(life.registered()), "")
    life.deploy("update", "life", "Phone", "first", name="renamed")
    left = life.registered()
    name = life.sandbox.describe(life.user, before).get("Name") if before in left else None
    yield checked(
        "changed-in-place",
        "A new name is set on the same endpoint.",
        [*left] == [before] and name == "renamed",
        f"{'the same endpoint' if before in left else 'another endpoint'}, named {name}",
    )
    seen = len(events(life.sandbox.account, stack["StackId"]))
    updated = life.deploy("update", "life", "Phone", "third", name="renamed")
    found = life.events_since(updated, seen)
    cleaned = [
        each["ResourceStatus"] for each in found if each.get("PhysicalResourceId", "").endswith(f"/endpoint/{before}")
    ]
    left = life.registered()
    yield checked(
        "replaced",
        "A new token replaces the endpoint, and the earlier one is deregistered at the end of the update.",
        updated["StackStatus"] == "UPDATE_COMPLETE" and [*left.values()] == ["third"] and before not in left,
        f"{updated['StackStatus']}; registered: {_text(left.values())}; events with the earlier ID:"
        f" {', '.join(cleaned) or 'none'}{'' if before == endpoint_id else '; the rollback had registered another'}",
    )


def _deleted(life: Life, stack: dict[str, Any]) -> Check:
    life.tell("Deleting the stack")
    delete_stack(life.sandbox.account, stack["StackId"])
    left = life.registered()
    return checked("deleted", "Deleting the stack deregisters its endpoint.", not left, f"{len(left)} endpoints left")


def _short(event: dict[str, Any], endpoint_id: str) -> str:
    physical_id = event.get("PhysicalResourceId", "")
    if physical_id.endswith(f"/endpoint/{endpoint_id}"):
        return "with the earlier ID"
    return "with a new ID" if "/endpoint/" in physical_id else "without an ID"


def _text(values: Iterable[str]) -> str:
    return ", ".join(values) or "nothing"
