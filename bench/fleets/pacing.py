"""How much of the asked rate a run uses, alone and beside other traffic of the account, in real time."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Thread

from moto import mock_aws

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.runs.settings import Sizes
from support.fleet import FleetStage, fleet_stage
from support.stage import Clock

ACCOUNT = 50.0
ASKED = 40.0
_CALL = (0.05, 0.15)
_SIZE = 2_400


class _RealClock(Clock):
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))


@dataclass(frozen=True, kw_only=True)
class Paced:
    """One run at a rate."""

    at_once: int
    others: float
    """Calls a second of others."""
    share: float
    """Of the asked rate."""
    refused: float
    """The share of the run's calls that the service throttled."""
    others_refused: float


def measure() -> list[Paced]:
    """Measure runs with one and four children, and beside others."""
    return [_run(at_once=1, others=0.0), _run(at_once=4, others=0.0), _run(at_once=4, others=15.0)]


def _run(*, at_once: int, others: float) -> Paced:
    with mock_aws():
        stage = fleet_stage(users=_SIZE, sizes=Sizes(), batching=Batching())
        stage.clock = _RealClock()
        stage.backend.now = time.time
        stage.backend.switches.requests_per_second = ACCOUNT
        chance = random.Random(at_once)  # noqa: S311 - it must repeat
        stage.backend.faults.append(Fault(call=lambda: time.sleep(chance.uniform(*_CALL)), times=None))
        size = _SIZE if at_once > 1 else _SIZE // 4
        lines = [stage.line(f"k{number}", user=f"u{number}") for number in range(size)]
        stage.begin("r1", stage.upload(lines), rate=ASKED, at_once=at_once)
        decided = stage.plan("r1")
        traffic = _Others(stage, others)
        began = time.monotonic()
        with traffic, ThreadPoolExecutor(at_once) as children:
            list(
                children.map(
                    lambda shard: stage.work("r1", decided["level"], shard, 1, decided["rate"]), decided["shards"]
                )
            )
        seconds = time.monotonic() - began
        headers = [stage.header(decided["level"], shard) for shard in decided["shards"]]
        calls, throttled = sum(each.calls for each in headers), sum(each.throttled for each in headers)
        return Paced(
            at_once=at_once,
            others=others,
            share=size / seconds / ASKED,
            refused=throttled / calls,
            others_refused=traffic.refused,
        )


class _Others:
    """Another program of the account that calls the service at a steady rate."""

    def __init__(self, stage: FleetStage, rate: float) -> None:
        self._stage, self._rate = stage, rate
        self._over = Event()
        self._calls = self._refused = 0
        self._thread = Thread(target=self._run)

    @property
    def refused(self) -> float:
        """The share of its calls that the service throttled."""
        return self._refused / max(1, self._calls)

    def __enter__(self) -> None:
        if self._rate:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._rate:
            self._thread.join()

    def _run(self) -> None:
        following = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            while not self._over.wait(max(0.0, following - time.monotonic())):
                following += 1 / self._rate
                self._calls += 1
                pool.submit(self._call)

    def _call(self) -> None:
        try:
            self._stage.clients.chime("us-east-1").list_app_instance_user_endpoints(
                AppInstanceUserArn=self._stage.users[0]
            )
        except Exception:  # noqa: BLE001 - it is throttled
            self._refused += 1
