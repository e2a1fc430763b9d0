"""Many concurrent Creates against the account's rate limit of 50 requests a second, in simulated time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

from botocore.exceptions import ClientError
from botocore.session import Session
from moto import mock_aws

from chime_endpoints_emulator import Fault
from lifecycle.crowd import Crowd
from support.sink import open_sink
from support.stage import Stage, stage_for

from .figures import Line, Plot, Result, Table

RATE = 50
CALL_SECONDS = 0.03
SIZES = (100, 400, 1000)
AT_ONCE = (1, 10, 50, 200)


def measure() -> Result:
    """Measure every size at every concurrency, with our retries and with botocore's default retries."""
    rows, lines = [], []
    for at_once in AT_ONCE:
        points = []
        for size in SIZES:
            ours, theirs = _burst(_ours, size, at_once), _burst(_default_retries, size, at_once)
            limit = max(size / RATE, size * CALL_SECONDS / at_once)
            rows.append([str(size), str(at_once), f"{limit:.1f}", *_row(ours, limit), *_row(theirs, limit)])
            points.append((float(size), ours.seconds))
        lines.append(Line(label=f"{at_once} at once", points=points))
    lines.append(Line(label="the rate alone", points=[(float(size), size / RATE) for size in SIZES]))
    return Result(
        title="Under the account's rate limit",
        tables=[
            Table(
                title=f"Creates against {RATE} requests a second, each call takes {CALL_SECONDS * 1000:.0f} ms",
                columns=[
                    *("endpoints", "at once", "limit s", "ours s", "x limit", "failed", "429s"),
                    *("default retries s", "x limit", "failed", "429s"),
                ],
                rows=rows,
                note="In simulated time, so other load on the machine has no effect. The limit results from the rate,"
                " or from the number of calls at once. A burst of one second's requests is allowed at first, so a run"
                " can be faster than the limit. The default retries are those of a botocore client without settings.",
            )
        ],
        plots=[
            Plot(name="rate", title="Time to register", x="endpoints", y="seconds", lines=lines),
        ],
    )


class _Outcome:
    def __init__(self, *, seconds: float, failed: int, wasted: int) -> None:
        self.seconds, self.failed, self.wasted = seconds, failed, wasted


def _row(outcome: _Outcome, limit: float) -> Sequence[str]:
    return [
        f"{outcome.seconds:.1f}",
        f"{outcome.seconds / limit:.2f}",
        str(outcome.failed),
        str(outcome.wasted),
    ]


def _burst(jobs: Callable[[Stage, int], list[Callable[[], None]]], size: int, at_once: int) -> _Outcome:
    crowd = Crowd()
    # botocore waits between attempts in real time; use the simulated clock instead.
    waits = patch("botocore.endpoint.time", SimpleNamespace(sleep=crowd.sleep))
    with mock_aws(), waits, open_sink() as sink:
        stage = stage_for(sink, crowd)
        stage.backend.switches.requests_per_second = RATE
        stage.backend.switches.endpoints_per_user = size
        stage.backend.sleep = crowd.sleep
        stage.backend.faults.append(Fault(delay=CALL_SECONDS, times=None))
        stage.jitter = random.Random(size).uniform  # noqa: S311 - jitter, no secret
        began = crowd.now()
        crowd.run(jobs(stage, size), at_once=at_once)
        return _Outcome(
            seconds=crowd.now() - began,
            failed=size - len(stage.registered),
            wasted=len(stage.operations) - len(stage.registered),
        )


def _ours(stage: Stage, size: int) -> list[Callable[[], None]]:
    return [
        partial(
            stage.run,
            stage.event(
                "Create",
                stage.properties(EndpointAttributes={"DeviceToken": f"token-{number}"}),
                LogicalResourceId=f"Phone{number}",
            ),
        )
        for number in range(size)
    ]


def _default_retries(stage: Stage, size: int) -> list[Callable[[], None]]:
    client = Session().create_client("chime-sdk-identity", region_name="us-east-1")

    def register(number: int) -> None:
        properties = stage.properties(EndpointAttributes={"DeviceToken": f"token-{number}"})
        del properties["ServiceToken"]
        try:
            client.register_app_instance_user_endpoint(**properties, ClientRequestToken=f"request-{number}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottledClientException":
                raise

    return [partial(register, number) for number in range(size)]
