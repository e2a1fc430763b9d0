"""Runs of 2,000 to 100,000 endpoints without a rate: what the functions themselves take, and what they ask of S3."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moto import mock_aws

from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.runs.settings import Sizes
from support.bucket import MemoryS3
from support.fleet import FLEET, STATE, FleetStage, fleet_stage

SIZES = (2_000, 10_000, 100_000)
_PER_USER = 4
_TOKEN = "t" * 160  # the length of a token of Firebase Cloud Messaging


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run has taken."""

    name: str
    seconds: float
    """Of the processor, in all functions together."""
    calls: int
    puts: int
    gets: int


@dataclass(frozen=True, kw_only=True)
class Life:
    """The runs of one fleet, and the sizes of its objects."""

    size: int
    manifest: int
    """Bytes."""
    shards: int
    ledger: int
    """Bytes of the largest ledger."""
    answer: int
    """Bytes of the longest answer of a function."""
    runs: Sequence[Run]


def lives() -> list[Life]:
    """Let fleets of every size live."""
    logging.disable(logging.ERROR)
    try:
        return [_life(size) for size in SIZES]
    finally:
        logging.disable(logging.NOTSET)


def lines_of(size: int) -> list[dict[str, Any]]:
    """Lines as they are in a fleet of phones."""
    return [
        {
            "key": f"phone-{number:07}",
            "user": f"u{number // _PER_USER}",
            "device_token": f"{number:07}{_TOKEN}",
            "name": f"Phone {number}",
        }
        for number in range(size)
    ]


def _life(size: int) -> Life:
    with mock_aws():
        stage = fleet_stage(users=size // _PER_USER, sizes=Sizes(), batching=Batching(threads=1))
        stage.clock.sleep = lambda *_, **__: None  # type: ignore[method-assign] # nobody waits
        lines = lines_of(size)
        measured = _Measured(stage)
        runs = [
            measured.run("create", lambda: stage.run("r1", lines, rate=1e6)),
            measured.run("unchanged", lambda: stage.run("r2", lines, rate=1e6)),
        ]
        ledger = max(len(each) for name, each in measured.objects.items() if "/ledger/" in name)
        shards = sum("/ledger/" in name for name in measured.objects)
        changed = [line | ({"name": "another"} if number % 20 == 0 else {}) for number, line in enumerate(lines)]
        runs.append(measured.run("5 % renamed", lambda: stage.run("r3", changed, rate=1e6)))
        runs.append(measured.run("delete", lambda: stage.remove("r4")))
        answers = [len(repr(answer)) for _, answer in stage.answers]
        return Life(
            size=size,
            manifest=sum(len(str(line)) for line in lines),
            shards=shards,
            ledger=ledger,
            answer=max(answers),
            runs=runs,
        )


class _Measured:
    """Measures the runs of a stage."""

    def __init__(self, stage: FleetStage) -> None:
        self._stage = stage
        self._s3: MemoryS3 = stage.s3

    @property
    def objects(self) -> dict[str, bytes]:
        """The objects of the fleet."""
        stored = self._s3.buckets[STATE].objects
        return {name: each.body for name, each in stored.items() if name.startswith(FLEET)}

    def run(self, name: str, run: Callable[[], bool]) -> Run:
        """Measure one run."""
        calls, puts, gets = len(self._stage.backend.calls), self._s3.writes, self._s3.reads
        began = time.process_time()
        if not run():
            raise RuntimeError(f"the run {name} failed: {self._stage.failures}")
        return Run(
            name=name,
            seconds=time.process_time() - began,
            calls=len(self._stage.backend.calls) - calls,
            puts=self._s3.writes - puts,
            gets=self._s3.reads - gets,
        )
