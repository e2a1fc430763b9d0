"""What is to be deployed: the template of each stack, in the order of their deployment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_cli.account.stacks.stacks import NESTED, OUR_TYPES
from chime_endpoints_cli.output.errors import CommandError


@dataclass(frozen=True, kw_only=True)
class DeclaredStack:
    """A stack that would be deployed."""

    name: str
    template: Mapping[str, Any] = field(repr=False)
    region: str | None = None
    """The region; None for that of the settings."""
    account: str | None = None
    """The account; None for that of the settings."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The entries' keys or the constructs' paths, by logical id."""
    nested: Mapping[str, DeclaredStack] = field(default_factory=dict)
    """Its nested stacks, by logical id."""
    is_partial: bool = False
    """Whether the template has nothing but the custom resources, without their `ServiceToken`."""

    @property
    def has_ours(self) -> bool:
        """Whether it, or a stack nested in it, declares resources of this project."""
        resources = (self.template.get("Resources") or {}).values()
        return any(each.get("Type") in OUR_TYPES for each in resources) or any(
            each.has_ours for each in self.nested.values()
        )

    def unread(self) -> Iterator[str]:
        """Yield which nested stacks could not be read, as sentences."""
        for logical_id, _ in nested_in(self.template):
            if logical_id not in self.nested:
                yield f"The template of the nested stack {logical_id} of {self.name} is not in the app's directory."
        for nested in self.nested.values():
            yield from nested.unread()


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything that would be deployed."""

    source: str
    """The file or directory, for messages."""
    stacks: tuple[DeclaredStack, ...]
    is_file: bool
    """Whether it is a declaration file, whose entries have an `id`."""

    def only(self, names: Collection[str]) -> Declared:
        """Return what would be deployed of these stacks; of all of them if there are no names.

        Raises:
            CommandError: there is no stack with a name.
        """
        known = {each.name for each in self.stacks}
        for name in names:
            if name not in known:
                raise CommandError(
                    f"{self.source} has no stack {name}",
                    remedy=f"Its stacks are: {', '.join(sorted(known)) or 'none'}.",
                )
        return replace(self, stacks=tuple(each for each in self.stacks if not names or each.name in names))


def nested_in(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the nested stacks of a template by logical id."""
    for logical_id, resource in (template.get("Resources") or {}).items():
        if resource.get("Type") == NESTED:
            yield logical_id, resource
