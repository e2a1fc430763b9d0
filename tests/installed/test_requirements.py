"""Without make, the requirements in a new environment are enough for `cdk synth`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.surroundings import PROXIES
from support.wheel import ROOT, make_environment, run

_COMMANDS = ROOT / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files in git, in a directory with a space in its name."""
    place = tmp_path_factory.mktemp("fresh clone")
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


def _with_pip(clone: Path, elsewhere: Path) -> None:
    python = make_environment(clone / ".venv")
    options = ("--disable-pip-version-check", "--no-input", "--quiet", "--python", python)
    run(
        [sys.executable, "-m", "pip", *options, "install", "-r", clone / "requirements.txt"],
        cwd=elsewhere,
        environment={**PROXIES, "PIP_NO_COMPILE": "1"},  # half of the time, for modules that nothing imports
    )


def _with_uv(clone: Path, elsewhere: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on this machine")
    run([uv, "venv", "--quiet", "--clear", str(clone / ".venv")], cwd=elsewhere)
    python = str(clone / ".venv" / "bin" / "python")
    run(
        [uv, "pip", "install", "--quiet", "--python", python, "-r", str(clone / "requirements.txt")],
        cwd=elsewhere,
        environment=PROXIES,
    )


@pytest.mark.parametrize("install", [_with_pip, _with_uv], ids=["pip", "uv"])
def test_the_requirements_are_enough_for_cdk_synth(
    clone: Path, tmp_path: Path, install: Callable[[Path, Path], None]
) -> None:
    """The test uses the real command, and installs from several directories."""
    install(clone, tmp_path)
    path = f"{clone / '.venv' / 'bin'}:{_COMMANDS}:{ROOT / '.venv' / 'bin'}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": ""}
    run([_COMMANDS / "cdk", "synth", "--quiet", "--no-notices"], cwd=clone, environment=environment)
    assert (clone / "cdk.out" / "ChimeEndpoints.template.json").exists()
    (code,) = (clone / "cdk.out").glob("asset.*/chime_endpoints_handler")
    assert (code / "index.py").exists()
    assert (code.parent / "crhelper").is_dir()
