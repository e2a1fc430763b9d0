"""Shells evaluate the output of `local status`."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from chime_endpoints_cli.local.background.settings import Shell, written_for

VALUES = {"PLAIN": "http://127.0.0.1:1", "ODD": 'it\'s $HOME, "`x`" \\ and a # sign; é'}
SHOW = "python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@pytest.mark.parametrize("program", ["sh", "bash", "zsh", "fish"])
def test_a_shell_that_evaluates_it_has_the_variables(program: str) -> None:
    """Values stay unchanged, and the user's profile is unset."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed here")
    shell, evaluate = (Shell.FISH, "cat | source") if program == "fish" else (Shell.SH, 'eval "$(cat)"')
    done = subprocess.run(
        [found, "-c", f"{evaluate}; {SHOW}"],
        input=f"# a comment\n{written_for(shell, VALUES)}",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "AWS_PROFILE": "production", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    environment = json.loads(done.stdout)
    assert {name: environment.get(name) for name in VALUES} == VALUES, done.stderr
    assert "AWS_PROFILE" not in environment
    assert not done.stderr


def test_powershell_gets_its_own_syntax() -> None:
    """A single quote in a value is doubled."""
    lines = written_for(Shell.POWERSHELL, {"A": "it's"}).splitlines()
    assert lines[0].startswith("Remove-Item Env:AWS_PROFILE")
    assert lines[1] == "$env:A = 'it''s'"
