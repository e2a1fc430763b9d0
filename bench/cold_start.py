"""Cold start: from the start of the interpreter to the accepted answer; memory; what the package weighs."""

from __future__ import annotations

import io
import zipfile
from statistics import median

from chime_endpoints.asset import staged

from .figures import Result, Table, compared, interleaved
from .functions import BARE, cold_start, functions
from .stage import stage

RUNS = 15


def measure() -> Result:
    """Starts every candidate in turn."""
    memory: dict[str, list[float]] = {}
    with stage() as there:
        candidates = functions(there)

        def run(name: str) -> float:
            started = cold_start(candidates[name], there)
            memory.setdefault(name, []).append(started.megabytes)
            return started.milliseconds

        timings = interleaved({name: lambda name=name: run(name) for name in candidates}, runs=RUNS)  # type: ignore[misc] # bound now
    return Result(
        title="Cold start",
        tables=[
            compared(
                f"From the start of the process to the accepted answer of a Create, {RUNS} runs each",
                timings,
                beside=BARE,
                note="Lambda cannot write bytecode beside a function's code: the first row is what a cold start there"
                " does, the second what one does where the code was run before.",
            ),
            Table(
                title="The most memory that the process had",
                columns=["", "median MB"],
                rows=[[name, f"{median(each):.0f}"] for name, each in memory.items()],
            ),
            Table(
                title="The function's package",
                columns=["", "bytes"],
                rows=[["zipped", str(package_bytes())]],
            ),
        ],
    )


def package_bytes() -> int:
    """What the staged package has of bytes when it is zipped."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(staged().rglob("*.py")):
            archive.write(file, file.relative_to(staged()))
    return len(whole.getvalue())
