"""Which `cdk` there is: the project's own before the machine's, as npx finds it; and what its release can read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import CommandError

OLDEST = (2, 1144)
"""The first release that reads what the oldest supported aws-cdk-lib (2.269) writes."""

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
"""The options of `cdk deploy` and `cdk destroy` that take a value, which is no stack's name."""


def find_cdk(app: Path, environment: Mapping[str, str]) -> str:
    """The command for an app's directory.

    Raises:
        CommandError: there is none, or nothing to run it with.
    """
    search = environment.get("PATH", os.defpath)
    own = [directory / "node_modules" / ".bin" for directory in (app, *app.parents)]
    found = next(filter(None, (shutil.which("cdk", path=str(place)) for place in own)), None)
    found = found or shutil.which("cdk", path=search)
    if found is None:
        raise CommandError("the cdk command was not found", remedy=f"{INSTALL} (or: npm install --global aws-cdk@2)")
    if _needs_node(Path(found)) and shutil.which("node", path=search) is None:
        raise CommandError(
            f"{found} needs Node.js, and the command `node` was not found",
            remedy="Install Node.js 22 or newer: https://nodejs.org",
        )
    return found


def _needs_node(program: Path) -> bool:
    """Whether it is npm's script, not a program that a version manager has put in its place."""
    try:
        with program.open("rb") as content:
            return b"node" in content.readline(200)
    except OSError:
        return False


def version_of(cdk: str, environment: Mapping[str, str]) -> str:
    """The release of a cdk command; empty if it does not say."""
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


def doubt_about(version: str) -> str | None:
    """What to say of a release after it has failed, if it does not read what today's aws-cdk-lib 2 writes."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        return None
    release = int(numbers[1]), int(numbers[2])
    if release >= OLDEST and release[0] == OLDEST[0]:
        return None
    return f"cdk is {version}: aws-cdk-lib 2.269 and newer need cdk {OLDEST[0]}.{OLDEST[1]} or a newer 2. {INSTALL}"


def names_a_stack(arguments: Sequence[str]) -> bool:
    """Whether cdk's arguments say which stacks are meant."""
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
