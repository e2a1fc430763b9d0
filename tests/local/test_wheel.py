"""The wheel, which is what others install: it holds the packages, and makes the same as the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
TEMPLATE = "ChimeEndpoints.template.json"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout gives."""
    directory = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(directory)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return directory / built.stdout.split()[-1]


@pytest.fixture(scope="module")
def names(wheel: Path) -> Iterator[list[str]]:
    """What the wheel holds."""
    with zipfile.ZipFile(wheel) as archive:
        yield archive.namelist()


def test_the_wheel_holds_four_typed_packages(names: list[str]) -> None:
    """And nothing beside them and what is told about them."""
    tops = {name.split("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"chime_endpoints", "chime_endpoints_handler", "chime_endpoints_emulator", "chime_endpoints_cli"}
    assert {f"{package}/py.typed" for package in packages} <= set(names)


def test_the_wheel_holds_the_licence_and_the_schema(names: list[str]) -> None:
    """Editors read the one, lawyers the other."""
    assert "chime_endpoints/declared/endpoints.schema.json" in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]


@pytest.mark.cdk
def test_the_wheel_makes_the_same_assembly_as_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The same template, and in it the same asset: the function's code does not depend on where it was taken from."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    from_wheel = _synthesize(tmp_path / "from-wheel", python_path=str(tmp_path / "installed"))
    from_checkout = _synthesize(tmp_path / "from-checkout", python_path="")
    assert from_wheel == from_checkout


def _synthesize(output: Path, *, python_path: str) -> str:
    where = (
        "import chime_endpoints, runpy; print(chime_endpoints.__file__); runpy.run_path('app.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", where],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": python_path, "CDK_OUTDIR": str(output), "CDK_VALIDATION": "false"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(python_path or str(ROOT))
    return (output / TEMPLATE).read_text()
