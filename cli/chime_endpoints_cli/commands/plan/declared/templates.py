"""What is to be deployed: the template of each stack, in the order of their deployment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

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


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything that would be deployed."""

    source: str
    """The file or directory, for messages."""
    stacks: tuple[DeclaredStack, ...]
    left_out: tuple[str, ...] = ()
    """What of it could not be read, as sentences."""
    is_file: bool
    """Whether it is a declaration file, whose entries have an `id`."""

    def only(self, names: Collection[str]) -> Declared:
        """Return what would be deployed of these stacks; of all of them if there are no names.

        Raises:
            CommandError: a name is not that of a stack with resources of this project.
        """
        known = {each.name for each in self.stacks}
        for name in names:
            if name not in known:
                raise CommandError(
                    f"{self.source} has no stack {name} with endpoints or tags",
                    remedy=f"Its stacks are: {', '.join(sorted(known)) or 'none'}.",
                )
        return replace(self, stacks=tuple(each for each in self.stacks if not names or each.name in names))
