"""The results of measurements, and timing that is robust on a noisy machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with a title and a note."""

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
    """A plot of y against x."""

    name: str
    title: str
    x: str
    y: str
    lines: Sequence[Line]
    logarithmic: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of one measurement."""

    title: str
    tables: Sequence[Table]
    plots: Sequence[Plot] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Timings:
    """The runs of one candidate, in milliseconds."""

    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def spread(self) -> str:
        """The middle half of the runs."""
        low, _, high = quantiles(self.runs, n=4)
        return f"{low:.1f}-{high:.1f}"

    def ratio(self, other: Timings) -> float:
        """Return the median ratio to the other candidate's runs, paired by turn."""
        return median(ours / theirs for ours, theirs in zip(self.runs, other.runs, strict=True))


def interleaved(candidates: Mapping[str, Callable[[], float]], *, runs: int) -> dict[str, Timings]:
    """Run the candidates in turn (A B C A B C), after one warm-up turn that does not count.

    Args:
        candidates: functions that run once and return the milliseconds.
        runs: the number of turns that count.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(runs + 1):
        for name, run in candidates.items():
            milliseconds = run()
            if turn:
                taken[name].append(milliseconds)
    return {name: Timings(runs=milliseconds) for name, milliseconds in taken.items()}


def compared(title: str, timings: Mapping[str, Timings], *, beside: str, note: str = "") -> Table:
    """Return a table of timings with each candidate's ratio to one of them."""
    return Table(
        title=title,
        columns=["", "median ms", "middle half", f"x {beside}"],
        rows=[
            [name, f"{each.median:.1f}", each.spread, f"{each.ratio(timings[beside]):.2f}"]
            for name, each in timings.items()
        ],
        note=note,
    )
