"""Which `cdk` runs, and which of its arguments the commands understand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from chime_endpoints_cli.local.cdk.executable import WITH_A_VALUE, find_cdk, names_a_stack, version_of, version_warning
from chime_endpoints_cli.output.errors import CommandError

ROOT = Path(__file__).parents[2]


def program(path: Path, content: str = "#!/bin/sh\n") -> str:
    """A program at this path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("app", ["", "packages/infra"])
def test_the_projects_own_cdk_comes_before_the_machines(tmp_path: Path, app: str) -> None:
    """Like npx, it searches node_modules of the app's directory and of the directories above it."""
    own = program(tmp_path / "project" / "node_modules" / ".bin" / "cdk")
    program(tmp_path / "bin" / "cdk")
    assert find_cdk(tmp_path / "project" / app, {"PATH": str(tmp_path / "bin")}) == own


def test_without_one_the_machines_is_taken(tmp_path: Path) -> None:
    """It comes from PATH."""
    installed = program(tmp_path / "bin" / "cdk")
    assert find_cdk(Path("/"), {"PATH": str(tmp_path / "bin")}) == installed


def test_a_cdk_without_node_is_one_message(tmp_path: Path) -> None:
    """It appears before the system reports that `env` failed."""
    program(tmp_path / "cdk", "#!/usr/bin/env node\n")
    with pytest.raises(CommandError, match=r"needs Node\.js"):
        find_cdk(Path("/"), {"PATH": str(tmp_path)})


def test_the_release_is_read_from_the_package_or_asked_for(tmp_path: Path) -> None:
    """The program of a version manager is not part of a package."""
    script = program(tmp_path / "aws-cdk" / "bin" / "cdk", "#!/usr/bin/env node\n")
    (tmp_path / "aws-cdk" / "package.json").write_text(json.dumps({"name": "aws-cdk", "version": "2.1148.1"}))
    (tmp_path / "linked").symlink_to(script)
    other = program(tmp_path / "shim" / "cdk", "#!/bin/sh\necho '3.0.0 (build 1234)'\n")
    assert version_of(str(tmp_path / "linked"), {}) == "2.1148.1"
    assert version_of(other, {}) == "3.0.0"


@pytest.mark.parametrize("version", ["2.1143.9", "2.178.2", "1.204.0", "3.0.0", "10.0.0"])
def test_a_release_that_does_not_read_what_todays_library_writes_is_named(version: str) -> None:
    """It is older, or it belongs to another major version."""
    assert f"cdk is {version}" in str(version_warning(version))


@pytest.mark.parametrize("version", ["2.1144.0", "2.2000.1", ""])
def test_nothing_is_said_of_another_release(version: str) -> None:
    """There is no message if the release is unknown either."""
    assert version_warning(version) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["Chat"],
        ["Chat", "--outputs-file", "out.json"],
        ["-c", "a=b", "Chat"],
        ["--outputs-file=out.json", "Chat*"],
        ["--hotswap", "Chat"],
        ["--all"],
        ["--", "Chat"],
    ],
)
def test_a_named_stack_is_seen(arguments: list[str]) -> None:
    """Its position among the arguments does not matter."""
    assert names_a_stack(arguments)


@pytest.mark.parametrize(
    "arguments",
    [[], ["--outputs-file", "out.json"], ["-c", "a=b", "-c", "d=e"], ["--require-approval", "any-change"], ["--"]],
)
def test_an_options_value_is_no_stack(arguments: list[str]) -> None:
    """The command therefore applies to all stacks."""
    assert not names_a_stack(arguments)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_every_option_of_cdk_that_takes_a_value_is_known(command: str) -> None:
    """If a new release of cdk has another one, add it here."""
    cdk = find_cdk(ROOT, os.environ)
    asked = subprocess.run(
        [cdk, command, "--help"], env={**os.environ, "COLUMNS": "250"}, capture_output=True, text=True, check=True
    )
    options = re.split(r"\n  (?=-)", asked.stdout.partition("Options:")[2])
    taking = [each for each in options if re.search(r"\[(string|array|number)\]", each)]
    names = {name for each in taking for name in re.findall(r"(?<!\S)--?[\w-]+", each.split("  ")[0])}
    assert len(names) > 15
    assert {name for name in names if not any(known.startswith(name) for known in WITH_A_VALUE)} == set()
