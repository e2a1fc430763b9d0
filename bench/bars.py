"""The plots of the documentation's performance page: docs/plots, from the stored results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from docs_results import rows

PLOTS = Path(__file__).resolve().parent.parent / "docs" / "plots"

TEXT = MappingProxyType({"light": "#24292f", "dark": "#e6edf3"})
_OURS, _OTHER = "#5c6bc0", "#8a9099"
_WIDTH, _TOP, _STEP = 390, 50, 38  # points: the width, the height of the heading, and of one bar with its label
_LABEL = {"ours": "this project", "bare boto3": "bare boto3, no error handling"}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One measured value."""

    label: str
    value: float
    shown: str
    is_ours: bool


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Values of one unit, as horizontal bars from zero."""

    title: str
    unit: str
    bars: Sequence[Bar]


def draw(name: str, plot: Bars) -> None:
    """Draw a plot for each color scheme."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text
    mpl.rcParams["svg.hashsalt"] = name  # makes the file reproducible
    from matplotlib import pyplot as plt

    height = _TOP + _STEP * len(plot.bars)
    longest = max(bar.value for bar in plot.bars)
    for scheme, color in TEXT.items():
        figure = plt.figure(figsize=(_WIDTH / 72, height / 72))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, longest), ylim=(height, 0))
        axes.axis("off")
        axes.text(0, 16, plot.title, color=color, weight="bold")
        axes.text(0, 34, plot.unit, color=_OTHER)
        for number, bar in enumerate(plot.bars):
            y = _TOP + _STEP * number
            axes.text(0, y + 13, bar.label, color=color)
            axes.text(longest, y + 13, bar.shown, color=color, ha="right", weight="bold" if bar.is_ours else "normal")
            axes.barh(y + 23, bar.value, height=10, color=_OURS if bar.is_ours else _OTHER)
        figure.savefig(PLOTS / f"{name}-{scheme}.svg", transparent=True, metadata={"Date": None})
        plt.close(figure)


def _times(title: str, name: str, table: str, measured: str) -> Bars:
    bars = [
        _bar(_LABEL.get(row["0"], row["0"]), row["median ms"], "ms", is_ours=row["0"] == "ours")
        for row in rows(name, table)
        if row["0"] != "ours, with bytecode"
    ]
    return Bars(title=title, unit=f"milliseconds, {measured}", bars=bars)


def _bar(label: str, value: str, unit: str, *, is_ours: bool) -> Bar:
    return Bar(label=label, value=float(value), shown=f"{value} {unit}", is_ours=is_ours)


def _synth() -> Bars:
    bars = [
        _bar(f"{label}, {row['endpoints']} endpoints", row[column], "ms", is_ours=column == "ours")
        for row in rows("synth", "Cost of one more endpoint")
        if row["1"] == "ms"
        for column, label in (("ours", "this project"), ("AwsCustomResource", "AwsCustomResource"))
    ]
    return Bars(title="Synth", unit="milliseconds for one more endpoint, median of 5 runs", bars=bars)


def _rate() -> Bars:
    measured = rows("rate", "Creates against 50 requests a second")
    thousand = [row for row in measured if row["endpoints"] == "1000" and row["at once"] != "1"]
    bars = [_bar("the rate alone", thousand[0]["limit s"], "s", is_ours=False)]
    for row in thousand:
        for label, seconds, failed in (
            ("this project", "ours s", "failed"),
            ("botocore's default retries", "default retries s", "9"),
        ):
            value, unit = row[seconds], f"s, {row[failed]} failed"
            bars.append(_bar(f"{label}, {row['at once']} at once", value, unit, is_ours=seconds == "ours s"))
    return Bars(title="1,000 Creates at 50 requests per second", unit="seconds, and how many Creates fail", bars=bars)


def _deploy() -> Bars:
    own = "less the local cloud's, ms an endpoint"
    bars = [
        _bar(
            f"{_LABEL.get(row['1'], row['1'])}, {size} endpoints", row[own].split()[0], "ms", is_ours=row["1"] == "ours"
        )
        for size in (100, 240, 400)
        for row in rows(f"deploy-{size}", "With the real cdk command")
        if row["step"] == "deploy" and row["1"] in ("ours", "AwsCustomResource")
    ]
    return Bars(title="Deploy", unit="milliseconds per endpoint, without the local cloud's own share", bars=bars)


def _fleet() -> Bars:
    bars = [
        _bar(f"{row['run']}, {row['endpoints']} endpoints", row["ms an endpoint"], "ms", is_ours=True)
        for name in ("create", "unchanged", "delete")
        for row in rows("fleet", "Runs without a rate")
        if row["run"] == name
    ]
    return Bars(title="Fleets", unit="milliseconds of a processor for one endpoint, without a rate", bars=bars)


def plots() -> Mapping[str, Bars]:
    """Return the plots by the names of their files."""
    to_answer = "from process start to accepted answer, median of 15 runs"
    delivered = "from delivery to accepted answer, median of 200 events"
    return {
        "cold-start": _times("Cold start", "cold_start", "From the start of the process", to_answer),
        "warm": _times("Warm event", "warm", "From the delivery", delivered),
        "synth": _synth(),
        "rate": _rate(),
        "deploy": _deploy(),
        "fleet": _fleet(),
    }


def main() -> None:
    """Draw all plots."""
    for name, plot in plots().items():
        draw(name, plot)


if __name__ == "__main__":
    main()
