"""The package works with the oldest and the newest libraries of its version ranges."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from installed.conftest import Installed
from support.wheel import ROOT, pip, registered_by_a_users_app, run

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_the_wheel_asks_for_all_that_it_needs(installed: Installed) -> None:
    """The packages that pip installs for it are compatible."""
    pip(installed.python, "check")


def test_a_users_app_works_from_synth_to_registration(installed: Installed, tmp_path: Path) -> None:
    """The app is synthesized with these libraries, and the staged code registers its endpoint."""
    module, endpoints = registered_by_a_users_app(installed.python, tmp_path)
    assert module.startswith(str(installed.packages))
    assert [endpoint["Name"] for endpoint in endpoints] == ["Phone"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_run(other: Installed, example: Path, tmp_path: Path) -> None:
    """They run in another directory, with CDK's own validation if the release has one."""
    program = tmp_path / example.name
    program.write_bytes(example.read_bytes())
    output = {"CDK_OUTDIR": str(tmp_path / "cdk.out"), "CDK_VALIDATION": "true"}
    run([other.python, program], cwd=tmp_path, environment=output)
    assert list(tmp_path.glob("cdk.out/*.template.json"))


def test_a_users_type_checker_finds_wrong_arguments(other: Installed, tmp_path: Path) -> None:
    """It finds each marked argument and nothing else, in a project without settings of this one."""
    program = tmp_path / "users_project.py"
    program.write_bytes(Path(__file__).with_name("users_project.py").read_bytes())
    cache = ROOT / ".local" / "installed" / f"mypy-{other.end}"
    run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--python-executable", other.python),
            *("--cache-dir", str(cache), program),
        ],
        cwd=tmp_path,
    )


@pytest.mark.parametrize(("tests", "library"), [("tests/synth", "aws_cdk"), ("tests/emulator", "moto")])
def test_the_projects_own_tests_pass(other: Installed, tests: str, library: str) -> None:
    """The tests of the constructs and the emulator run with these libraries instead of the pinned ones."""
    environment = {"PYTHONPATH": str(other.packages)}
    used = run([sys.executable, "-c", f"import {library}; print({library}.__file__)"], environment=environment)
    assert used.startswith(str(other.packages))
    run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup", "-p", "no:cacheprovider"),
            tests,
        ],
        cwd=ROOT,
        environment=environment,
    )
