"""The cases: what is declared before and after, what else there is, and how the operation ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lifecycle.enumeration.sources import FIRST, OTHER_TOKEN, SECOND, TOKEN, VOIP_SECRET, Source
from lifecycle.enumeration.stack import Properties, Then
from lifecycle.vault import SECRET
from support.stage import ACCOUNT, APPLICATION, OTHER_APPLICATION, REGION

_INSTANCE = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/6e5b8f10-0000-4000-8000-000000000002"
ALICE, BOB = f"{_INSTANCE}/user/alice", f"{_INSTANCE}/user/bob"
_VOIP = "canary-voip"

Stranger = Literal[
    "", "as declared", "as declared before", "in the way", "another type", "another user's", "a sibling's", "leaves"
]
Former = Literal["", "unanswered", "replaced with RETAIN", "deleted with RETAIN"]


@dataclass(frozen=True)
class Case:
    """One operation of a stack, after which the stack is deleted."""

    name: str
    new: Properties
    old: Properties | None = None
    """What was declared before; None for the creation of the stack."""
    then: Then = "stays"
    source: Source = ""
    """What happens to the secrets right before the operation."""
    stranger: Stranger = ""
    """Someone else's endpoint with a device token that is declared."""
    former: Former = ""
    """What became of an earlier endpoint of the same resource."""
    is_gone: bool = False
    """Whether the endpoint was deregistered outside CloudFormation before the operation."""
    is_added_again: bool = False
    """Whether the operation is to delete the resource and to add it again."""
    code: str = ""
    """The code with which the operation has to fail."""
    switches: Mapping[str, Any] = field(default_factory=dict)
    """The behavior of the service that the case is about."""
    switched: Mapping[str, Any] = field(default_factory=dict)
    """The behavior of the service from the beginning of the operation."""

    def __str__(self) -> str:
        notes = [self.name, self.then, self.stranger and f"stranger {self.stranger}", self.former]
        return ", ".join(str(note) for note in notes if note)


def declared(**changes: Any) -> Properties:
    """Return properties of an endpoint with changes; None omits a property."""
    properties = {
        "AppInstanceUserArn": ALICE,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": TOKEN},
    } | changes
    return {name: value for name, value in properties.items() if value is not None}


def _secret(**version: str) -> Properties:
    return {"EndpointAttributes": {"DeviceTokenSource": {"SecretArn": SECRET, **version}}}


def _voip_secret(**version: str) -> Properties:
    return {
        "EndpointAttributes": {
            "DeviceToken": TOKEN,
            "VoipDeviceTokenSource": {"SecretArn": VOIP_SECRET, **version},
        }
    }


@dataclass(frozen=True)
class _Change:
    new: Mapping[str, Any]
    old: Mapping[str, Any] = field(default_factory=dict)
    source: Source = ""


_Changes = dict[str, Any]
_MUTED: _Changes = {"AllowMessages": "NONE"}
_OTHER: _Changes = {"EndpointAttributes": {"DeviceToken": OTHER_TOKEN}}
_ACTIVE: _Changes = {"RequireActive": "true"}
_ADOPTS: _Changes = {"AdoptExisting": "true"}
_CHANGES: Mapping[str, _Change] = {
    "messages": _Change(_MUTED),
    "token": _Change(_OTHER),
    "type, token kept": _Change({"Type": "APNS_SANDBOX"}),
    "application and messages, token kept": _Change({"ResourceArn": OTHER_APPLICATION} | _MUTED),
    "VoIP added": _Change({"EndpointAttributes": {"DeviceToken": TOKEN, "VoipDeviceToken": _VOIP}}),
    "VoIP source added": _Change(_voip_secret()),
    "moved": _Change({"AppInstanceUserArn": BOB}),
    "moved, other token": _Change({"AppInstanceUserArn": BOB} | _OTHER),
    "rotated": _Change(_MUTED | _secret(), _secret(), "is rotated"),
    "VoIP rotated": _Change(_MUTED | _voip_secret(), _voip_secret(), "is rotated"),
    "pinned version": _Change(_secret(VersionId=SECOND), _secret(VersionId=FIRST)),
    "pinned VoIP version": _Change(_voip_secret(VersionId=SECOND), _voip_secret(VersionId=FIRST)),
    "away from a source that is lost": _Change(_OTHER, _secret(), "is lost"),
    "away from a source that holds no token": _Change(_OTHER, _secret(), "holds no token"),
}
NAMES: Mapping[str, Mapping[str, Any]] = {"named": {"Name": "canary phone"}, "unnamed": {}}
_RENAMED = {"Name": "canary tablet"}
ENDS: tuple[Then, ...] = ("stays", "rolled back by Update", "rolled back by Delete")
_IS_UNIQUE: _Changes = {"device_token_conflict": "user"}
_IS_INACTIVE = {"new_endpoint_state": "invalid_device_token"}


def _creations() -> Iterator[Case]:
    for named, name in NAMES.items():
        for then in ENDS[:2]:
            yield Case(f"Create, {named}", declared(**name), then=then)
            yield Case(f"Create, {named}", declared(**name), then=then, stranger="as declared")
            yield Case(f"Create, {named}, adopts", declared(**name, **_ADOPTS), then=then, stranger="in the way")
        yield Case(f"Create from a secret, {named}", declared(**name, **_secret()))
        yield Case(f"Create from a VoIP secret, {named}", declared(**name, **_voip_secret()))
        yield Case(f"Create after one that was never answered, {named}", declared(**name), former="unanswered")


