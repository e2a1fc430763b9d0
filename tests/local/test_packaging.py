"""The files that define what is installed agree with each other."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
)


def _ranges(lines: list[str]) -> dict[str, str]:
    found = [re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?([<>=!~].*)", line.split("#")[0].strip()) for line in lines]
    return {match[1].lower(): match[2] for match in found if match}


def test_requirements_and_project_ask_for_the_same_versions() -> None:
    """A package in requirements.txt has the version range of pyproject.toml."""
    everything = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    asked = _ranges([line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[0] != "#"])
    ours = _ranges(everything)
    assert {"aws-cdk-lib", "constructs", "boto3", "crhelper", "pyyaml", "pytest", "moto"} == set(asked)
    assert asked == {name: ours[name] for name in asked}


def test_every_requirement_is_pinned() -> None:
    """An installation never selects a version by itself."""
    everything = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    pinned = {name.lower() for name in PINNED}
    assert set(_ranges(everything)) - {"cdk-chime-endpoints"} <= pinned


def test_every_pinned_version_is_for_every_python_3_11() -> None:
    """This includes Python 3.11.0: a Linux distribution keeps one of these releases for years."""
    installed = {canonicalize_name(each.name): each for each in distributions()}
    pinned = [installed[name] for name in map(canonicalize_name, PINNED) if name in installed]
    needed = {each.name: SpecifierSet(each.metadata["Requires-Python"] or "") for each in pinned}
    assert len(needed) > 100
    assert [name for name, versions in needed.items() if "3.11.0" not in versions] == []


def test_lock_files_name_no_registry() -> None:
    """The settings of the machine define where packages come from."""
    lock = (ROOT / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in lock
    assert "://" not in (ROOT / "constraints.txt").read_text()


def test_the_cdk_command_is_pinned() -> None:
    """The newest major version on npm rejects the output of aws-cdk-lib 2."""
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/aws-cdk"]["version"]
    assert wanted == locked
    assert locked.startswith("2.")
