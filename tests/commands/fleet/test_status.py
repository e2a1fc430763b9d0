"""`fleet status` reads the headers of the ledgers; --watch follows the run until it has ended."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chime_endpoints_cli.account.fleets.finding import the_fleet
from chime_endpoints_cli.account.fleets.runs.progress import Phase, Progress, Watcher
from chime_endpoints_cli.account.fleets.runs.records import Run
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.status.following import follow_looks
from chime_endpoints_cli.commands.fleet.status.view import View, as_line
from chime_endpoints_cli.output.console.terminal import console
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_fleet.ledger import fleet as fleet_state
from chime_endpoints_fleet.ledger.header import OPEN
from chime_endpoints_fleet.runs.settings import Mode
from commands.fleet.conftest import RUN, DeployedFleet
from support.terminal import on_terminal

pytestmark = pytest.mark.slow


def status(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """The exit code and the status as JSON."""
    code = fleet.run("status", "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_fleet_that_has_not_run_says_so(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing in its bucket yet."""
    code, now = status(fleet, capsys)
    assert (code, now["phase"], now["run"]) == (ExitCode.DONE, "no run yet", None)


def test_the_phases_follow_from_the_objects(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """No execution is asked for."""
    fleet.begin()
    assert status(fleet, capsys)[1]["phase"] == "reading the manifest"
    fleet.store.put_json(f"runs/{RUN}/plan/00000", {})
    assert status(fleet, capsys)[1]["phase"] == "comparing"
    fleet.decide(counts={"create": 10}, shards=[0, 1])
    assert status(fleet, capsys)[1]["phase"] == "working"
    fleet.finish(registered=10)
    code, now = status(fleet, capsys)
    assert (code, now["phase"], now["is_over"]) == (ExitCode.DONE, "done", True)


def test_the_headers_are_added_up(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The rate is that since the run began to work."""
    lines = [fleet.line(f"key-{number}") for number in range(6)]
    fleet.register(lines, state=OPEN, todo=10, done=5, failed={"key-9": "CE-302"})
    fleet.decide(counts={"create": 10}, shards=[0, 1])
    code, now = status(fleet, capsys)
    assert code == ExitCode.FOUND
    assert (now["registered"], now["todo"], now["done"], now["failed"], now["remaining"]) == (6, 10, 4, 1, 5)
    assert fleet.run("status") == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert "Push/Fleet  working  run run-1" in shown
    assert "5 of 10" in shown
    assert "1 failed" in shown
    assert "6 registered. chime-endpoints fleet failures lists what failed." in shown


def test_headers_of_other_runs_do_not_count(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """A shard that the run has not come to yet has the figures of an earlier run."""
    fleet.register([fleet.line("one")], run="earlier", todo=7, done=7, failed={"x": "CE-302"})
    fleet.store.put_json(f"runs/{RUN}/plan/00000", {"counts": {"create": 3}})
    fleet.decide(counts={"create": 3}, shards=[0])
    code, now = status(fleet, capsys)
    assert (code, now["done"], now["failed"], now["registered"]) == (ExitCode.DONE, 0, 0, 1)


def test_a_resumed_run_goes_on_counting(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """What it had done before counts, in the bar and not in the rate."""
    lines = [fleet.line(f"key-{number}") for number in range(6)]
    fleet.register(lines, state=OPEN, todo=4, done=1)
    fleet.decide(counts={"create": 4}, done=6, shards=[0, 1], at=time.time() - 10)
    _, now = status(fleet, capsys)
    assert (now["todo"], now["done"], now["remaining"]) == (10, 7, 3)
    assert now["per_second"] == pytest.approx(0.1, abs=0.03)


def test_a_refused_run_says_why(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was changed."""
    fleet.begin()
    fleet.decide(refused="3 lines are wrong in the manifest.")
    fleet.finish(ok=False, reason="3 lines are wrong in the manifest.")
    assert fleet.run("status") == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert "refused" in shown
    assert "3 lines are wrong in the manifest." in shown


def test_a_run_that_writes_nothing_for_long_does_not_progress(fleet: DeployedFleet) -> None:
    """Its execution may have been stopped; old ledgers of a run that has just begun mean nothing."""
    fleet.register([fleet.line("one")])
    fleet.decide(counts={"create": 3}, shards=[0])
    deployed = the_fleet(fleet.account.services, None, None)
    later = datetime.now(UTC) + timedelta(hours=1)
    quiet = Watcher(fleet.account.services, deployed, now=lambda: later).look()
    assert (quiet.phase, quiet.phase.is_over, quiet.phase.is_bad) == (Phase.QUIET, True, True)
    with on_terminal() as terminal:
        console().print(View(fleet=deployed, now=quiet, rate=0))
    assert "Start it again: chime-endpoints fleet resume" in " ".join(terminal.shown.split())
    assert Watcher(fleet.account.services, deployed).look().phase is Phase.WORKING


def test_a_stopped_run_is_no_failure(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody has asked for it."""
    fleet.begin()
    fleet_state.change(fleet.store, lambda state: replace(state, stopped=RUN))
    fleet.finish(ok=False, reason="CE-705: The run was stopped with `chime-endpoints fleet stop`.")
    code, now = status(fleet, capsys)
    assert (code, now["phase"], now["is_over"]) == (ExitCode.DONE, "stopped", True)


def test_a_fleet_that_is_being_divided_counts_undivided_shards(
    fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its endpoints are in the ledgers of the lower level until workers have divided them."""
    fleet.level = 0
    fleet.register([fleet.line("one"), fleet.line("two")])
    fleet.level = 1
    fleet.begin(is_complete=False)
    assert status(fleet, capsys)[1]["registered"] == 2


def test_a_terminal_shows_a_bar(fleet: DeployedFleet) -> None:
    """It fits 80 columns."""
    lines = [fleet.line(f"key-{number}") for number in range(6)]
    fleet.register(lines, state=OPEN, todo=10, done=4)
    fleet.decide(counts={"create": 10}, shards=[0, 1])
    with on_terminal() as terminal:
        fleet.run("status")
    assert "━" in terminal.shown
    assert max(map(len, terminal.shown.splitlines())) <= 80


def test_the_interval_needs_watch(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise, it would be ignored silently."""
    assert fleet.run("status", "--interval", "3") == ExitCode.FAILED
    assert "--interval does nothing without --watch" in capsys.readouterr().err


def test_watch_prints_a_line_for_each_look_and_ends_with_the_run(
    fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal, nothing is redrawn. Its exit code is that of the last look."""
    fleet.register([fleet.line("one")], todo=2, done=2, failed={"two": "CE-302"})
    fleet.decide(counts={"create": 2}, shards=[0])
    fleet.finish(ok=False, reason="1 endpoint failed")
    assert fleet.run("status", "--watch") == ExitCode.FOUND
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("failed, 2 of 2, 1 failed, 1 registered, 1 endpoint failed")
    assert fleet.run("status", "--watch", "--json") == ExitCode.FOUND
    assert json.loads(capsys.readouterr().out)["phase"] == "failed"


def test_watch_redraws_on_a_terminal(fleet: DeployedFleet) -> None:
    """The last look stays."""
    fleet.register([fleet.line("one")], todo=1, done=1)
    fleet.decide(counts={"create": 1}, shards=[0])
    fleet.finish()
    with on_terminal() as terminal:
        assert fleet.run("status", "--watch") == ExitCode.DONE
    assert "Push/Fleet  done  run run-1" in terminal.shown
    assert "1 of 1" in terminal.shown


def test_an_interrupted_watch_leaves_the_run_alone(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 130, and the message says that the run goes on."""
    fleet.register([fleet.line("one")])
    fleet.decide(counts={"create": 2}, shards=[0])

    def interrupt() -> None:
        for _ in range(200):
            time.sleep(0.05)
            if "working" in (shown := capsys.readouterr()).out:
                os.kill(os.getpid(), signal.SIGINT)
                return
            assert not shown.err

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread = threading.Thread(target=interrupt)
        thread.start()
        assert fleet.run("status", "--watch", "--interval", "60") == ExitCode.INTERRUPTED
        thread.join()
    finally:
        signal.signal(signal.SIGINT, previous)
    assert "interrupted: the run continues" in capsys.readouterr().err


BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)


def looks(*done: int | Exception | None, run: str | None = None) -> list[tuple[int, float, str]]:
    """What is shown for looks of ten seconds each, of a run with a hundred operations; None is another run."""
    states: list[Callable[[], Progress]] = []
    for number, each in enumerate(done):
        states.append(lambda number=number, each=each: _look(number, each, is_last=number == len(done) - 1))  # type: ignore[misc]
    left = iter(states)
    shown = follow_looks(lambda: next(left)(), interval=10, run=run, sleep=lambda _: None)
    return [(now.done, round(rate, 1), as_line(now, rate)) for now, rate in shown]


def _look(number: int, done: int | Exception | None, *, is_last: bool) -> Progress:
    if isinstance(done, Exception):
        raise done
    run = Run(id="old" if done is None else "new", plan={"todo": 100, "at": BEGAN.timestamp()})
    phase = Phase.DONE if is_last or done is None else Phase.WORKING
    at = BEGAN + timedelta(seconds=10 * number)
    return Progress(at=at, run=run, phase=phase, todo=100, done=done or 0)


def test_the_rate_is_that_of_the_last_looks() -> None:
    """The remaining time follows from it."""
    shown = looks(0, 20, 60, 100)
    assert [rate for _, rate, _ in shown] == [0, 2, 3, 3.3]
    assert shown[1][2] == "2026-11-28T12:00:10Z, working, 20 of 100, 2.0/s, 40 s left, 0 registered"


def test_a_look_that_fails_does_not_end_the_watch(capsys: pytest.CaptureFixture[str]) -> None:
    """The same failure is reported once."""
    failure = CommandError("no network")
    assert [done for done, _, _ in looks(0, failure, failure, 100)] == [0, 100]
    assert capsys.readouterr().err.count("could not look: no network") == 1


def test_the_first_look_that_fails_ends_the_watch() -> None:
    """There is nothing to show."""
    with pytest.raises(CommandError, match="no network"):
        looks(CommandError("no network"))


def test_a_run_that_was_just_started_is_waited_for() -> None:
    """Until then, the end of the run before it means nothing."""
    assert [done for done, _, _ in looks(None, None, 50, 100, run="new")] == [50, 100]
    with pytest.raises(CommandError, match="run new has not begun"):
        looks(*[None] * 20, run="new")


@pytest.mark.parametrize("mode", [Mode.DRAIN, Mode.DELETE, Mode.CHECK])
def test_what_the_run_is_for_is_shown(fleet: DeployedFleet, mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
    """A drain is not mistaken for a failure."""
    fleet.begin(mode)
    fleet.run("status")
    assert {"drain": "drain: ", "delete": "deletion: ", "check": "check: "}[mode] in capsys.readouterr().out