def _updates() -> Iterator[Case]:
    for named, name in NAMES.items():
        for changed, change in _CHANGES.items():
            for then in ENDS:
                if changed == "messages" and then == "rolled back by Delete":
                    continue  # nothing is replaced
                old, new = declared(**name, **change.old), declared(**name, **change.new)
                yield Case(f"{changed}, {named}", new, old, then, change.source)
        old, new = declared(**name), declared(**name, **_OTHER)
        for then in ENDS:
            yield Case(f"token, {named}", new, old, then, stranger="as declared")
            yield Case(f"token, {named}", new, old, then, stranger="as declared before")
            yield Case(f"token, {named}, adopts", new | _ADOPTS, old, then, stranger="in the way")
            yield Case(f"token, {named}", new, old, then, former="replaced with RETAIN")
        for then in ENDS[:2]:
            yield Case(f"messages of one that is gone, {named}", old | _MUTED, old, then, is_gone=True)
            yield Case(f"token of one that is gone, {named}", new, old, then, is_gone=True)
        yield Case(f"token after a Create that was never answered, {named}", new, old, former="unanswered")
        yield Case(f"AdoptExisting alone, {named}", old | _ADOPTS, old)
    for then in ENDS[:2]:
        yield Case("name", declared(**_RENAMED), declared(**NAMES["named"]), then)
        yield Case("name removed", declared(), declared(**NAMES["named"]), then)
        yield Case("name added", declared(**NAMES["named"]), declared(), then)
        yield Case(
            "name and type, token kept", declared(**_RENAMED, Type="APNS_SANDBOX"), declared(**NAMES["named"]), then
        )


def _added_again() -> Iterator[Case]:
    for named, name in NAMES.items():
        old = declared(**name)
        for then in ENDS[:2]:
            yield Case(f"removed and added again, {named}", old, old, then, is_added_again=True)
        yield Case(f"removed and added again, {named}, other token", old | _OTHER, old, is_added_again=True)
    kept: Mapping[str, Any] = {"former": "deleted with RETAIN", "is_added_again": True}
    yield Case("added again with what was retained, unnamed", declared(), declared(), **kept)
    yield Case("added again beside what was retained, unnamed", declared(**_OTHER), declared(), **kept)
    named_one = declared(**NAMES["named"])
    yield Case("added again beside what was retained, named", named_one | _OTHER, named_one, **kept)
    yield Case(
        "added again with what was retained, named", named_one, named_one, code="CE-411", switches=_IS_UNIQUE, **kept
    )
    yield Case("added again with what was retained, named, adopts", named_one | _ADOPTS, named_one, **kept)


def _refused() -> Iterator[Case]:
    """Yield operations that have to fail."""
    name = NAMES["named"]
    old, new = declared(**name), declared(**name, **_OTHER)
    other_type: _Changes = {"Type": "APNS_SANDBOX"}
    taken: _Changes = {"switches": _IS_UNIQUE, "code": "CE-411", "stranger": "in the way"}
    yield Case("Create, taken", old, **taken)
    yield Case("token, taken", new, old, **taken)
    differs: _Changes = taken | {"stranger": "another type", "code": "CE-413"}
    yield Case("Create, adopts another type", old | _ADOPTS, **differs)
    yield Case("token, adopts another type", new | _ADOPTS, old, **differs)
    siblings: _Changes = taken | {"stranger": "a sibling's"}
    yield Case("Create, adopts a sibling's", old | _ADOPTS, **siblings)
    yield Case("token, adopts a sibling's", new | _ADOPTS, old, **siblings)
    for scope in ("app_instance", "application"):
        elsewhere: _Changes = taken | {
            "stranger": "another user's", "code": "CE-412", "switches": {"device_token_conflict": scope},
        }  # fmt: skip
        yield Case(f"Create, taken elsewhere, {scope}", old, **elsewhere)
        yield Case(f"type and token, taken elsewhere, {scope}", new | other_type, old, **elsewhere)
    inactive: Mapping[str, Any] = {"switched": _IS_INACTIVE, "code": "CE-417"}
    yield Case("Create, inactive", old | _ACTIVE, **inactive)
    yield Case("token, inactive", new | _ACTIVE, old, **inactive)
    yield Case("type, token kept, inactive", old | other_type | _ACTIVE, old, **inactive)
    no_token: Mapping[str, Any] = {"source": "holds no token", "code": "CE-205"}
    yield Case("Create, no token in the source", old | _secret(), **no_token)
    yield Case("to a source that holds no token", old | _secret(), old, **no_token)
    lost: Mapping[str, Any] = {"source": "is lost", "code": "CE-20"}
    yield Case("to a source that is lost", old | _secret(), old, **lost)


def _left() -> Iterator[Case]:
    """Yield operations with a token that someone else has, who leaves before the event is delivered again."""
    for memory in ("remembered", "forgotten"):
        leaves: _Changes = {"switches": _IS_UNIQUE | {"failed_token": memory}, "stranger": "leaves"}
        for named, name in NAMES.items():
            yield Case(f"Create, {named}, taken at first, {memory}", declared(**name), **leaves)
            yield Case(
                f"token, {named}, taken at first, {memory}", declared(**name, **_OTHER), declared(**name), **leaves
            )


def every() -> list[Case]:
    """Return all cases."""
    return [*_creations(), *_updates(), *_added_again(), *_refused(), *_left()]
