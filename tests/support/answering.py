"""A service with a constant answer."""

from __future__ import annotations

from typing import Any


class Answering:
    """A client of any service and region that always returns the same answer, and records its calls."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.region: str | None = None

    def chime(self, region: str | None) -> Answering:
        """The client itself, for every region."""
        self.region = region
        return self

    secrets = parameters = chime

    def stacks(self) -> Answering:
        """The client itself."""
        return self

    def __getattr__(self, operation: str) -> Any:
        def answer(**parameters: Any) -> dict[str, Any]:
            self.asked.append((operation, parameters))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return answer
