"""The wheel and the source distribution contain the packages, and produce the same results as the checkout."""

from __future__ import annotations

import json
import re
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from chime_endpoints_cli.main import run as run_command
from support.wheel import ROOT, built, make_environment, pip, registered_by_a_users_app, run

pytestmark = pytest.mark.slow

TEMPLATE = "ChimeEndpoints.template.json"
APP = "import chime_endpoints, runpy; print(chime_endpoints.__file__); runpy.run_path('app.py', run_name='__main__')"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout builds."""
    return built("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of this checkout, unpacked in another directory."""
    directory = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built("sdist", directory)) as archive:
        archive.extractall(directory, filter="data")
    (unpacked,) = (path for path in directory.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, which shares only the libraries with this one."""
    directory = tmp_path_factory.mktemp("environment")
    python = make_environment(directory)
    # A path file is not looked for in a directory that a path file names: so the checkout is not found through it.
    (packages,) = directory.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    pip(python, "install", "--no-index", "--no-deps", str(wheel))
    return python


def test_the_wheel_contains_four_typed_packages(wheel: Path) -> None:
    """It contains nothing else except their metadata."""
    names = _contents(wheel)
    tops = {name.split("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    handlers = {"chime_endpoints_handler", "chime_endpoints_fleet"}
    assert packages == {"chime_endpoints", "chime_endpoints_emulator", "chime_endpoints_cli"} | handlers
    assert {f"{package}/py.typed" for package in packages} <= set(names)


def test_the_wheel_contains_the_license_and_the_schema(wheel: Path) -> None:
    """Editors read the schema."""
    names = _contents(wheel)
    assert "chime_endpoints/declared/endpoints.schema.json" in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_the_sdist_gives_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """The wheels have the same bytes. The source distribution also contains the tests and examples."""
    assert _contents(built("wheel", tmp_path, source=sdist)) == _contents(wheel)
    assert {"tests", "examples", "app.py", "constraints.txt"} <= {path.name for path in sdist.iterdir()}
    assert not {".venv", ".tools", ".local", "node_modules"} & {path.name for path in sdist.iterdir()}


@pytest.mark.cdk
def test_the_wheel_makes_the_same_assembly_as_the_checkout(python: Path, tmp_path: Path) -> None:
    """The template and the asset are the same, so the function's code does not depend on how it was installed."""
    from_wheel = _synthesize(python, tmp_path / "from-wheel", expected=python.parents[1])
    from_checkout = _synthesize(Path(sysconfig.get_path("scripts"), "python"), tmp_path / "checkout", expected=ROOT)
    assert from_wheel == from_checkout


@pytest.mark.cdk
def test_what_the_wheel_stages_for_lambda_registers_endpoints(python: Path, tmp_path: Path) -> None:
    """An app in another directory is synthesized, and the function's code in its assembly handles its resource."""
    module, endpoints = registered_by_a_users_app(python, tmp_path)
    assert module.startswith(str(python.parents[1]))
    assert [endpoint["Name"] for endpoint in endpoints] == ["Phone"]


def test_the_wheel_brings_the_command(python: Path, tmp_path: Path) -> None:
    """`chime-endpoints` exists and has its subcommands."""
    assert "local" in run([python.parent / "chime-endpoints", "--help"], cwd=tmp_path)


def test_the_installed_command_explains_codes(python: Path, tmp_path: Path) -> None:
    """The wheel contains the pages of the documentation, so that no network is needed."""
    pages = ROOT / "docs" / "errors"
    explained = run([python.parent / "chime-endpoints", "explain", "CE-113", "CE-613", "--json"], cwd=tmp_path)
    own, of_command = json.loads(explained)["codes"]
    assert own["markdown"].partition("(")[0] == (pages / "CE-113.md").read_text().partition("(")[0]
    assert f"\n{of_command['markdown'].splitlines()[2]}\n" in (pages / "commands.md").read_text()


def test_the_installed_command_writes_the_same_project_as_a_clone(python: Path, tmp_path: Path) -> None:
    """It also names the place of the wheel, in which pip finds the package."""
    printed = run([python.parent / "chime-endpoints", "init", "push"], cwd=tmp_path)
    assert run_command(["init", str(tmp_path / "clone")]) == 0
    names = sorted(path.name for path in (tmp_path / "clone").iterdir())
    assert len(names) == 5
    for name in names:
        assert (tmp_path / "push" / name).read_text() == (tmp_path / "clone" / name).read_text()
    (place,) = re.findall(r"pip install --find-links (\S+) -r requirements.txt", printed)
    assert list(Path(place).glob("cdk_chime_endpoints-*.whl"))


def _contents(wheel: Path) -> dict[str, int]:
    """The checksum of each file."""
    with zipfile.ZipFile(wheel) as archive:
        return {each.filename: each.CRC for each in archive.infolist()}


def _synthesize(python: Path, output: Path, *, expected: Path) -> str:
    printed = run([python, "-P", "-c", APP], cwd=ROOT, environment={"CDK_OUTDIR": str(output)})
    assert printed.startswith(str(expected))
    return (output / TEMPLATE).read_text()
