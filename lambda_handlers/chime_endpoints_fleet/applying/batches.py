"""Work on one shard: batches of changes, each written down before its first call and after its last."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

from ..ledger import shard_ledger
from ..ledger.entry import Intent
from ..ledger.header import CLOSED, OPEN
from ..ledger.shard_ledger import Ledger
from ..manifest.digests import digests_of
from ..manifest.lines import Declared
from ..store import LostRaceError, Store
from .assignment import Assignment, Batching, Report, Wanted, Worked
from .difference import FREEING, Change, Kind, difference, next_batch
from .failures import CONFLICTS, Failures
from .forgotten import settle_forgotten
from .handling.calling import Patience
from .handling.event import Limits
from .handling.others import Others
from .handling.pace import Pace
from .handling.surroundings import Surroundings
from .operations import Operations, Outcome

_SAFETY = 10.0
"""Seconds before the end of a lease in which no call begins; a call takes less."""
_KEPT_OF_FUNCTION = 15.0
_ASKS_AGAIN = 10.0
"""Seconds after which to look whether the other worker has given the shard back before its lease ends."""
_SHARE_TO_BEGIN = 0.8
"""Of the time of a change, what must be left to begin it."""
_MOST_TRANSIENT = 50
"""Failures of the service itself after which a round gives up on a shard."""


class Worker:
    """Works on one shard as long as there is time."""

    def __init__(
        self,
        store: Store,
        assignment: Assignment,
        *,
        wanted: Wanted,
        report: Report,
        others: Others,
        surroundings: Surroundings,
        batching: Batching,
        time_left: Callable[[], float],
        is_current: Callable[[], bool],
    ) -> None:
        """Prepare the work.

        Args:
            store: the fleet's objects.
            assignment: the shard.
            wanted: returns what a run declares.
            report: writes down what failed, before the ledger says so.
            others: the other keys of the fleet.
            surroundings: clocks and clients.
            batching: the sizes of batches.
            time_left: returns the seconds that the function has left.
            is_current: whether the run is still the fleet's newest one, and was not stopped.
        """
        self._store = store
        self._assignment = assignment
        self._wanted = wanted
        self._report = report
        self._others = others
        self._surroundings = surroundings
        self._batching = batching.at(assignment.rate)
        self._time_left = time_left
        self._is_current = is_current
        self._me = uuid4().hex
        self._lease_ends = surroundings.monotonic()
        self._failures = Failures()
        self._pace = Pace(assignment.rate, now=surroundings.monotonic, sleep=surroundings.sleep)
        is_first_round = assignment.round == assignment.first_round
        self._patience = Patience(assignment.began, surroundings.now, is_first_round)

    def work(self) -> Worked:
        """Work on the shard; another worker's lease or write ends it."""
        try:
            return self._work()
        except LostRaceError:
            return Worked(done=False, wait=math.ceil(_SAFETY))

    def _work(self) -> Worked:
        mine, ledger = self._assignment, shard_ledger.load(self._store, self._assignment.level, self._assignment.shard)
        header = ledger.header
        if header.is_closed_by(mine.run, mine.round):
            return Worked(done=True)
        # Asked after the ledger was read: if a newer run writes it from now on, this worker's write fails.
        if not self._is_current():
            return Worked(done=True)
        left_of_lease = header.lease - self._surroundings.now()
        if header.state == OPEN and left_of_lease > 0:
            return Worked(done=False, wait=math.ceil(min(left_of_lease, _ASKS_AGAIN)) + 1)
        is_continued = (header.run, header.round) == (mine.run, mine.round)
        is_later = header.run == mine.run and mine.first_round <= header.round < mine.round
        ledger = replace(
            ledger,
            header=replace(
                header,
                run=mine.run,
                round=mine.round,
                state=OPEN,
                by=self._me,
                passes=header.passes + 1,
                done=header.done if is_continued else 0,
                failed=header.failed if is_continued else header.failed_for_good(CONFLICTS) if is_later else {},
                again=header.again if is_continued else (),
                freed=header.freed if is_continued else 0,
                untried=0,
                calls=header.calls if header.run == mine.run else 0,
                throttled=header.throttled if header.run == mine.run else 0,
            ),
        )
        with ThreadPoolExecutor(self._batching.threads) as pool:
            ledger = self._finish_interrupted(ledger, pool)
            return self._change_all(ledger, pool)

    def _finish_interrupted(self, ledger: Ledger, pool: ThreadPoolExecutor) -> Ledger:
        """Carry out the intents of a worker that was interrupted, as they were begun; keep those still in doubt.

        Those that the lease leaves no time for are begun under the next one. If the function itself has no time left,
        they are kept, and the next worker goes on with them.
        """
        left = list(ledger.header.intents)
        declared = (
            {run: self._wanted(run) for run in {self._assignment.run, *(each.run for each in left)}} if left else {}
        )
        kept: list[Intent] = []
        while left and self._has_time:
            batch, left = left[: self._batching.batch], left[self._batching.batch :]
            ledger = self._save(ledger, intents=[*kept, *batch, *left])
            outcomes = self._carry_out(ledger, batch, declared, pool, is_repeated=True)
            kept += [intent for intent, outcome in outcomes if outcome is not None and outcome.is_in_doubt]
            left = [intent for intent, outcome in outcomes if outcome is None] + left
            self._note_failures(outcome for _, outcome in outcomes if outcome is not None and outcome.is_in_doubt)
            ledger = self._noted(ledger, outcomes)
        return replace(ledger, header=replace(ledger.header, intents=(*kept, *left)))

    @property
    def _has_time(self) -> bool:
        """Whether the function has time for another batch."""
        return self._time_left() >= self._batching.seconds + _KEPT_OF_FUNCTION

    def _change_all(self, ledger: Ledger, pool: ThreadPoolExecutor) -> Worked:
        mine = self._assignment
        declared = {mine.run: self._wanted(mine.run)}
        kept = list(ledger.header.intents)
        doubtful = {each.key for each in kept}
        changes = difference(self._store.fleet, declared[mine.run], ledger.entries)
        queue = [change for change in changes if change.key not in doubtful and change.key not in ledger.header.failed]
        done = ledger.header.done
        if kept and not self._has_time:
            return self._give_back(ledger, kept, queue, done)
        while queue:
            if not self._has_time:
                return self._give_back(ledger, kept, queue, done)
            if self._failures.transient >= _MOST_TRANSIENT:
                break
            batch, queue = next_batch(queue, declared[mine.run], self._batching.batch)
            intents = [self._intent(change, ledger, declared[mine.run].get(change.key)) for change in batch]
            ledger = self._save(ledger, intents=[*kept, *intents], done=done, todo=done + len(batch) + len(queue))
            # Asked after the write: a newer run first makes itself known, and then reads the ledgers.
            if not self._is_current():
                return self._give_back(ledger, kept, [*batch, *queue], done)
            outcomes = self._carry_out(ledger, intents, declared, pool, is_repeated=False)
            self._note_failures(outcome for _, outcome in outcomes if outcome is not None)
            ledger = self._noted(ledger, outcomes)
            more = []
            for (_, outcome), change in zip(outcomes, batch, strict=True):
                if outcome is None:
                    more.append(change)
                    continue
                done += 1
                if outcome.is_in_doubt:
                    kept.append(outcome.intent)
                elif outcome.failure is None and outcome.entry is not None and outcome.entry.predecessors:
                    more.append(Change(change.key, Kind.REMOVE))
            queue = more + queue
        self._save(ledger, state=CLOSED, intents=kept, done=done, todo=done + len(queue), untried=len(queue), lease=0.0)
        return Worked(done=True)

    def _give_back(self, ledger: Ledger, kept: Sequence[Intent], queue: Sequence[Change], done: int) -> Worked:
        """Leave the shard to the next worker, which may begin at once."""
        self._save(ledger, intents=kept, done=done, todo=done + len(queue), lease=0.0)
        return Worked(done=False)

    def _intent(self, change: Change, ledger: Ledger, line: Declared | None) -> Intent:
        # A request id of its own for each pass: the service may remember what an earlier pass registered and removed.
        intent = Intent(
            key=change.key,
            operation=change.kind,
            request_id=f"{self._assignment.run}.{ledger.header.passes}",
            run=self._assignment.run,
            at=self._surroundings.now(),
        )
        if line is None or change.kind not in (Kind.CREATE, Kind.REPLACE):
            return intent
        settled = digests_of(self._store.fleet, line.properties).settled
        return replace(intent, user_arn=line.properties["AppInstanceUserArn"], settled=settled)

    def _carry_out(
        self,
        ledger: Ledger,
        intents: Sequence[Intent],
        declared: Mapping[str, Mapping[str, Declared]],
        pool: ThreadPoolExecutor,
        *,
        is_repeated: bool,
    ) -> list[tuple[Intent, Outcome | None]]:
        """Carry out intents; None in the place of an outcome if there was no time to begin."""
        operations = Operations(
            fleet=self._store.fleet,
            stack_id=self._assignment.stack_id,
            logical_id=self._assignment.logical_id,
            surroundings=self._surroundings,
            limits=Limits(pace=self._pace, patience=self._patience, left=self._left, seconds=self._batching.seconds),
            may_adopt=self._assignment.may_adopt,
            others=self._others,
            entries=ledger.entries,
        )

        def one(intent: Intent) -> Outcome | None:
            if self._left() < _SHARE_TO_BEGIN * self._batching.seconds:
                return None
            line = declared[intent.run].get(intent.key)
            is_early = self._patience.is_early
            if line is None and intent.operation not in (Kind.REMOVE, Kind.DELETE):
                now = declared[self._assignment.run].get(intent.key)
                is_adopted = now is not None and bool(now.properties.get("AdoptExisting"))
                outcome = settle_forgotten(operations, intent, is_adopted=is_adopted)
            else:
                outcome = operations.carry_out(intent, line, is_repeated=is_repeated)
            return replace(outcome, is_early=is_early)

        return list(zip(intents, pool.map(one, intents), strict=True))

    def _noted(self, ledger: Ledger, outcomes: Iterable[tuple[Intent, Outcome | None]]) -> Ledger:
        """Return the ledger with the entries that changes have led to."""
        entries, freed = dict(ledger.entries), ledger.header.freed
        for intent, outcome in outcomes:
            if outcome is None:
                continue
            freed += outcome.failure is None and intent.operation in FREEING
            if outcome.entry is None:
                entries.pop(intent.key, None)
            else:
                entries[intent.key] = outcome.entry
        return replace(ledger, header=replace(ledger.header, freed=freed), entries=entries)

    def _note_failures(self, outcomes: Iterable[Outcome]) -> None:
        if failed := self._failures.note(outcomes):
            self._report(failed)

    def _save(
        self, ledger: Ledger, *, intents: Sequence[Intent], lease: float | None = None, **changes: object
    ) -> Ledger:
        """Write the ledger, and begin a lease unless another one is given."""
        now = self._surroundings.now()
        header = replace(
            ledger.header,
            intents=tuple(intents),
            lease=now + self._batching.lease if lease is None else lease,
            failed={**ledger.header.failed, **{key: code for key, (code, _) in self._failures.reasons.items()}},
            again=tuple({*ledger.header.again, *self._failures.again}),
            calls=ledger.header.calls + self._pace.calls,
            throttled=ledger.header.throttled + self._pace.throttled,
            at=now,
            **changes,  # type: ignore[arg-type]
        )
        self._pace.calls = self._pace.throttled = 0
        mine = self._assignment
        began = self._surroundings.monotonic()
        saved = shard_ledger.save(self._store, mine.level, mine.shard, replace(ledger, header=header))
        self._lease_ends = began + self._batching.lease
        return saved

    def _left(self) -> float:
        """Return the seconds in which this worker may make calls."""
        return min(self._time_left() - _KEPT_OF_FUNCTION, self._lease_ends - self._surroundings.monotonic() - _SAFETY)
