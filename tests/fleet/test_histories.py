"""Random histories: whatever dies, what is registered becomes what the newest manifest says; no stranger changes."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_fleet.applying.batches import Worker
from chime_endpoints_fleet.applying.operations import Operations
from chime_endpoints_fleet.ledger import progress
from chime_endpoints_fleet.ledger.entry import Entry, Intent
from chime_endpoints_fleet.ledger.header import Header
from chime_endpoints_fleet.ledger.shard_ledger import Ledger
from support.fleet_world import Statistics, history

pytestmark = pytest.mark.slow

_HISTORIES = 60
_EACH = 6
"""Histories of one test, so that several processes share them."""


@pytest.mark.parametrize("first", range(0, _HISTORIES, _EACH))
def test_every_history_ends_as_declared(first: int) -> None:
    """Manifests change, workers die at any call and write, executions are resumed or given up, the fleet grows."""
    for seed in range(first, first + _EACH):
        problems, _ = history(seed)
        assert problems == [], seed


def test_the_histories_contain_what_they_are_about() -> None:
    """Otherwise, they would show nothing."""
    every = [history(seed)[1] for seed in range(_HISTORIES // 3)]
    total = Statistics(*(sum(getattr(each, name) for each in every) for name in Statistics.__dataclass_fields__))
    assert total.kills > 40
    assert total.resumed > 5
    assert total.given_up > 5
    assert max(each.highest_level for each in every) >= 3


@pytest.mark.skipif("MODEL_MINUTES" not in os.environ, reason="make model runs it, for as long as one likes")
def test_it_is_so_in_histories_that_nobody_has_seen() -> None:
    """New ones each time."""
    seed = int(os.environ.get("MODEL_SEED") or random.SystemRandom().randrange(10**9))
    end = time.monotonic() + 60 * float(os.environ["MODEL_MINUTES"])
    count = 0
    while time.monotonic() < end:
        problems, _ = history(seed + count)
        assert problems == [], f"MODEL_SEED={seed + count}"
        count += 1
    print(f"{count} histories of a fleet from seed {seed}")  # noqa: T201 - for the person who runs it


def _forget_intents(patch: pytest.MonkeyPatch) -> None:
    """Intents are not written."""
    to_json = Header.to_json
    patch.setattr(Header, "to_json", lambda self: {**to_json(self), "intents": []})


def _leave_interrupted_changes(patch: pytest.MonkeyPatch) -> None:
    """What another worker has begun is not finished."""

    def leave(_: Worker, ledger: Ledger, __: object) -> Ledger:
        return replace(ledger, header=replace(ledger.header, intents=()))

    patch.setattr(Worker, "_finish_interrupted", leave)


def _forget_request_ids(patch: pytest.MonkeyPatch) -> None:
    """Each attempt has a request id of its own."""
    carry_out, numbers = Operations.carry_out, iter(range(10**9))

    def with_another_id(self: Operations, intent: Intent, *rest: Any, **named: Any) -> Any:
        outcome = carry_out(self, replace(intent, request_id=f"another-{next(numbers)}"), *rest, **named)
        return replace(outcome, intent=intent)

    patch.setattr(Operations, "carry_out", with_another_id)


def _forget_predecessors(patch: pytest.MonkeyPatch) -> None:
    """What a replacement leaves is not written down."""
    to_json = Entry.to_json
    patch.setattr(Entry, "to_json", lambda self: to_json(self)[:5])


def _forget_repeats(patch: pytest.MonkeyPatch) -> None:
    """An interrupted change is carried out as if it were new."""
    carry_out = Operations.carry_out

    def as_new(self: Operations, intent: Intent, *rest: Any, is_repeated: bool) -> Any:
        assert is_repeated in (True, False)
        return carry_out(self, intent, *rest, is_repeated=False)

    patch.setattr(Operations, "carry_out", as_new)


def _grow_over_intents(patch: pytest.MonkeyPatch) -> None:
    """Shards split although changes of theirs may be half done."""
    patch.setattr(progress, "headers", lambda *_: {})


@pytest.mark.parametrize(
    ("weakening", "seeds"),
    [
        (_forget_intents, [2]),
        (_leave_interrupted_changes, [2]),
        (_forget_request_ids, [16, 17]),
        (_forget_predecessors, [1, 2]),
        (_forget_repeats, [6, 20]),
        (_grow_over_intents, [12, 129]),
    ],
)
def test_a_history_notices_what_is_left_out(
    weakening: Callable[[pytest.MonkeyPatch], None], seeds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part of the ledger is needed."""
    assert all(history(seed)[0] == [] for seed in seeds)
    weakening(monkeypatch)
    assert any(history(seed)[0] for seed in seeds)
