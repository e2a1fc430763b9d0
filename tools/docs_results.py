"""The tables of the performance page, from the stored results of `make bench`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "bench" / "results"

Row = Mapping[str, str]

_LABEL = {
    "ours": "this project",
    "bare boto3": "bare boto3, no error handling",
    "AwsCustomResource (Node)": "`AwsCustomResource`, in Node",
}
_ORDER = ("calls", "cold_start", "warm", "synth", "rate", "deploy-100", "deploy-240", "deploy-400", "fleet")


def rows(name: str, title: str) -> Iterator[Row]:
    """The rows of a table of the results, by column; a column that has no title or a used one gets its number."""
    (table,) = (table for table in _result(name)["tables"] if table["title"].startswith(title))
    columns: list[str] = []
    for number, column in enumerate(table["columns"]):
        columns.append(column if column and column not in columns else str(number))
    for row in table["rows"]:
        yield dict(zip(columns, row, strict=True))


def one_more_endpoint() -> Iterator[tuple[str, ...]]:
    """What one more endpoint costs in a large stack."""
    yield "Measure", "This project", "`AwsCustomResource`", "Ratio"
    largest = {row["1"]: row for row in rows("synth", "Cost of one more endpoint")}
    for unit, measure in (("resources", "resources in the template"), ("bytes", "bytes in the template")):
        row = largest[unit]
        yield measure, *(f"{float(row[way]):,.0f}" for way in ("ours", "AwsCustomResource")), row["ratio"]
    row = largest["ms"]
    yield (
        f"time at synth, {row['endpoints']} endpoints",
        f"{row['ours']} ms",
        f"{row['AwsCustomResource']} ms",
        row["ratio"],
    )


def cold_start() -> Iterator[tuple[str, ...]]:
    """The time and memory of a cold start."""
    yield "Candidate", "Time, bare boto3 = 1", "Memory"
    memory = {row["0"]: row["median MB"] for row in rows("cold_start", "Maximum memory of the process")}
    for row in rows("cold_start", "From the start of the process"):
        if row["0"] != "ours, with bytecode":
            yield _LABEL.get(row["0"], row["0"]), row["x bare boto3"], f"{memory[row['0']]} MB"


def deploy() -> Iterator[tuple[str, ...]]:
    """The ratios to AwsCustomResource of each command, by the number of endpoints."""
    yield "Endpoints", "Runs", "Deploy", "Change of all names", "Destroy"
    for size in (100, 240, 400):
        title = _result(f"deploy-{size}")["tables"][0]["title"]
        ratios = {
            row["step"]: row["x AwsCustomResource"]
            for row in rows(f"deploy-{size}", "With the real cdk command")
            if row["1"] == "ours"
        }
        runs = title.rpartition(" ")[2]
        yield str(size), runs, ratios["deploy"], ratios["change of all names"], ratios["destroy"]


def fleet_rate() -> Iterator[tuple[str, ...]]:
    """How much of the asked rate a run uses."""
    yield "Shards at once", "Requests of others per second", "Share of the rate", "Throttled"
    for row in rows("fleet", "Creates at"):
        yield row["children"], row["requests/s of others"], row["share of the rate"], f"{row['own 429s %']} %"


def fleet_prices() -> Iterator[tuple[str, ...]]:
    """Time and price of a run."""
    yield "Endpoints", "Run", "Time", "Price"
    for row in rows("fleet", "Time and price"):
        yield row["endpoints"], row["run"], row["time"], f"${row['dollars']}"


def measured() -> Iterator[tuple[str, ...]]:
    """When and where each result was measured."""
    yield "Benchmark", "Date", "Machine"
    for name in _ORDER:
        date, _, machine = _result(name)["taken"].partition(", ")
        yield name.replace("_", " ").replace("-", ", "), date, machine


def _result(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result
