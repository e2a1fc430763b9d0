"""The `aws` commands of a documented script, run by the shell with an `aws` that only records them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_NOTED = 'aws() { printf "%s\\0" "$@"; printf "\\n\\0"; }\n'


def aws_calls(script: str, directory: Path) -> list[list[str]]:
    """The arguments of each `aws` command, as the shell passes them.

    Args:
        script: lines that can be pasted into a shell.
        directory: where they are run.
    """
    run = subprocess.run(  # noqa: S603 - lines of our own documentation
        ["/bin/sh", "-euc", _NOTED + script], cwd=directory, check=True, capture_output=True, text=True
    )
    calls: list[list[str]] = [[]]
    for argument in run.stdout.split("\0"):
        if argument == "\n":
            calls.append([])
        elif argument:
            calls[-1].append(argument)
    return calls[:-1]


def printed_calls(printed: str, values: Mapping[str, str], directory: Path) -> list[list[str]]:
    """The `aws` commands that `make provider-template` prints.

    Args:
        printed: all that it prints: steps in words, and lines for a shell.
        values: what a person puts in the place of each variable's value.
        directory: where they are run.
    """
    script = re.sub(r"^(/.*|\d\. .*|   .*)$", "", printed, flags=re.MULTILINE)
    for name, value in values.items():
        script, count = re.subn(rf"^{name}=.*$", f"{name}='{value}'", script, flags=re.MULTILINE)
        assert count == 1, name
    return aws_calls(script, directory)


def overrides(call: Sequence[str]) -> dict[str, str]:
    """The parameters that an `aws cloudformation deploy` passes to a template."""
    given: dict[str, str] = {}
    for argument in call[call.index("--parameter-overrides") + 1 :]:
        found = re.fullmatch(r"([A-Za-z]+)=(.*)", argument)
        if found is None:
            break
        given[found[1]] = found[2]
    return given
