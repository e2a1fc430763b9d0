"""The kinds of service: every two values of two switches meet in one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

Switches = Mapping[str, Any]
VALUES: Mapping[str, tuple[Any, ...]] = {
    "device_token_conflict": ("user", "none", "application", "app_instance"),
    "token_memory": ("for_ever", "while_alive", "none"),
    "missing_endpoint": ("forbidden", "not_found", "bad_request", "success"),
    "new_endpoint_in_first_list": (True, False),
    "timestamps": ("seconds", "milliseconds"),
    "deregistered_listed_seconds": (0, 1, 5),
}


def _pairwise(draw: random.Random) -> Iterator[Switches]:
    names = list(VALUES)
    left = {(a, x, b, y) for a in names for b in names if a < b for x in VALUES[a] for y in VALUES[b]}
    likely = {name: values[0] for name, values in VALUES.items()}
    chosen = likely
    while left:
        left -= _pairs_of(chosen)
        yield chosen
        drawn = [{name: draw.choice(values) for name, values in VALUES.items()} for _ in range(200)]
        chosen = max(filter(_is_possible, drawn), key=lambda each: len(left & _pairs_of(each)))
        left -= {pair for pair in left if not _can_be_met(pair)}


def _pairs_of(switches: Switches) -> set[tuple[str, Any, str, Any]]:
    return {(a, x, b, y) for a, x in switches.items() for b, y in switches.items() if a < b}


def _is_possible(switches: Switches) -> bool:
    """Whether the service keeps its API's promise of idempotency at least by a conflict."""
    return (switches["token_memory"], switches["device_token_conflict"]) != ("none", "none")


def _can_be_met(pair: tuple[str, Any, str, Any]) -> bool:
    return pair != ("device_token_conflict", "none", "token_memory", "none")


SERVICES = tuple(_pairwise(random.Random(1)))  # noqa: S311 - no secret
"""The likely one comes first."""
