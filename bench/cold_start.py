"""Cold start: the time from the start of the process to the accepted response, memory, and package size."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from statistics import median

from chime_endpoints._function.asset import staged

from .figures import Result, Table, compared, interleaved
from .functions import BARE, OURS, Function, cold_start, functions
from .stage import HERE, stage

RUNS = 15


def measure() -> Result:
    """Start the candidates in turn."""
    memory: dict[str, list[float]] = {}
    with stage() as there:
        candidates = functions(there)

        def run(name: str) -> float:
            started = cold_start(candidates[name], there)
            memory.setdefault(name, []).append(started.megabytes)
            return started.milliseconds

        steps = _steps(candidates[OURS])
        timings = interleaved({name: lambda name=name: run(name) for name in candidates}, runs=RUNS)  # type: ignore[misc] # bound now
    return Result(
        title="Cold start",
        tables=[
            compared(
                f"From the start of the process to the accepted answer of a Create, {RUNS} runs each",
                timings,
                beside=BARE,
                note="Lambda cannot write bytecode next to a function's code. The first row measures this case; the"
                " second measures a start with bytecode from an earlier run.",
            ),
            Table(
                title="How this project uses the time, in milliseconds of CPU time",
                columns=["step", "median"],
                rows=[[step, f"{each:.1f}"] for step, each in steps.items()],
            ),
            Table(
                title="Maximum memory of the process",
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


def _steps(function: Function) -> dict[str, float]:
    """Measure the steps of our cold start in separate processes."""
    taken: dict[str, list[float]] = {}
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, str(HERE / "alternatives" / "phases.py")],
            check=True,
            env=function.environment,
            input=json.dumps(function.event()),
            capture_output=True,
            text=True,
        )
        before = 0.0
        for step, seconds in json.loads(done.stdout.splitlines()[-1]).items():
            taken.setdefault(step, []).append((seconds - before) * 1000)
            before = seconds
    return {step: median(each) for step, each in taken.items()}


def package_bytes() -> int:
    """Return the size of the zipped package in bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(staged().rglob("*.py")):
            archive.write(file, file.relative_to(staged()))
    return len(whole.getvalue())
