"""The layout of the packages, as far as import-linter's contracts do not hold it."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 7
MORE = {"chime_endpoints": 17}  # what users import, beside seven private packages
"""The packages that may have more."""


def _siblings(package: Path) -> list[str]:
    modules = [path.stem for path in package.glob("*.py") if path.name != "__init__.py"]
    return modules + [path.parent.name for path in package.glob("*/__init__.py")]


def test_a_package_has_at_most_seven_siblings() -> None:
    """The emulator has the modules of a backend of moto, which are more."""
    for source in ("constructs", "lambda_handlers", "cli"):
        for path in (ROOT / source).rglob("__init__.py"):
            name = path.parent.relative_to(ROOT / source).as_posix()
            assert len(_siblings(path.parent)) <= MORE.get(name, MOST), name


def test_every_package_of_the_wheel_has_contracts() -> None:
    """Without one, import-linter would not look at it."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = tool["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(package).name for package in packages} == set(tool["importlinter"]["root_packages"])
