"""The package works with the oldest and the newest libraries of its version ranges."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from installed.conftest import Installed, skip_if_pinned
from support.wheel import ROOT, pip, registered_by_a_users_app, run

SYNTH = ("aws-cdk-lib", "constructs", "crhelper", "PyYAML")
"""The libraries that an app uses."""

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
def test_the_examples_run(installed: Installed, example: Path, tmp_path: Path) -> None:
    """They run in another directory, with CDK's own validation if the release has one."""
    skip_if_pinned(installed, *SYNTH)
    program = tmp_path / example.name
    program.write_bytes(example.read_bytes())
    output = {"CDK_OUTDIR": str(tmp_path / "cdk.out"), "CDK_VALIDATION": "true"}
    run([installed.python, program], cwd=tmp_path, environment=output)
    assert list(tmp_path.glob("cdk.out/*.template.json"))


def test_a_users_type_checker_finds_wrong_arguments(installed: Installed, tmp_path: Path) -> None:
    """It finds each marked argument and nothing else, in a project without settings of this one."""
    skip_if_pinned(installed, *SYNTH)
    program = tmp_path / "users_project.py"
    program.write_bytes(Path(__file__).with_name("users_project.py").read_bytes())
    cache = ROOT / ".local" / "installed" / f"mypy-{installed.end}"
    run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--python-executable", installed.python),
            *("--cache-dir", str(cache), program),
        ],
        cwd=tmp_path,
    )


@pytest.mark.parametrize(("tests", "libraries"), [("tests/synth", SYNTH), ("tests/emulator", ("boto3", "moto"))])
def test_the_projects_own_tests_pass(installed: Installed, tests: str, libraries: tuple[str, ...]) -> None:
    """The tests of the constructs and the emulator run with these libraries instead of the pinned ones."""
    skip_if_pinned(installed, *libraries)
    environment = {"PYTHONPATH": str(installed.packages)}
    used = run(
        [sys.executable, "-c", "import aws_cdk, moto; print(aws_cdk.__file__, moto.__file__)"], environment=environment
    )
    assert used.count(str(installed.packages)) == 2
    run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup", "-p", "no:cacheprovider"),
            *("-m", "not slow", tests),
        ],
        cwd=ROOT,
        environment=environment,
    )
