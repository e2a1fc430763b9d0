"""A service that always says the same."""

from __future__ import annotations

from typing import Any


class Answering:
    """A client of any service, for any region, that always gives the same answer, and notes what it was asked."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.region: str | None = None

    def chime(self, region: str | None) -> Answering:
        """Itself, as the client of a region."""
        self.region = region
        return self

    secrets = parameters = chime

    def stacks(self) -> Answering:
        """Itself."""
        return self

    def __getattr__(self, operation: str) -> Any:
        def answer(**parameters: Any) -> dict[str, Any]:
            self.asked.append((operation, parameters))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return answer
