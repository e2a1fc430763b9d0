"""The project that `chime-endpoints init` writes, deployed by the real cdk command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.test_local_commands import command

pytestmark = pytest.mark.e2e


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A directory whose cloud is stopped at the end."""
    yield tmp_path
    assert command(tmp_path, "local", "down").returncode == 0


def test_a_new_project_is_deployed_and_destroyed(directory: Path) -> None:
    """Nothing is added to what `init` wrote: the local cloud has what the placeholders refer to."""
    for arguments in (["init"], ["validate"], ["local", "up"], ["local", "deploy"]):
        done = command(directory, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads(command(directory, "list", "--local", "--json").stdout)["endpoints"]
    assert {(endpoint["type"], endpoint["name"]) for endpoint in listed} == {
        ("APNS", "Alice's phone"),
        ("GCM", "Bob's tablet"),
    }
    assert {endpoint["held_by"]["stack"] for endpoint in listed} == {"ChimeEndpoints"}
    assert command(directory, "drift", "--local").returncode == 0
    assert command(directory, "local", "destroy").returncode == 0
    assert json.loads(command(directory, "list", "--local", "--json").stdout)["endpoints"] == []
