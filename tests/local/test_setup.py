"""Which Node `make` uses, and what it reports if a download fails."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from support.scripts import script

pytestmark = pytest.mark.slow


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
    """Nothing is downloaded."""
    _program(tmp_path, "node", f"{version} /opt/node")
    _program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.machine_node() == ("/opt/node", str(tmp_path / "npm"))


@pytest.mark.parametrize("version", ["v20.20.2", "v23.5.0", "nonsense"])
def test_an_unsupported_node_is_left_alone(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """It is past its end of life, or its release is supported only briefly."""
    _program(tmp_path, "node", f"{version} /opt/node")
    _program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.machine_node() is None


def test_node_without_npm_is_not_used(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_the_cause_of_a_failure_is_reported_in_a_few_words(setup: ModuleType, output: str, reason: str) -> None:
    """Errors that only follow from it are not shown."""
    assert setup.reason(output).strip() == reason


def test_an_unknown_failure_is_shown_unchanged(setup: ModuleType) -> None:
    """The message contains the end of the program's output."""
    shown = setup.reason("\n".join(f"line {number}" for number in range(20)))
    assert shown.split() == [word for number in range(14, 20) for word in ("line", str(number))]


def test_a_failing_program_is_reported_with_a_remedy(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log contains the complete output."""
    monkeypatch.setattr(setup, "LOG", tmp_path / "log")
    monkeypatch.setattr(setup, "TOOLS", tmp_path)
    with pytest.raises(setup.SetupError) as caught:
        setup.run([sys.executable, "-c", "print('why'); raise SystemExit(1)"], name="this", remedy="try again")
    assert (caught.value.what, caught.value.why.strip()) == ("could not install this", "why")
    assert caught.value.remedy == "try again"
    assert "why" in (tmp_path / "log").read_text()


def test_what_was_installed_from_other_files_does_not_count(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed lock file causes another installation, an unchanged one does not."""
    monkeypatch.setattr(setup, "TOOLS", tmp_path)
    assert setup.Stamp("part", "one").installed() == set()
    setup.Stamp("part", "one").note({"local"})
    assert setup.Stamp("part", "one").installed() == {"local"}
    assert setup.Stamp("part", "two").installed() == set()


def test_a_damaged_note_does_not_count(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part is installed again."""
    monkeypatch.setattr(setup, "TOOLS", tmp_path)
    setup.Stamp("part", "one").path.write_text("{")
    assert setup.Stamp("part", "one").installed() == set()


def test_long_steps_show_their_progress(setup: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The line starts with the name of what is installed, on a terminal and elsewhere."""
    with setup.progress("the cdk command", 30):
        pass
    assert capsys.readouterr().out == "Installing the cdk command …\n"


def test_pips_index_serves_uv_as_well(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that is configured for pip also works for uv."""
    monkeypatch.setattr(setup, "VENV", Path(sys.prefix))
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert setup.pips_settings()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    assert "UV_DEFAULT_INDEX" not in setup.pips_settings()
