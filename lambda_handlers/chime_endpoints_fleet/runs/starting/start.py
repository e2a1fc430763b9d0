"""Start a run, in place of the one that is at work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ...ledger import fleet as fleets
from ...store import Store, compact
from .. import settings as run_settings
from ..checking.report import NEWEST
from ..ending import response, signal
from ..ending.codes import FleetCode
from ..ending.response import Answer, NotDeliveredError, Post
from ..settings import Mode, Settings, read_settings
from .executions import Executions, clock_of

_REPLACED = f"{FleetCode.REPLACED}: A newer run has replaced this run."


class FleetEndedError(Exception):
    """A deletion has ended the fleet, so that no other run can begin."""


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Starts and stops the runs of one fleet."""

    store: Store
    executions: Executions
    post: Post
    now: Callable[[], float]

    def start(self, run: str, settings: Settings, *, clock: int | None) -> None:
        """Start a run. Started again with the same id, it changes nothing.

        Args:
            run: the id of the run.
            settings: its settings.
            clock: the seconds after which CloudFormation is answered in any case; None if it does not wait.

        Raises:
            OtherFleetError: the prefix in the bucket belongs to another fleet.
            FleetEndedError: a deletion has ended the fleet.
        """
        if settings.mode is not Mode.CHECK:  # a check changes nothing, and so replaces no run
            entered = self._enter(run, settings)
            for before in entered.replaced:
                self.end(before, _REPLACED)
            fleets.change(self.store, lambda fleet: replace(fleet, replaced=_without(fleet, entered.replaced)))
        if settings.mode is Mode.DELETE and (check := self.store.json(NEWEST)) is not None:
            self.end(check["run"], _REPLACED)  # it may write nothing after the bucket was emptied
            if self.store.get(result_name := f"runs/{check['run']}/result") is None:
                result = {"run": check["run"], "ok": False, "reason": _REPLACED, "ended": round(self.now(), 1)}
                self.store.put_json(result_name, result)
        run_settings.save(self.store, run, settings)
        if settings.mode is Mode.CHECK:
            self._name_check(run)
        if clock is not None:
            self.executions.start(clock_of(run), self.store.fleet, run, clock=clock)
        self._execute(run, run)

    def resume(self, fleet: fleets.Fleet) -> None:
        """Start another execution of the newest run, which continues where the last one ended.

        A run whose objects have expired reads the manifest again.
        """
        run = fleet.run
        if self.store.get(run_settings.name_of(run)) is None:
            kept = (response.name_of(run), signal.name_of(run), _executions(run))
            self.store.delete([name for name in self.store.names(f"runs/{run}/") if name not in kept])
            run_settings.save(self.store, run, read_settings(fleet.settings))
        self.store.delete([f"runs/{run}/result"])
        fleets.change(self.store, lambda each: replace(each, stopped=""))
        self._execute(run, f"{run[:60]}-{int(self.now() * 1000):x}")

    def end(self, run: str, reason: str) -> None:
        """Stop the executions of a run. Whoever waits for it learns the reason."""
        names = self.store.json(_executions(run)) or [run]
        for name in (*names, clock_of(run)):
            self.executions.stop(name)
        with suppress(NotDeliveredError):  # nobody waits for a response that cannot be delivered
            response.respond(self.store, run, Answer(reason=reason), self.post)
        with suppress(NotDeliveredError):
            signal.send(self.store, run, self.post, reason=reason, data=run)

    def _enter(self, run: str, settings: Settings) -> fleets.Fleet:
        """Make a run the newest, so that workers of others stop, and note whose executions are to be stopped."""

        def entered(fleet: fleets.Fleet) -> fleets.Fleet:
            newest = fleet.entered(run, **settings.entry())
            if fleet.ended:
                raise FleetEndedError
            replaced = fleet.replaced if fleet.run in ("", run) else (*fleet.replaced, fleet.run)
            return replace(newest, replaced=replaced)

        return fleets.change(self.store, entered)

    def _name_check(self, run: str) -> None:
        """Let a deletion that begins from now on find the check."""
        self.store.put_json(NEWEST, {"run": run})
        if not run_settings.is_at_work(self.store, run):
            self.store.delete([NEWEST, run_settings.name_of(run)])
            raise FleetEndedError

    def _execute(self, run: str, name: str) -> None:
        """Start an execution, after its name is written down so that it can be stopped."""
        names = self.store.json(_executions(run)) or []
        if name not in names:
            self.store.put(_executions(run), compact([*names, name]))
        self.executions.start(name, self.store.fleet, run)


def _without(fleet: fleets.Fleet, stopped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in fleet.replaced if each not in stopped)


def _executions(run: str) -> str:
    return f"runs/{run}/executions"
