"""The report: stored results as one page with plots."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .figures import Line, Plot, Result, Table

HERE = Path(__file__).parent
_KEPT = HERE / "results"


def keep(name: str, result: Result) -> None:
    """Store a result with its date and machine, replacing an earlier one."""
    _KEPT.mkdir(exist_ok=True)
    (_KEPT / f"{name}.json").write_text(json.dumps({"taken": _where(), **asdict(result)}, indent=1) + "\n")


def write(names: Sequence[str]) -> Path:
    """Write the page and plots of all stored results.

    Returns:
        The path of the page.
    """
    page = ["# Benchmarks: this project and the alternatives", "", "Written by `make bench`.", ""]
    for file in (file for name in names for file in _kept(name)):
        kept = json.loads(file.read_text())
        result = _read(kept)
        page += [text(result), f"Taken {kept['taken']}.", ""]
        for plot in result.plots:
            _draw(plot)
            page += [f"![{plot.title}](results/{plot.name}.svg)", ""]
    target = HERE / "results.md"
    target.write_text("\n".join(page).rstrip() + "\n")
    return target


def _kept(name: str) -> list[Path]:
    """Return the stored files of a measurement: one file, or one for each size."""
    by_size = sorted(_KEPT.glob(f"{name}-*.json"), key=lambda file: int(file.stem.rpartition("-")[2]))
    return [*_KEPT.glob(f"{name}.json"), *by_size]


def text(result: Result) -> str:
    """Return a result as Markdown."""
    lines = [f"## {result.title}", ""]
    for table in result.tables:
        lines += [f"**{table.title}**", "", _row(table.columns), _row(["---"] * len(table.columns))]
        lines += [_row(row) for row in table.rows]
        lines += ["", table.note, ""] if table.note else [""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _where() -> str:
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    today = dt.datetime.now(tz=dt.UTC).date()
    load = os.getloadavg()[0]
    return (
        f"{today}, {platform.machine()}, {os.cpu_count()} processors, load {load:.1f}, Python"
        f" {platform.python_version()}, Node {node}"
    )


def _read(kept: dict[str, Any]) -> Result:
    return Result(
        title=kept["title"],
        tables=[Table(**table) for table in kept["tables"]],
        plots=[
            Plot(**{**plot, "lines": [Line(label=line["label"], points=line["points"]) for line in plot["lines"]]})
            for plot in kept["plots"]
        ],
    )


def _draw(plot: Plot) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = plot.name  # makes the file reproducible
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for line, marker in zip(plot.lines, "osD^v*x", strict=False):
        axes.plot(*zip(*line.points, strict=True), marker=marker, markersize=4, label=line.label)
    axes.set(title=plot.title, xlabel=plot.x, ylabel=plot.y)
    if plot.logarithmic:
        axes.set(xscale="log", yscale="log")
    else:
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(_KEPT / f"{plot.name}.svg", metadata={"Date": None})
    plt.close(figure)
