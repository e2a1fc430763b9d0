"""Follows a run until it has ended: redraws on a terminal, otherwise prints a line for each look."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError
from rich.live import Live

from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.fleets.runs.progress import Progress, Watcher, to_json
from chime_endpoints_cli.output.console.terminal import complain, console, write_raw
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.translation import in_one_line

from .view import View, as_line

_WINDOW = 12
"""The number of looks over which the rate is averaged."""
GOES_ON = "the run continues"
"""What an interruption means for the run."""
_PATIENCE = 120.0
"""Seconds until a run that was started must have begun."""


def follow(
    watcher: Watcher,
    fleet: Fleet,
    *,
    interval: float,
    as_json: bool = False,
    run: str | None = None,
    on_stderr: bool = False,
) -> Progress:
    """Show the progress until the run has ended, and return how it ended.

    Args:
        watcher: reads the progress.
        fleet: the fleet.
        interval: the pause between two looks, in seconds.
        as_json: whether to print an object a line.
        run: the run that was just started; until it is there, nothing is shown.
        on_stderr: whether the standard output is for something else.

    Raises:
        CommandError: or another error, if the first look fails.
    """
    looks = follow_looks(watcher.look, interval=interval, run=run)
    out = console(stderr=on_stderr)
    if as_json:
        return _last(looks, lambda now, rate: write_raw(json.dumps({"fleet": fleet.id} | to_json(now, rate)) + "\n"))
    if not out.is_terminal:
        show = complain if on_stderr else _print
        return _last(looks, lambda now, rate: show(as_line(now, rate)))
    with Live(console=out, auto_refresh=False) as live:
        return _last(looks, lambda now, rate: live.update(View(fleet=fleet, now=now, rate=rate), refresh=True))


def _print(line: str) -> None:
    write_raw(f"{line}\n")


def _last(looks: Iterator[tuple[Progress, float]], show: Callable[[Progress, float], None]) -> Progress:
    """Show every look, and return the last one."""
    try:
        for now, rate in looks:
            show(now, rate)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(GOES_ON) from None
    return now


def follow_looks(
    look: Callable[[], Progress],
    *,
    interval: float,
    run: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Progress, float]]:
    """Yield each look with the present rate, until the run has ended.

    A later look that fails is reported once for each kind of failure, and the next one is made as usual.

    Raises:
        CommandError: the run that was started is not there after some minutes, or the first look fails.
    """
    now = look()
    window: deque[Progress] = deque(maxlen=_WINDOW)
    failure, waited = "", 0.0
    while True:
        if window and (now.run and now.run.id) != (window[0].run and window[0].run.id):
            window.clear()
        rate = now.rate_since(window[0] if window else None)
        window.append(now)
        if run is None or (now.run is not None and now.run.id == run):
            run = None
            yield now, rate
            if now.phase.is_over:
                return
        elif (waited := waited + interval) > _PATIENCE:
            raise CommandError(f"run {run} has not begun", remedy="Run `chime-endpoints fleet status` to see why.")
        while True:
            sleep(interval)
            try:
                now = look()
                failure = ""
                break
            except (CommandError, ClientError, BotoCoreError) as error:
                if failure != (failure := in_one_line(error)):
                    complain(f"could not look: {failure}")
