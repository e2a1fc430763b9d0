"""Environments with the wheel and the oldest or newest libraries, as users install it.

They need minutes and network access, so these tests run only with `make test-installed`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.wheel import ROOT, built, make_environment, pip, run

_ENVIRONMENTS = ROOT / ".local" / "installed"
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_DEPENDENCIES = [*_PROJECT["dependencies"], *_PROJECT["optional-dependencies"]["emulator"]]
_LOWEST = [re.sub(r"([\w-]+)>=([\d.]+).*", r"\1==\2", each) for each in _DEPENDENCIES]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment with the wheel."""

    python: Path
    end: str
    """Of the ranges in pyproject.toml: oldest or newest."""

    @property
    def packages(self) -> Path:
        """The directory of its packages."""
        (packages,) = self.python.parents[1].glob("lib/python*/site-packages")
        return packages


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Run these tests only on request."""
    return None if config.option.markexpr == "installed" else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.installed)


@pytest.fixture(scope="session", params=["oldest", "newest"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Both ends of the version ranges. The environments are kept and updated from one run to the next."""
    directory = _ENVIRONMENTS / request.param
    python = directory / "bin" / "python"
    if not python.exists():
        make_environment(directory)
    wheel = str(built("wheel", tmp_path_factory.mktemp("wheel")))
    with_emulator = f"{wheel}[emulator]"
    versions = _LOWEST if request.param == "oldest" else ["--upgrade", "--upgrade-strategy", "eager"]
    pip(python, "install", "--only-binary", ":all:", "--no-compile", with_emulator, *versions)
    pip(python, "install", "--no-index", "--no-deps", "--force-reinstall", wheel)
    return Installed(python=python, end=request.param)


def skip_if_pinned(installed: Installed, *libraries: str) -> None:
    """Skip a test whose libraries have the pinned versions, with which `make check` and `make test` do the same."""
    if _versions(installed.python, libraries) == _versions(Path(sys.executable), libraries):
        pytest.skip(f"these are the pinned versions of {', '.join(libraries)}")


def _versions(python: Path, libraries: tuple[str, ...]) -> str:
    return run([python, "-c", f"from importlib.metadata import version; print(*map(version, {libraries}))"])
