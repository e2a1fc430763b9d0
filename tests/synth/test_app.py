"""`app.py`, as the `cdk` CLI runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]


def run(
    tmp_path: Path, *, context: dict[str, Any] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the app in the repository, with its assembly in another directory."""
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "CDK_OUTDIR": str(tmp_path / "out"),
            "CDK_CONTEXT_JSON": json.dumps(context or {}),
            **environment,
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_it_synthesizes_the_repositorys_own_file(tmp_path: Path) -> None:
    """This works in a fresh clone without any variable."""
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "ChimeEndpoints.template.json").exists()


def test_nothing_that_cdk_deprecates_is_used(tmp_path: Path) -> None:
    """Each deprecated call would print a warning at every synth."""
    path = tmp_path / "many.yaml"
    entry = "type: GCM, application: 'arn:aws:mobiletargeting:us-east-1:111122223333:apps/1', tags: {team: chat}"
    user = "arn:aws:chime:us-east-1:111122223333:app-instance/0123/user/u"
    entries = (f"  e{n}: {{{entry}, user: '{user}{n}', device_token: {{parameter: p{n}}}}}\n" for n in range(20))
    path.write_text(f"stacks: 3\nendpoints:\n{''.join(entries)}", encoding="utf-8")
    done = run(tmp_path, context={"endpoints": str(path)}, JSII_DEPRECATED="warn")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "ChimeEndpoints3.template.json").exists()


def test_context_comes_before_the_environment(tmp_path: Path) -> None:
    """`-c NAME=value` and `NAME=value` both work."""
    arns = [f"arn:aws:mobiletargeting:us-east-1:111122223333:apps/{name}" for name in ("context", "environment")]
    run(tmp_path, context={"APPLICATION_ARN": arns[0]}, APPLICATION_ARN=arns[1])
    template = (tmp_path / "out" / "ChimeEndpoints.template.json").read_text(encoding="utf-8")
    assert arns[0] in template
    assert arns[1] not in template


def test_another_file_can_be_named(tmp_path: Path) -> None:
    """The option is `-c endpoints=PATH`. Mistakes are plain messages, and nothing is left to deploy."""
    path = tmp_path / "other.yaml"
    path.write_text("endpoints:\n  phone: {user: alice, type: FCM}\n", encoding="utf-8")
    done = run(tmp_path, context={"endpoints": str(path)})
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 4
    assert all(line.startswith(f"{path}:2:") for line in done.stderr.splitlines())
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    """The message says how to name another file."""
    done = run(tmp_path, context={"endpoints": "nowhere.yaml"})
    assert done.returncode == 1
    assert done.stderr.startswith("nowhere.yaml:1:1: cannot be read: No such file or directory.")


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"endpoints": ""}, "context: `endpoints` does not name a file. Pass -c endpoints=PATH"),
        ({"endpoints": {"file": "x"}}, "context: `endpoints` does not name a file."),
        ({"endpoints": "tests"}, "tests:1:1: cannot be read: Is a directory."),
        ({"endpoints": "a\0b"}, "a\0b:1:1: is not a valid file name."),
        (
            {"APPLICATION_ARN": {"Ref": "App"}},
            "endpoints.yaml:13:16: defaults: application: ${APPLICATION_ARN} is a map",
        ),
    ],
    ids=["empty", "map", "directory", "nul", "variable"],
)
def test_a_wrong_context_is_reported(tmp_path: Path, context: dict[str, Any], expected: str) -> None:
    """The message is a sentence, for the command line and for cdk.json."""
    done = run(tmp_path, context=context)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(expected)
    assert len(done.stderr.splitlines()) == 1


def test_an_error_of_cdk_at_the_end_is_reported_in_sentences(tmp_path: Path) -> None:
    """The stack trace of the Node process is not shown. In this test, the output directory is a file."""
    path = tmp_path / "out"
    path.write_text("")
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"The stacks cannot be synthesized: {path} must be a directory\n"


def test_a_machine_without_node_is_reported(tmp_path: Path) -> None:
    """CDK needs Node first."""
    done = run(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("AWS CDK could not start Node.js")
    assert "Traceback" not in done.stderr


def test_without_the_requirements_the_message_says_how_to_install_them(tmp_path: Path) -> None:
    """If the virtual environment is not active, the machine's Python runs the app."""
    python = str(Path(sys.executable).resolve())
    command = [python, "-I", "-S", "app.py"]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)  # noqa: S603 - ours
    assert done.returncode == 1
    assert done.stderr.startswith(f"aws_cdk is not installed for {python}. Activate the virtual environment")
    assert done.stderr.endswith("pip install -r requirements.txt\n")
    assert not (tmp_path / "out").exists()
