"""What a run leaves is found and deleted, and nothing else is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from chime_endpoints_emulator import Fault, identity_backend, push_backend
from live.account import Account
from live.command import run
from live.conformance import conform
from live.in_progress import in_progress
from live.run import PREFIX, Run
from live.sandbox.leftovers import find, remove
from live.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.slow

REGISTER = "RegisterAppInstanceUserEndpoint"


def test_what_cannot_be_deleted_is_named_and_the_rest_is_deleted(account: Account) -> None:
    """What someone else has just deleted is no failure."""
    made = Run.new()
    sandbox = Sandbox(account, made)
    sandbox.application()
    sandbox.application("other")
    sandbox.app_instance  # noqa: B018 - creates it
    found = find(account, stacks=False)
    push_backend().delete_app(application_id=found[-1].identifier)
    identity_backend().faults.append(Fault.deny("DeleteAppInstance"))
    [failure] = remove(account, found)
    assert failure.startswith(f"app instance {made.name('app')}: ")
    assert "AccessDenied" in failure
    assert [each.kind for each in find(account, stacks=False)] == ["app instance"]


def test_an_interrupted_run_leaves_nothing(account: Account) -> None:
    """This includes Ctrl-C between two probes, and SIGTERM, which the command turns into the same."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupt = Fault(REGISTER, nth=9, call=lambda: os.kill(os.getpid(), signal.SIGINT))
        identity_backend().faults.append(interrupt)
        with pytest.raises(KeyboardInterrupt):
            conform(account, Run.new(), disturbing=False, quick=True, stacks=False)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert not identity_backend().app_instances
    assert not push_backend().applications


def test_the_next_run_deletes_what_a_killed_one_left(account: Account, tmp_path: Path) -> None:
    """It leaves runs alone that may be in progress, in this clone or in another."""
    old, killed, here, elsewhere = Run("t00000abc"), Run.new(), Run.new(), Run.new()
    for each in (old, killed, here, elsewhere):
        Sandbox(account, each).application()
        Sandbox(account, each).app_instance  # noqa: B018 - creates it
    with in_progress(here):
        (tmp_path / ".local" / "live" / killed.key).touch()  # without its lock, as a killed process leaves it
        assert run(["--yes", "--no-stacks", "--profile", str(tmp_path / "p.json")]) == 0
    assert {each.run for each in find(account, stacks=False)} == {here, elsewhere}
    assert [each.name for each in (tmp_path / ".local" / "live").iterdir()] == [killed.key]


def test_clean_up_deletes_what_all_runs_left(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """It names everything first, and a second time there is nothing."""
    made = Run.new()
    Sandbox(account, made).application()
    assert run(["--clean-up", "--no-stacks"]) == 1
    assert made.name("push") in capsys.readouterr().out
    assert len(find(account, stacks=False)) == 1
    assert run(["--clean-up", "--no-stacks", "--yes"]) == 0
    assert not find(account, stacks=False)
    assert run(["--clean-up", "--no-stacks"]) == 0
    assert "No run has left anything" in capsys.readouterr().out


def test_a_runs_names_fit_every_service() -> None:
    """A bucket's may have 63 characters, and lower case only; a run is read from them."""
    made = Run.new()
    assert Run.of(made.name("code")) == Run.of(made.name("life-create")) == made
    assert len(made.name("life-create")) <= 63
    assert abs(made.began - Run.new().began) < 5
    for name in ("chat", PREFIX, f"{PREFIX}abc", f"x{made.name('code')}", f"{made.name('code')} "):
        assert Run.of(name) is None
