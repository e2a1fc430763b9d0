"""What the role of a stack's function is allowed to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Role:
    """The role of a function."""

    may_call: Callable[[str, str], bool] = lambda _action, _resource: True
    """Whether the role allows an action on a resource; the default is a role that the deployment itself extends."""
