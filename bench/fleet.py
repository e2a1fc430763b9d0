"""A fleet: growth to 100,000 endpoints, the share of the rate that it uses, memory, and prices up to a million."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO

from .figures import Line, Plot, Result, Table
from .fleets import growth, memory, pacing, prices
from .fleets.growth import Life
from .fleets.pacing import Paced
from .fleets.prices import Measured

RATE = 40.0
_LINE = {"user": "u1234567", "device_token": "t" * 160, "name": "Phone 1234567"}
_DEFAULTS = {
    "AppInstance": "arn:aws:chime:us-east-1:123456789012:app-instance/01234567-89ab-cdef-0123-456789abcdef",
    "Application": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef",
    "Type": "GCM",
}


def measure() -> Result:
    """Measure everything."""
    functions = memory.measure(_LINE, _DEFAULTS)
    with redirect_stdout(StringIO()):  # the functions publish their metrics there
        paced = pacing.measure()
        lives = growth.lives()
    lines = functions["split"]["lines"]
    measured = Measured(
        split=functions["split"]["seconds"] / lines,
        plan=functions["plan"]["seconds"] / functions["plan"]["lines"],
        line_bytes=memory.RANGE / lines,
    )
    return Result(
        title="Fleets",
        tables=[_growth(lives), _requests(lives), _paced(paced), _functions(functions), _prices(measured)],
        plots=[_plot(lives)],
    )


def _growth(lives: Sequence[Life]) -> Table:
    rows = []
    for life in lives:
        for run in life.runs:
            each = run.seconds / life.size * 1000
            rows.append([f"{life.size:,}", run.name, f"{run.seconds:.1f}", f"{each:.2f}", f"{run.calls:,}"])
    return Table(
        title="Runs without a rate, in one process",
        columns=["endpoints", "run", "processor s", "ms an endpoint", "calls of the service"],
        rows=rows,
        note="All actions of the worker function one after the other, with S3 in memory and the emulated service in the"
        " same process, whose time is included.",
    )


def _requests(lives: Sequence[Life]) -> Table:
    rows = [
        [
            f"{life.size:,}",
            str(life.shards),
            f"{life.runs[0].puts:,}",
            f"{life.runs[0].gets:,}",
            f"{life.runs[1].puts:,}",
            f"{life.ledger / 1000:.0f}",
            f"{life.answer:,}",
        ]
        for life in lives
    ]
    return Table(
        title="Requests of S3, and sizes",
        columns=[
            *("endpoints", "shards", "PUTs to create", "GETs", "PUTs unchanged"),
            *("largest ledger KB", "longest answer bytes"),
        ],
        rows=rows,
        note="An answer is the output of a state: executions keep it for 90 days.",
    )


def _paced(paced: Sequence[Paced]) -> Table:
    rows = [
        [
            str(each.at_once),
            f"{each.others:.0f}",
            f"{each.share:.2f}",
            f"{100 * each.refused:.1f}",
            f"{100 * each.others_refused:.1f}",
        ]
        for each in paced
    ]
    return Table(
        title=f"Creates at {pacing.ASKED:.0f} of the account's {pacing.ACCOUNT:.0f} requests a second",
        columns=["children", "requests/s of others", "share of the rate", "own 429s %", "429s of others %"],
        rows=rows,
        note="In real time, with calls that take 50 to 150 ms.",
    )


def _functions(functions: dict[str, dict[str, float]]) -> Table:
    about = {
        "start": "only its imports and clients",
        "plan": "a shard of 1,000 lines",
        "work": "1,000 new endpoints of a shard, over HTTP",
        "decide": "the check of 1,024 shards",
        "split": "a range of 32 MB",
    }
    rows = [
        [name, about[name], f"{each['megabytes']:.0f}", f"{each['seconds']:.2f}"] for name, each in functions.items()
    ]
    return Table(
        title="Memory of the worker function, of its 256 MB",
        columns=["action", "with", "peak MB", "processor s"],
        rows=rows,
        note="Each in a process of its own, with S3 on disk.",
    )


def _prices(measured: Measured) -> Table:
    rows = []
    for size in (10**4, 10**5, 10**6):
        for name, share in (("everything created", 1.0), ("5 % changed", 0.05), ("unchanged", 0.0)):
            cost = prices.cost(size, int(size * share), rate=RATE, measured=measured)
            took = f"{cost.seconds / 3600:.1f} h" if cost.seconds > 5400 else f"{cost.seconds / 60:.1f} min"
            rows.append([f"{size:,}", name, took, f"{cost.dollars:.3f}", f"{cost.puts:,}", f"{cost.transitions:,}"])
    return Table(
        title=f"Time and price of a run at {RATE:.0f} requests a second, calculated",
        columns=["endpoints", "run", "time", "dollars", "PUTs", "state transitions"],
        rows=rows,
        note="From the processor time of a line, for functions of 256 MB, four ranges and sixteen shards at once."
        " Public prices of Lambda, Step Functions and S3 in us-east-1, without free tiers and KMS.",
    )


def _plot(lives: Sequence[Life]) -> Plot:
    names = [run.name for run in lives[0].runs]
    lines = [
        Line(label=name, points=[(float(life.size), life.runs[index].seconds) for life in lives])
        for index, name in enumerate(names)
    ]
    return Plot(
        name="fleet",
        title="Runs without a rate",
        x="endpoints",
        y="processor seconds",
        lines=lines,
        logarithmic=True,
    )
