"""Resource types for MiniStack's CloudFormation, which keeps its own in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import provisioners

from .changes import UnexpectedMiniStackError

Properties = Mapping[str, Any]
Attributes = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """How CloudFormation creates, updates and deletes a resource.

    Creation and update return the physical id, which is the `Ref`, and the attributes for `Fn::GetAtt`. If an update
    returns another id, the resource has been replaced, and MiniStack deletes the earlier one after the update.
    """

    create: Callable[[str, Properties, str], tuple[str, Attributes]]
    """The parameters are the logical id, the properties and the stack's name."""
    update: Callable[[str, Properties, Properties, str, str], tuple[str, Attributes]]
    """The parameters are the physical id, the old and new properties, the stack's name and the logical id."""
    delete: Callable[[str, Properties], None]
    """The parameters are the physical id and the properties."""


def register(types: Mapping[str, ResourceType]) -> None:
    """Add the types to MiniStack's, or replace the ones of these names."""
    _table().update(
        {
            name: {
                "create": each.create,
                "update": each.update,
                "update_with_logical_id": True,
                "delete": each.delete,
            }
            for name, each in types.items()
        }
    )


def registered(name: str) -> Mapping[str, Any]:
    """Return MiniStack's own handlers of a type.

    Raises:
        UnexpectedMiniStackError: MiniStack has no such type, or its handlers have another form.
    """
    handlers = _table().get(name)
    if not isinstance(handlers, dict) or not {"create", "update", "delete", "update_with_logical_id"} <= set(handlers):
        raise UnexpectedMiniStackError(f"MiniStack has changed: its type {name} has other handlers")
    return handlers


def _table() -> dict[str, Any]:
    table = getattr(provisioners, "_RESOURCE_HANDLERS", None)
    if not isinstance(table, dict):
        raise UnexpectedMiniStackError("MiniStack has changed: it has no table of resource types")
    return table
