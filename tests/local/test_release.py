"""What a release contains, and what the hosted workflows run."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml

from support.wheel import ROOT, built, run

pytestmark = pytest.mark.slow

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_of_the_same_files_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    """Anyone can check that a published package was built from these sources."""
    first = built(kind, tmp_path / "first")
    copy = tmp_path / "copy"
    for name in run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT).splitlines():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
        (copy / name).chmod((ROOT / name).stat().st_mode & 0o700)
        os.utime(copy / name, (0, 0))
    second = built(kind, tmp_path / "second", source=copy)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_every_link_of_the_readme_works_on_a_package_index(tmp_path: Path) -> None:
    """The index shows the README without the repository."""
    with zipfile.ZipFile(built("wheel", tmp_path)) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        readme = message_from_bytes(wheel.read(name)).get_payload()
    links = re.findall(r"\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", str(readme))
    targets = [target for pair in links for target in pair if target]
    assert len(targets) > 10
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []


def test_a_picture_of_the_readme_is_raw_on_a_package_index(tmp_path: Path) -> None:
    """The link leads to the file itself, not to the page about it."""
    with zipfile.ZipFile(built("wheel", tmp_path)) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        readme = str(message_from_bytes(wheel.read(name)).get_payload())
    pictures = re.findall(r"!\[[^]]*]\(([^)]+)\)|(?:src|srcset)=\"([^\"]+)\"", readme)
    assert [each for pair in pictures for each in pair if "/blob/" in each] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_digest(workflow: Path) -> None:
    """A tag can move to other code, but a digest cannot. A comment shows the version."""
    used = re.findall(r"uses: (.+)", workflow.read_text())
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_the_hosted_checks_are_the_projects_own() -> None:
    """You can repeat locally what fails there."""
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    commands = {step["run"] for job in steps.values() for step in job["steps"] if "run" in step}
    assert commands == {".ci/run", "make demo"}


def test_the_hosted_checks_cover_the_declared_pythons() -> None:
    """Every version that the package declares is tested."""
    matrix = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["all"]["strategy"]
    claimed = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+", each)]
    assert matrix["matrix"]["python"] == claimed


def test_only_publishing_jobs_may_write() -> None:
    """A build runs code from many packages, so it has no permission to publish."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert all(
        "checkout" not in step.get("uses", "") for name in ("attest", "pypi", "github") for step in jobs[name]["steps"]
    )
