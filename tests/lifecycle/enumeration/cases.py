"""The cases: what is declared before and after, who else has registered what, and how the operation ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lifecycle.enumeration.stack import Properties, Then
from lifecycle.vault import SECRET
from support.stage import ACCOUNT, APPLICATION, OTHER_APPLICATION, REGION

_INSTANCE = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/6e5b8f10-0000-4000-8000-000000000002"
ALICE, BOB = f"{_INSTANCE}/user/alice", f"{_INSTANCE}/user/bob"
TOKEN, OTHER_TOKEN, VOIP = "canary-token-a", "canary-token-b", "canary-voip"

Stranger = Literal["", "as declared", "as declared before", "in the way"]


@dataclass(frozen=True)
class Case:
    """One operation of a stack, after which the stack is deleted."""

    name: str
    new: Properties
    old: Properties | None = None
    """What was declared before; None for the creation of the stack."""
    then: Then = "stays"
    rotates: bool = False
    """Whether the secret gets another content right before the operation."""
    stranger: Stranger = ""
    is_retained: bool = False
    """Whether the stack has retained a predecessor."""

    def __str__(self) -> str:
        notes = [self.name, self.then, self.stranger and f"stranger {self.stranger}", self.is_retained and "retained"]
        return ", ".join(str(note) for note in notes if note)


def _declared(**changes: Any) -> Properties:
    properties = {
        "AppInstanceUserArn": ALICE,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": TOKEN},
    } | changes
    return {name: value for name, value in properties.items() if value is not None}


def _secret(**version: str) -> Properties:
    return {"DeviceTokenSource": {"SecretArn": SECRET, **version}}


@dataclass(frozen=True)
class _Change:
    new: Mapping[str, Any]
    old: Mapping[str, Any] = field(default_factory=dict)
    rotates: bool = False


_CHANGES: Mapping[str, _Change] = {
    "messages": _Change({"AllowMessages": "NONE"}),
    "token": _Change({"EndpointAttributes": {"DeviceToken": OTHER_TOKEN}}),
    "type, token kept": _Change({"Type": "APNS_SANDBOX"}),
    "application and messages, token kept": _Change({"ResourceArn": OTHER_APPLICATION, "AllowMessages": "NONE"}),
    "VoIP added": _Change({"EndpointAttributes": {"DeviceToken": TOKEN, "VoipDeviceToken": VOIP}}),
    "moved": _Change({"AppInstanceUserArn": BOB}),
    "moved, other token": _Change({"AppInstanceUserArn": BOB, "EndpointAttributes": {"DeviceToken": OTHER_TOKEN}}),
    "rotated": _Change(
        {"AllowMessages": "NONE", "EndpointAttributes": _secret()}, {"EndpointAttributes": _secret()}, rotates=True
    ),
    "pinned version": _Change(
        {"EndpointAttributes": _secret(VersionId="2")}, {"EndpointAttributes": _secret(VersionId="1")}
    ),
}
_NAMES: Mapping[str, Mapping[str, str]] = {"named": {"Name": "canary phone"}, "unnamed": {}}
_RENAMED = {"Name": "canary tablet"}
_ENDS: tuple[Then, ...] = ("stays", "rolled back by Update", "rolled back by Delete")


def creations() -> Iterator[Case]:
    """Yield the creations of a stack."""
    for named, name in _NAMES.items():
        for then in _ENDS[:2]:
            yield Case(f"Create, {named}", _declared(**name), then=then)
            yield Case(f"Create, {named}", _declared(**name), then=then, stranger="as declared")
            adopting = _declared(**name, AdoptExisting="true")
            yield Case(f"Create, {named}, adopts", adopting, then=then, stranger="in the way")
        yield Case(f"Create from a secret, {named}", _declared(**name, EndpointAttributes=_secret()))


def updates() -> Iterator[Case]:
    """Yield the updates of a stack."""
    for named, name in _NAMES.items():
        for changed, change in _CHANGES.items():
            for then in _ENDS:
                if changed == "messages" and then == "rolled back by Delete":
                    continue  # nothing is replaced
                old, new = _declared(**name, **change.old), _declared(**name, **change.new)
                yield Case(f"{changed}, {named}", new, old, then, change.rotates)
        for then in _ENDS:
            old, new = _declared(**name), _declared(**name, EndpointAttributes={"DeviceToken": OTHER_TOKEN})
            yield Case(f"token, {named}", new, old, then, stranger="as declared")
            yield Case(f"token, {named}", new, old, then, stranger="as declared before")
            yield Case(f"token, {named}, adopts", new | {"AdoptExisting": "true"}, old, then, stranger="in the way")
            yield Case(f"token, {named}", new, old, then, is_retained=True)
    for then in _ENDS[:2]:
        yield Case("name", _declared(**_RENAMED), _declared(**_NAMES["named"]), then)
        yield Case("name removed", _declared(), _declared(**_NAMES["named"]), then)
        yield Case("name added", _declared(**_NAMES["named"]), _declared(), then)
        yield Case(
            "name and type, token kept", _declared(**_RENAMED, Type="APNS_SANDBOX"), _declared(**_NAMES["named"]), then
        )


def every() -> list[Case]:
    """Return all cases."""
    return [*creations(), *updates()]
