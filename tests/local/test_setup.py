"""What `make` installs: which Node is taken, and what is said when something cannot be fetched."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.scripts import script


@pytest.fixture
def setup() -> ModuleType:
    """The script as a module."""
    return script("setup")


def _program(directory: Path, name: str, prints: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize("version", ["v22.1.0", "v24.0.0"])
def test_a_supported_node_of_the_machine_is_taken(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Nothing is downloaded that is there already."""
    _program(tmp_path, "node", f"{version} /opt/node")
    _program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.machine_node() == ("/opt/node", str(tmp_path / "npm"))


@pytest.mark.parametrize("version", ["v20.20.2", "v23.5.0", "nonsense"])
def test_an_unsupported_node_is_left_alone(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """It is end-of-life, or was never to be supported for long."""
    _program(tmp_path, "node", f"{version} /opt/node")
    _program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.machine_node() is None


def test_a_machine_without_npm_or_node_has_none(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are needed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.machine_node() is None
    _program(tmp_path, "node", "v24.0.0 /opt/node")
    assert setup.machine_node() is None


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "WARNING: Retrying after '[Errno -3] Temporary failure in name resolution'\nERROR: x",
            "Temporary failure in name resolution",
        ),
        ("npm error code EAI_AGAIN\nnpm error request failed, reason: getaddrinfo EAI_AGAIN", "getaddrinfo EAI_AGAIN"),
        ("OSError: [Errno 28] No space left on device", "No space left on device"),
    ],
)
def test_what_is_behind_a_failure_is_told_in_a_few_words(setup: ModuleType, output: str, reason: str) -> None:
    """Not the errors that follow from it."""
    assert setup.reason(output).strip() == reason


def test_a_failure_that_nobody_knows_is_shown_as_it_is(setup: ModuleType) -> None:
    """By the end of what the program printed."""
    shown = setup.reason("\n".join(f"line {number}" for number in range(20)))
    assert shown.split() == [word for number in range(14, 20) for word in ("line", str(number))]


def test_a_program_that_fails_is_told_of_with_a_remedy(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And all that it printed is in the log."""
    monkeypatch.setattr(setup, "LOG", tmp_path / "log")
    with pytest.raises(setup.SetupError) as caught:
        setup.run([sys.executable, "-c", "print('why'); raise SystemExit(1)"], what="no", remedy="try again")
    assert (caught.value.what, caught.value.why.strip(), caught.value.remedy) == ("no", "why", "try again")
    assert "why" in (tmp_path / "log").read_text()


def test_a_part_is_installed_again_only_if_what_it_depends_on_has_changed(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or if something of it is gone."""
    monkeypatch.setattr(setup, "TOOLS", tmp_path)
    made = tmp_path / "made"

    def part(depends_on: str) -> Any:
        return setup.Part(name="part", install=made.touch, makes=[made], depends_on=depends_on)

    assert not part("one").is_installed()
    setup.install(part("one"))
    assert part("one").is_installed()
    assert not part("two").is_installed()
    made.unlink()
    assert not part("one").is_installed()
