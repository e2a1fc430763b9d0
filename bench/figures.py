"""What a measurement gives: tables of figures, and how timings are taken so that a noisy machine does not decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows below a heading."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a plot."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What is drawn: y against x."""

    name: str
    title: str
    x: str
    y: str
    lines: Sequence[Line]
    logarithmic: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one measurement found."""

    title: str
    tables: Sequence[Table]
    plots: Sequence[Plot] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Timings:
    """The runs of one candidate, in milliseconds."""

    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.runs)

    @property
    def spread(self) -> str:
        """The middle half of the runs."""
        low, _, high = quantiles(self.runs, n=4)
        return f"{low:.1f}-{high:.1f}"

    def ratio(self, other: Timings) -> float:
        """How many times the other's: the median of the ratios of runs that were taken next to each other."""
        return median(ours / theirs for ours, theirs in zip(self.runs, other.runs, strict=True))


def interleaved(candidates: Mapping[str, Callable[[], float]], *, runs: int) -> dict[str, Timings]:
    """Runs the candidates in turn, A B C A B C, after one turn that does not count.

    Args:
        candidates: each runs once and says how many milliseconds it took.
        runs: how many turns count.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(runs + 1):
        for name, run in candidates.items():
            milliseconds = run()
            if turn:
                taken[name].append(milliseconds)
    return {name: Timings(runs=milliseconds) for name, milliseconds in taken.items()}


def compared(title: str, timings: Mapping[str, Timings], *, beside: str, note: str = "") -> Table:
    """A table of timings with the ratio to one of them."""
    return Table(
        title=title,
        columns=["", "median ms", "middle half", f"x {beside}"],
        rows=[
            [name, f"{each.median:.1f}", each.spread, f"{each.ratio(timings[beside]):.2f}"]
            for name, each in timings.items()
        ],
        note=note,
    )
