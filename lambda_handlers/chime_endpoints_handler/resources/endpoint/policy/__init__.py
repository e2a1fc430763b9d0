"""The policy: what to do next, decided by facts alone. In each section, the first row that applies decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from ..facts import Facts, UnseenError
from ..steps import Step
from . import delete, failing, present, registering

Row: TypeAlias = Callable[[Facts], Step | None]


def section(facts: Facts) -> Sequence[Row]:
    """Return the rows that are about the facts, in order."""
    if facts.is_delete:
        return delete.ROWS
    if facts.failure is not None:
        return failing.ROWS
    if facts.chosen is not None:
        return present.CHOSEN_ROWS
    if facts.refusal is None and not facts.is_create:
        return (*present.EARLY_ROWS, *failing.OVERTAKEN_ROWS, *present.ROWS, *registering.ROWS)
    return (*failing.OVERTAKEN_ROWS, *(registering.ROWS if facts.refusal is None else registering.TAKEN_ROWS))


def decide(facts: Facts) -> Step:
    """Return the next step: the look that a row needs, or what the first row that applies says."""
    try:
        return next(step for row in section(facts) if (step := row(facts)) is not None)
    except UnseenError as unseen:
        return unseen.look
