"""The error that reports every problem of a construct's declaration together."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidDeclarationError(ValueError):
    """A construct's declaration cannot be deployed.

    The message begins with the construct's path and lists every problem with its parameter. It never contains a
    value, because the value might be a device token.

    Attributes:
        path: the construct's path.
        problems: one sentence for each problem.
    """

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        listed = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{self.path}: {listed}" if len(problems) > 1 else f"{self.path}: {self.problems[0]}")
