"""Draws the plots of the performance page: docs/plots/*.svg, from the results of `make bench`.

Run by `make docs`. Every figure comes from bench/results; a label names its unit and its baseline.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docs_diagrams import svg, text

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "docs" / "plots"
RESULTS = ROOT / "bench" / "results"

WIDTH = 480
_STEP = 38  # pixels from one bar to the next
_LABEL = {"ours": "this project", "bare boto3": "bare boto3, no error handling"}


@dataclass(frozen=True)
class Bar:
    """One measured value."""

    label: str
    value: float
    shown: str
    is_ours: bool = False


@dataclass(frozen=True)
class Bars:
    """Values of one unit, as horizontal bars from zero."""

    title: str
    unit: str
    bars: Sequence[Bar]

    def draw(self) -> str:
        """Draw the plot as SVG."""
        longest = max(bar.value for bar in self.bars)
        parts = [text(0, 16, self.title, "head"), text(0, 34, self.unit, "soft")]
        for number, bar in enumerate(self.bars):
            y = 50 + _STEP * number
            parts.append(text(0, y + 13, bar.label))
            parts.append(text(WIDTH, y + 13, bar.shown, "head" if bar.is_ours else "", "end"))
            kind = "ours" if bar.is_ours else "other"
            parts.append(
                f'<rect class="{kind}" x="0" y="{y + 18}" width="{WIDTH * bar.value / longest:.1f}" height="10"/>'
            )
        described = f"{self.unit}: " + "; ".join(f"{bar.label} {bar.shown}" for bar in self.bars)
        return svg(self.title, described, 50 + _STEP * len(self.bars), parts, WIDTH)


Row = Mapping[str, str]


def _rows(name: str, title: str) -> Iterator[Row]:
    """The rows of a table of the results, by column; a column that has no title or a used one gets its number."""
    tables = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["tables"]
    (table,) = (table for table in tables if table["title"].startswith(title))
    columns: list[str] = []
    for number, column in enumerate(table["columns"]):
        columns.append(column if column and column not in columns else str(number))
    for row in table["rows"]:
        yield dict(zip(columns, row, strict=True))


def _times(title: str, name: str, table: str, measured: str) -> Bars:
    bars = [
        Bar(_LABEL.get(row["0"], row["0"]), float(row["median ms"]), f"{row['median ms']} ms", row["0"] == "ours")
        for row in _rows(name, table)
        if row["0"] != "ours, bytecode there"
    ]
    return Bars(title, f"milliseconds, {measured}", bars)


def _synth() -> Bars:
    bars = [
        Bar(f"{label}, {row['endpoints']} endpoints", float(row[column]), f"{row[column]} ms", column == "ours")
        for row in _rows("synth", "What one more endpoint costs")
        if row["1"] == "ms"
        for column, label in (("ours", "this project"), ("AwsCustomResource", "AwsCustomResource"))
    ]
    return Bars("Synth", "milliseconds for one more endpoint, median of 5 runs", bars)


def _rate() -> Bars:
    rows = [row for row in _rows("rate", "Creates against 50 requests a second") if row["endpoints"] == "1000"]
    rows = [row for row in rows if row["at once"] != "1"]
    bars = [Bar("the rate alone", float(rows[0]["limit s"]), f"{rows[0]['limit s']} s")]
    for row in rows:
        bars.append(_of_rate("this project", row, "ours s", "failed", is_ours=True))
        bars.append(_of_rate("botocore's default retries", row, "default retries s", "9", is_ours=False))
    return Bars("1,000 Creates at 50 requests per second", "seconds, and how many Creates fail", bars)


def _of_rate(label: str, row: Row, seconds: str, failed: str, *, is_ours: bool) -> Bar:
    shown = f"{row[seconds]} s, {row[failed]} failed"
    return Bar(f"{label}, {row['at once']} at once", float(row[seconds]), shown, is_ours)


def _deploy() -> Bars:
    own = "less the local cloud's, ms an endpoint"
    bars = [
        Bar(f"{_LABEL.get(row['1'], row['1'])}, {size} endpoints", value, f"{value} ms", row["1"] == "ours")
        for size in (100, 240, 400)
        for row in _rows(f"deploy-{size}", "By the real cdk command")
        if row["step"] == "deploy" and row["1"] in ("ours", "AwsCustomResource")
        for value in (float(re.split(r" ", row[own])[0]),)
    ]
    return Bars("Deploy", "milliseconds per endpoint, without the local cloud's own share", bars)


def plots() -> Mapping[str, Bars]:
    """The plots by the names of their files."""
    to_answer = "from process start to accepted answer, median of 15 runs"
    delivered = "from delivery to accepted answer, median of 200 events"
    return {
        "cold-start": _times("Cold start", "cold_start", "From the start of the process", to_answer),
        "warm": _times("Warm event", "warm", "From the delivery", delivered),
        "synth": _synth(),
        "rate": _rate(),
        "deploy": _deploy(),
    }


def main() -> None:
    """Write the plots."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, plot in plots().items():
        (DIRECTORY / f"{name}.svg").write_text(plot.draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
