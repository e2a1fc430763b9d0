"""What is to be deployed: the template of each stack, in the order of their deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
    has_own_function: bool = True
    """Whether the deployment creates and updates the function of the resources, and its permissions."""
    is_partial: bool = False
    """Whether the template has nothing but the custom resources, without their `ServiceToken`."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything that would be deployed."""

    source: str
    """The file or directory, for messages."""
    stacks: tuple[DeclaredStack, ...]
    is_file: bool
    """Whether it is a declaration file, whose entries have an `id`."""
