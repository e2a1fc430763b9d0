"""What `init` writes, and what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from chime_endpoints.declared.load import load
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run

FILES = {"endpoints.yaml", "app.py", "cdk.json", "requirements.txt", ".gitignore"}


def _files(directory: Path) -> dict[str, str]:
    return {path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_an_empty_directory_becomes_a_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own directory needs no name. The next steps are printed."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == ExitCode.DONE
    assert set(_files(tmp_path)) == FILES
    printed = capsys.readouterr().out
    assert all(name in printed for name in FILES)
    assert "cd " not in printed
    assert printed.endswith("cdk deploy\n")


def test_a_directory_that_is_not_there_is_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next steps begin in it."""
    directory = tmp_path / "new" / "push"
    assert run(["init", str(directory)]) == ExitCode.DONE
    assert set(_files(directory)) == FILES
    assert f"cd {directory}\n" in capsys.readouterr().out


@pytest.mark.parametrize("existing", [{"app.py"}, {"endpoints.yaml", ".gitignore"}, FILES])
def test_nothing_is_overwritten(existing: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file that is already there is named, and no other is written."""
    for name in existing:
        (tmp_path / name).write_text("mine")
    assert run(["init", str(tmp_path)]) == ExitCode.FAILED
    assert _files(tmp_path) == dict.fromkeys(existing, "mine")
    told = capsys.readouterr().err
    assert set(told.partition("error: ")[2].partition(" already exist")[0].split(", ")) == existing
    assert "nothing was written" in told


def test_a_link_that_leads_nowhere_is_there_already(tmp_path: Path) -> None:
    """Its target would be written otherwise."""
    (tmp_path / "app.py").symlink_to(tmp_path / "elsewhere.py")
    assert run(["init", str(tmp_path)]) == ExitCode.FAILED
    assert not (tmp_path / "elsewhere.py").exists()


def test_other_files_do_not_matter(tmp_path: Path) -> None:
    """For example, the directory is a Git repository with a virtual environment."""
    (tmp_path / "README.md").write_text("mine")
    assert run(["init", str(tmp_path)]) == ExitCode.DONE
    assert set(_files(tmp_path)) == {*FILES, "README.md"}


def test_a_failure_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A process can write only 1000 bytes to a file here, as if the disk were full."""
    program = (
        "import resource, signal, sys; from chime_endpoints_cli.main import run;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "sys.exit(run(['init', sys.argv[1]]))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, "[CE-612]" in done.stderr) == (ExitCode.FAILED, True)
    assert _files(tmp_path) == {}
    (tmp_path / "file").touch()
    assert run(["init", str(tmp_path / "file")]) == ExitCode.FAILED
    assert "[CE-612]" in capsys.readouterr().err


def test_the_declaration_is_valid_and_commented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has an entry for each kind of token source, without any variable."""
    assert run(["init", str(tmp_path)]) == ExitCode.DONE
    path = tmp_path / "endpoints.yaml"
    assert run(["validate", str(path)]) == ExitCode.DONE
    assert "2 endpoints in 1 stack" in capsys.readouterr().out
    assert {entry.declaration.type for entry in load(path, lambda _: None).entries} == {"APNS", "GCM"}
    assert sum("#" in line for line in path.read_text().splitlines()) > 10


def test_the_project_asks_for_this_version(tmp_path: Path) -> None:
    """So that a new installation synthesizes the same stack."""
    assert run(["init", str(tmp_path)]) == ExitCode.DONE
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    (requirement,) = (Requirement(line) for line in lines if not line.startswith("#"))
    assert (requirement.name, requirement.extras) == ("cdk-chime-endpoints", {"cli"})
    assert str(requirement.specifier) == f"=={version('cdk-chime-endpoints')}"


@pytest.mark.cdk
def test_the_project_synthesizes(tmp_path: Path) -> None:
    """With the command of cdk.json, the installed package, and nothing else."""
    assert run(["init", str(tmp_path)]) == ExitCode.DONE
    app = json.loads((tmp_path / "cdk.json").read_text())["app"]
    assert app == "python3 app.py"
    assert "Path" not in (tmp_path / "app.py").read_text()
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path / "cdk.out")}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    template = json.loads((tmp_path / "cdk.out" / "ChimeEndpoints.template.json").read_text())
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("Custom::ChimeAppInstanceUserEndpoint") == 2


@pytest.mark.cdk
def test_an_environment_that_is_not_active_is_reported(tmp_path: Path) -> None:
    """By one message with the remedy: `cdk` starts the first Python of the PATH."""
    assert run(["init", str(tmp_path)]) == ExitCode.DONE
    done = subprocess.run(
        [sys.executable, "-S", "-E", "app.py"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("chime_endpoints is not installed for ")
    assert "pip install -r requirements.txt" in done.stderr
