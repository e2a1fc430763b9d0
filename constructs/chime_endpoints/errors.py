"""The error for a declaration that cannot be deployed: every problem at once, under the construct's path."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidDeclarationError(ValueError):
    """A construct was declared in a way that cannot be deployed.

    Its text begins with the construct's path and names every problem, each with the parameter it is about.
    A value never stands in it: it may be a device token.

    Attributes:
        path: the construct's path.
        problems: a sentence each.
    """

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        listed = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{self.path}: {listed}" if len(problems) > 1 else f"{self.path}: {self.problems[0]}")
