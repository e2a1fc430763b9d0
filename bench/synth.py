"""Synthesis: the cost of one more endpoint in time, resources and bytes, compared with AwsCustomResource."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from jsii._kernel.providers import process

from .declared import ALTERNATIVES, ONE_STACK
from .figures import Line, Plot, Result, Table, Timings, interleaved

SIZES = (10, 100, 450)
RUNS = 5


@dataclass(frozen=True, kw_only=True)
class _Synthesized:
    milliseconds: float
    resources: int
    characters: int


def measure() -> Result:
    """Synthesize apps of every size, and of one endpoint, in turn."""
    os.environ["CDK_VALIDATION"] = "false"  # loading its engine takes seconds, independent of the constructs
    synthesized: dict[tuple[str, int], _Synthesized] = {}

    def run(name: str, size: int) -> float:
        synthesized[name, size] = _synthesize(name, size)
        return synthesized[name, size].milliseconds

    cases = [(name, size) for size in (1, *SIZES) for name in ALTERNATIVES]
    timings = interleaved({f"{name} {size}": lambda case=(name, size): run(*case) for name, size in cases}, runs=RUNS)  # type: ignore[misc] # bound now
    more = {
        (name, size): Timings(
            runs=[
                (many - one) / (size - 1)
                for many, one in zip(timings[f"{name} {size}"].runs, timings[f"{name} 1"].runs, strict=True)
            ]
        )
        for name, size in cases
        if size > 1
    }
    ours, theirs = ALTERNATIVES
    rows = []
    for size in SIZES:
        written = {name: _more(synthesized[name, size], synthesized[name, 1], size) for name in ALTERNATIVES}
        rows += [
            [str(size), "ms", *_pair(more[ours, size].median, more[theirs, size].median, 2)],
            [str(size), "bytes", *_pair(written[ours][1], written[theirs][1], 0)],
            [str(size), "resources", *_pair(written[ours][0], written[theirs][0], 2)],
        ]
    crossings = {name: _crossings(name) for name in ALTERNATIVES}
    return Result(
        title="Synth",
        tables=[
            Table(
                title="Cost of one more endpoint",
                columns=["endpoints", "", ours, theirs, "ratio"],
                rows=rows,
                note=f"Construction and synthesis, median of {RUNS} runs in turn, minus the same with one endpoint."
                f" {theirs} needs two resources for each endpoint, and therefore one stack for every"
                f" {ONE_STACK[theirs]} endpoints.",
            ),
            Table(
                title="Calls from Python to CDK's Node process to declare one more endpoint",
                columns=["", "calls", "which"],
                rows=[[name, str(len(each)), ", ".join(each)] for name, each in crossings.items()],
            ),
        ],
        plots=[
            Plot(
                name="synth",
                title="Cost of one more endpoint at synth",
                x="endpoints",
                y="milliseconds",
                lines=[
                    Line(label=name, points=[(float(size), more[name, size].median) for size in SIZES])
                    for name in ALTERNATIVES
                ],
            )
        ],
    )


def _synthesize(name: str, size: int) -> _Synthesized:
    """Declare endpoints and write the templates. Resources that the first endpoint creates for all are not timed."""
    app = App()
    declare, per_stack = ALTERNATIVES[name], ONE_STACK[name]
    stacks = [Stack(app, f"Stack{number}") for number in range(-(-size // per_stack))]
    for stack in stacks:
        declare(stack, -1, "Phone")
    began = time.perf_counter()
    for number in range(size - 1):
        declare(stacks[number // per_stack], number, f"Phone {number}")
    assembly = app.synth()
    milliseconds = (time.perf_counter() - began) * 1000
    texts = [Path(assembly.get_stack_by_name(stack.stack_name).template_full_path).read_text() for stack in stacks]
    return _Synthesized(
        milliseconds=milliseconds,
        resources=sum(len(json.loads(text)["Resources"]) for text in texts),
        characters=sum(len(json.dumps(json.loads(text), separators=(",", ":"))) for text in texts),
    )


def _more(many: _Synthesized, one: _Synthesized, size: int) -> tuple[float, float]:
    return (many.resources - one.resources) / (size - 1), (many.characters - one.characters) / (size - 1)


def _pair(ours: float, theirs: float, digits: int) -> list[str]:
    return [f"{ours:.{digits}f}", f"{theirs:.{digits}f}", f"{ours / theirs:.2f}"]


def _crossings(name: str) -> list[str]:
    """Return the requests to CDK's process for the third endpoint. The first two create the shared parts."""
    declare: Callable[[Stack, int, str], None] = ALTERNATIVES[name]
    stack = Stack(App(), "Stack")
    for number in range(2):
        declare(stack, number, "Phone")
    seen: list[str] = []
    send = process._NodeProcess.send  # noqa: SLF001 - jsii has no public way to count

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        seen.append(_what(request))
        return send(self, request, response_type)

    process._NodeProcess.send = counted  # type: ignore[method-assign] # noqa: SLF001
    try:
        declare(stack, 2, "Phone")
    finally:
        process._NodeProcess.send = send  # type: ignore[method-assign] # noqa: SLF001
    return seen


def _what(request: Any) -> str:
    members: Mapping[str, Any] = {name: getattr(request, name, None) for name in ("fqn", "method", "property")}
    return next((str(value).rpartition(".")[2] for value in members.values() if value), type(request).__name__)
