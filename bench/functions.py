"""The functions that are compared. Each runs as a process that receives events as in Lambda."""

from __future__ import annotations

import compileall
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from chime_endpoints._function.asset import staged

from .stage import HERE, Stage, sdk_call_handler

OURS, OURS_COMPILED = "ours", "ours, with bytecode"
BARE, CRHELPER, SDK_CALL = "bare boto3", "crhelper as documented", "AwsCustomResource (Node)"
_PYTHON = [sys.executable, str(HERE / "alternatives" / "runtime.py")]


@dataclass(frozen=True, kw_only=True)
class Function:
    """One candidate function."""

    command: Sequence[str]
    environment: Mapping[str, str]
    event: Callable[[], dict[str, Any]]


def functions(stage: Stage) -> dict[str, Function]:
    """Return all candidates for a stage.

    Lambda cannot write bytecode next to a function's code, so it compiles the code at every cold start. The runtime's
    own boto3 is already compiled.
    """
    _compile_what_the_runtime_has()
    alternatives = str(HERE / "alternatives")
    node = shutil.which("node") or "node"
    return {
        OURS: Function(
            command=[*_PYTHON, "chime_endpoints_handler.index"],
            environment=stage.environment | {"PYTHONPATH": str(_package(compiled=False))},
            event=stage.create,
        ),
        OURS_COMPILED: Function(
            command=[*_PYTHON, "chime_endpoints_handler.index"],
            environment=stage.environment | {"PYTHONPATH": str(_package(compiled=True))},
            event=stage.create,
        ),
        BARE: Function(
            command=[*_PYTHON, "bare_boto3"],
            environment=stage.environment | {"PYTHONPATH": alternatives},
            event=stage.create,
        ),
        CRHELPER: Function(
            command=[*_PYTHON, "with_crhelper"],
            environment=stage.environment | {"PYTHONPATH": alternatives},
            event=stage.create,
        ),
        SDK_CALL: Function(
            command=[node, str(HERE / "alternatives" / "runtime.cjs"), str(sdk_call_handler())],
            environment=stage.environment,
            event=stage.create_by_sdk_call,
        ),
    }


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """The measurement of one process that handles one event."""

    milliseconds: float
    """The time from the start of the process to the accepted response."""
    megabytes: float
    """The peak memory of the process."""


def cold_start(function: Function, stage: Stage) -> ColdStart:
    """Start a process, pass it one event, and wait until it ends."""
    line, before = json.dumps(function.event()), len(stage.answers.accepted)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(f"{line}\n".encode())
        given.seek(0)
        began = time.perf_counter()
        subprocess.run(
            function.command, check=False, env=function.environment, stdin=given, stdout=printed, stderr=printed
        )
        printed.seek(0)
        said = printed.read().decode()
    (accepted, answer), *more = stage.answers.accepted[before:] or [(0.0, {"Status": said})]
    if answer["Status"] != "SUCCESS" or more:
        raise RuntimeError(f"{function.command}: {answer} {said}")
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", said)
    return ColdStart(milliseconds=(accepted - began) * 1000, megabytes=int(peak) / 1024)


class Warm:
    """A context manager for a process that handles several events."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._process = subprocess.Popen(
            function.command,
            env=function.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self) -> float:
        """Handle one event, and return the milliseconds from its delivery to the accepted response."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(json.dumps(self._function.event()) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("took "):
                return float(line.split()[1])
        raise RuntimeError(f"{self._function.command} has ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


@cache
def _package(*, compiled: bool) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="bench-")) / "package"
    shutil.copytree(staged(), directory)
    if compiled:
        compileall.compile_dir(directory, quiet=1)
    return directory


@cache
def _compile_what_the_runtime_has() -> None:
    for name in ("boto3", "botocore", "crhelper", "dateutil", "jmespath", "s3transfer", "urllib3"):
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            compileall.compile_dir(folder, quiet=1)
