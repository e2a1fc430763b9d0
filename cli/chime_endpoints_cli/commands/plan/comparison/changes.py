"""The event that CloudFormation would send for each resource, if it would send one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.stacks.stacks import OUR_TYPES, Stack
from chime_endpoints_cli.account.stacks.templates.constructs import construct_path
from chime_endpoints_cli.account.stacks.templates.intrinsic_functions import (
    TemplateContext,
    is_known,
    value_of,
)
from chime_endpoints_cli.account.stacks.templates.template_text import is_same
from chime_endpoints_cli.commands.plan.declared.templates import DeclaredStack

from .deployed import DeployedStack
from .reading import StackReading

_OF_THE_FILE = "Endpoints/"
_RETAINED = ("Retain", "RetainExceptOnCreate")


class Event(StrEnum):
    """What CloudFormation would do with a resource."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    NONE = "none"
    RETAIN = "retain"
    """Remove it from the stack without a Delete."""


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """A resource of a stack before and after the deployment."""

    stack: Stack
    logical_id: str
    type: str
    key: str
    event: Event
    physical_id: str = ""
    new: Mapping[str, Any] | None = field(default=None, repr=False)
    """The properties that are declared."""
    old: Mapping[str, Any] | None = field(default=None, repr=False)
    """The properties that are deployed."""
    sent: tuple[str, ...] = ()
    """The properties whose change makes CloudFormation send an Update."""
    hidden: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Deployed properties that seem unchanged, but have characters that CloudFormation does not show."""
    retains_replaced: bool = False
    """Whether an endpoint that is replaced stays registered."""
    is_undecided: bool = False
    """Whether it is not known if CloudFormation sends an Update."""
    unknown: tuple[str, ...] = ()
    """The properties whose values only CloudFormation knows."""

    @property
    def place(self) -> tuple[str, str]:
        """What identifies the resource: its stack and its logical id."""
        return self.stack.id, self.logical_id


def changes_of(reading: StackReading) -> Iterator[ResourceChange]:
    """Yield what CloudFormation would do with each resource of this project's types."""
    declared, deployed, old, new = reading.declared, reading.deployed, reading.old, reading.new
    written = declared.template.get("Resources") or {}
    ours = {name: each for name, each in written.items() if each.get("Type") in OUR_TYPES and _is_made(each, new)}
    for logical_id, resource in ours.items():
        yield _declared(logical_id, resource, reading)
    for logical_id, held in deployed.held.items():
        if logical_id not in ours:
            before = _written(logical_id, deployed)
            is_kept = before.get("DeletionPolicy") in _RETAINED
            yield ResourceChange(
                stack=deployed.stack,
                logical_id=logical_id,
                type=held.type,
                key=key_of(logical_id, before, declared),
                event=Event.RETAIN if is_kept else Event.DELETE,
                physical_id=held.physical_id,
                old=value_of(before.get("Properties", {}), old),
            )


def _declared(logical_id: str, resource: Mapping[str, Any], reading: StackReading) -> ResourceChange:
    declared, deployed, old, new = reading.declared, reading.deployed, reading.old, reading.new
    held = deployed.held.get(logical_id)
    properties = value_of(resource.get("Properties", {}), new)
    before = _written(logical_id, deployed)
    old_properties = value_of(before.get("Properties", {}), old)
    written, written_before = resource.get("Properties", {}), before.get("Properties", {})
    same = {
        name
        for name in {*properties, *old_properties}
        if (declared.is_partial and name == "ServiceToken")
        or _is_unchanged(properties.get(name), old_properties.get(name), written.get(name), written_before.get(name))
    }
    sent = tuple(name for name in {**old_properties, **properties} if name not in same)
    event = Event.CREATE if held is None else Event.UPDATE if sent else Event.NONE
    return ResourceChange(
        stack=deployed.stack,
        logical_id=logical_id,
        type=str(resource["Type"]),
        key=key_of(logical_id, resource, declared),
        event=event,
        physical_id="" if held is None else held.physical_id,
        new=properties,
        old=None if held is None else old_properties | {name: properties[name] for name in same if name in properties},
        sent=sent if held is not None else (),
        hidden={
            name: old_properties[name] for name in same if _is_hidden(old_properties.get(name), properties.get(name))
        },
        retains_replaced=resource.get("UpdateReplacePolicy") in _RETAINED,
        unknown=tuple(name for name, value in properties.items() if name != "ServiceToken" and not is_known(value)),
    )


def key_of(logical_id: str, resource: Mapping[str, Any], declared: DeclaredStack) -> str:
    """Return the entry's key, the construct's path, or without either the logical id."""
    if found := declared.keys.get(logical_id):
        return found
    return construct_path(resource).removeprefix(_OF_THE_FILE) or logical_id


def _written(logical_id: str, deployed: DeployedStack) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (deployed.template.get("Resources") or {}).get(logical_id) or {}
    return found


def _is_made(resource: Mapping[str, Any], around: TemplateContext) -> bool:
    """Whether the resource's condition is not known to be false."""
    condition = resource.get("Condition")
    return condition is None or value_of({"Fn::If": [condition, "yes", "no"]}, around) != "no"


def _is_unchanged(new: Any, old: Any, written: Any, written_before: Any) -> bool:
    if is_known(new) and is_known(old):
        return _equal(old, new)
    return bool(written == written_before)


def _equal(old: Any, new: Any) -> bool:
    """Whether values are equal, as far as the deployed template reveals the old one."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_equal(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    return is_same(old, new) if isinstance(old, str) and isinstance(new, str) else bool(old == new)


def _is_hidden(old: Any, new: Any) -> bool:
    """Whether values that count as equal may differ in characters that are not ASCII, which GetTemplate hides."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return any(_is_hidden(old[name], new.get(name)) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return any(map(_is_hidden, old, new))
    return isinstance(old, str) and isinstance(new, str) and "?" in old and old != new
