"""The directories of runs, and how long they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints_cli.local.background.directories import hold, is_held, run_directory
from chime_endpoints_cli.output.errors import CommandError


def test_a_run_that_succeeds_leaves_nothing(tmp_path: Path) -> None:
    """Its directory is removed."""
    with run_directory(tmp_path) as directory:
        assert directory.is_dir()
    assert not directory.exists()


def test_a_run_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C is not a failure that needs logs."""
    with pytest.raises(KeyboardInterrupt), run_directory(tmp_path) as directory:
        raise KeyboardInterrupt
    assert not directory.exists()


def test_a_run_that_fails_keeps_its_logs_until_the_next(tmp_path: Path) -> None:
    """The error says where they are."""
    with pytest.raises(CommandError) as caught, run_directory(tmp_path) as failed:
        raise CommandError("no")
    assert str(failed) in caught.value.__notes__[0]
    assert failed.exists()
    with run_directory(tmp_path):
        assert not failed.exists()


def test_two_runs_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    """A run removes only directories that are not in use."""
    with run_directory(tmp_path) as first, run_directory(tmp_path) as second:
        assert first.exists()
        assert second.exists()
        assert first != second


def test_one_process_at_a_time_uses_a_directory(tmp_path: Path) -> None:
    """The second process gets an error, and can use the directory later."""
    assert not is_held(tmp_path / "missing")
    with hold(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(BlockingIOError), hold(tmp_path):
            pass
    assert not is_held(tmp_path)
