"""Finds the `cdk` command as npx does, the project's own first, and checks its version."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from chime_endpoints_cli.output.errors import CommandError

OLDEST = (2, 1144)
"""The first version that supports the output of the oldest supported aws-cdk-lib (2.269)."""

INSTALL = "Install it in the project: npm install aws-cdk@2"

WITH_A_VALUE = frozenset(
    [
        *("--app", "-a", "--build", "--context", "-c", "--plugin", "-p", "--profile", "--region", "--proxy"),
        *("--ca-bundle-path", "--role-arn", "-r", "--output", "-o", "--unstable", "--telemetry-file"),
        *("--build-exclude", "-E", "--require-approval", "--notification-arns", "--rollback-trigger-alarm-arns"),
        *("--monitoring-time-minutes", "--tags", "-t", "--change-set-name", "--method", "-m", "--parameters"),
        *("--outputs-file", "-O", "--toolkit-stack-name", "--progress", "--concurrency", "--asset-build-concurrency"),
        *("--hotswap-ecs-minimum-healthy-percent", "--hotswap-ecs-maximum-healthy-percent"),
        "--hotswap-ecs-stabilization-timeout-seconds",
    ]
)
"""The options of `cdk deploy` and `cdk destroy` that take a value; the value is not a stack name."""


def find_cdk(app: Path, environment: Mapping[str, str]) -> str:
    """Return the path of the cdk command for an app's directory.

    Raises:
        CommandError: cdk or Node.js was not found.
    """
    search = environment.get("PATH", os.defpath)
    own = [directory / "node_modules" / ".bin" for directory in (app, *app.parents)]
    found = next(filter(None, (shutil.which("cdk", path=str(place)) for place in own)), None)
    found = found or shutil.which("cdk", path=search)
    if found is None:
        raise CommandError("the cdk command was not found", remedy=f"{INSTALL} (or: npm install --global aws-cdk@2)")
    if _needs_node(Path(found)) and shutil.which("node", path=search) is None:
        raise CommandError(
            f"{found} needs Node.js, but the command `node` was not found",
            remedy="Install Node.js 22 or newer: https://nodejs.org",
        )
    return found


def _needs_node(program: Path) -> bool:
    """Whether it is npm's script, and not a wrapper of a version manager."""
    try:
        with program.open("rb") as content:
            return b"node" in content.readline(200)
    except OSError:
        return False


def version_of(cdk: str, environment: Mapping[str, str]) -> str:
    """Return the version of a cdk command, or an empty string if it is unknown."""
    try:
        package = Path(cdk).resolve().parents[1] / "package.json"
        content = json.loads(package.read_text(encoding="utf-8"))
        if content.get("name") == "aws-cdk":
            return str(content["version"])
    except (OSError, ValueError, LookupError):
        pass
    try:
        asked = subprocess.run(
            [cdk, "--version"], env=environment, capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.split(" ")[0].strip()


def version_warning(version: str) -> str | None:
    """Return a hint for a failed command if its version is too old for current versions of aws-cdk-lib 2."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        return None
    release = int(numbers[1]), int(numbers[2])
    if release >= OLDEST and release[0] == OLDEST[0]:
        return None
    return f"cdk is {version}: aws-cdk-lib 2.269 and later need cdk {OLDEST[0]}.{OLDEST[1]} or a later 2.x. {INSTALL}"


def names_a_stack(arguments: Sequence[str]) -> bool:
    """Whether the arguments of cdk select stacks."""
    expects_a_value = False
    for number, argument in enumerate(arguments):
        if argument == "--":
            return number + 1 < len(arguments)
        if expects_a_value:
            expects_a_value = False
        elif argument == "--all":
            return True
        elif argument.startswith("-") and argument != "-":
            expects_a_value = argument in WITH_A_VALUE
        else:
            return True
    return False
