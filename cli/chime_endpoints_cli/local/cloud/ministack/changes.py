"""Replacements for functions inside MiniStack, which has no public interface for them.

`install` first checks that MiniStack still has each function with the expected parameters. MiniStack's version is
pinned, so this fails only after an update.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Change:
    """A function of MiniStack, and its replacement, whose first parameter is the original function."""

    function: str
    """The module and name, such as `ministack.app.pin_request_origin`."""
    parameters: tuple[str, ...]
    """The names of the original's parameters, which the replacement relies on."""
    replacement: Callable[..., Any]

    @property
    def problem(self) -> str | None:
        """How MiniStack differs from what the replacement expects, or None."""
        original = self._original
        if not callable(original):
            return f"{self.function} does not exist"
        found = tuple(inspect.signature(original).parameters)
        if found[: len(self.parameters)] != self.parameters:
            return f"{self.function} has the parameters {', '.join(found)} instead of {', '.join(self.parameters)}"
        return None

    def install(self) -> None:
        """Put the replacement in the place of the original."""
        setattr(self._module, self._name, functools.partial(self.replacement, self._original))

    @property
    def _module(self) -> Any:
        return importlib.import_module(self.function.rpartition(".")[0])

    @property
    def _name(self) -> str:
        return self.function.rpartition(".")[2]

    @property
    def _original(self) -> Any:
        return getattr(self._module, self._name, None)


class UnexpectedMiniStackError(Exception):
    """The installed MiniStack is not the one that the changes are made for."""


def install(changes: Iterable[Change]) -> None:
    """Install all changes, or none.

    Raises:
        UnexpectedMiniStackError: MiniStack does not have a function, or the function has other parameters.
    """
    changes = [*changes]
    if problems := [problem for change in changes if (problem := change.problem)]:
        raise UnexpectedMiniStackError(f"MiniStack {version('ministack')} has changed: {'; '.join(problems)}")
    for change in changes:
        change.install()
