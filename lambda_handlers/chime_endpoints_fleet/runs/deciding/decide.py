"""Decide whether a run may change anything, and how it goes about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_handler.model.codes import Code

from ...applying.difference import CALLS, FREEING, Kind
from ...ledger.numbers import twice, unpacked
from ...store import Store
from .. import settings as run_settings
from ..reading import prepare, split
from ..reading.prepare import Prepared
from ..settings import Mode, Settings
from . import accepted, contested, counted, plan
from .plan import ShardPlan

ALWAYS_ALLOWED_DELETIONS = 100
_LONG_SECONDS = 50 * 60.0
"""From here on, the run may outlast CloudFormation's hour."""
_MARGIN = 1.15
_CALLS: Mapping[str, int] = {**{str(kind): calls for kind, calls in CALLS.items()}, plan.CHECK: 1}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a run is about to do: `runs/{run}/plan.json`."""

    refused: str = ""
    """Why nothing is changed; empty if the run goes on."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The number of changes of each kind."""
    done: int = 0
    """The changes that earlier executions of the run have made."""
    declared: int = 0
    registered: int = 0
    wrong: int = 0
    """The number of wrong lines, and of keys that occur twice."""
    problems: Sequence[Mapping[str, Any]] = ()
    """The first of them."""
    shards: Sequence[int] = ()
    """The shards with work."""
    shared: Sequence[int] = ()
    """For a check, the numbers of endpoints that several entries have: see `ledger.held`."""
    contested: Sequence[int] = ()
    """The numbers of what several keys declare: see `contested`."""
    begun: Sequence[int] = ()
    """The numbers of what interrupted runs may have registered. The first round clears it up."""
    canary: Sequence[int] = ()
    """The shard to begin with if CloudFormation is answered before the run ends."""
    seconds: float = 0.0
    """The time that the calls take at the run's rate."""
    rate: float = 0.0
    """Calls a second for each shard."""
    adopts: bool = True
    """Whether AdoptExisting is followed. It is not while the run may still deregister endpoints of the fleet itself."""
    round: int = 1
    """The first round. A run that is resumed goes on counting, so that it tries again what has failed."""
    at: float = 0.0

    @property
    def todo(self) -> int:
        """The number of changes."""
        return sum(self.counts.values())

    @property
    def goes_on(self) -> bool:
        """Whether there is something to do."""
        return not self.refused and bool(self.shards)

    def to_json(self) -> dict[str, Any]:
        """Return the decision as the object contains it."""
        return {
            "refused": self.refused,
            "go": self.goes_on,
            "todo": self.todo,
            "done": self.done,
            "counts": dict(self.counts),
            "declared": self.declared,
            "registered": self.registered,
            "wrong": self.wrong,
            "problems": list(self.problems),
            "shards": list(self.shards),
            "shared": list(self.shared),
            "contested": list(self.contested),
            "begun": list(self.begun),
            "adopts": self.adopts,
            "canary": list(self.canary),
            "seconds": round(self.seconds, 1),
            "rate": self.rate,
            "round": self.round,
            "at": round(self.at, 1),
        }


def first_round(decided: Mapping[str, Any]) -> int:
    """Return the first round of a decision that was read from its object."""
    return int(decided.get("round", 1))


def adopts(decided: Mapping[str, Any]) -> bool:
    """Return whether AdoptExisting is followed in the present round."""
    return bool(decided.get("adopts"))


def name_of(run: str) -> str:
    """Return the name of the object with the decision of a run."""
    return f"runs/{run}/plan.json"


def decide(store: Store, run: str, *, now: float) -> Decision:
    """Decide about a run by what was found in the manifest and in the ledgers."""
    settings = run_settings.load(store, run)
    prepared = prepare.read_prepared(store.json(prepare.name_of(run)))
    decision = _decide(store, run, settings, prepared, now)
    if (before := store.json(name_of(run))) is not None and not decision.refused:
        done = before["todo"] + before.get("done", 0) - decision.todo
        decision = replace(decision, done=max(0, done))
    store.put_json(name_of(run), decision.to_json())
    return decision


def rate_for_each(settings: Settings, shards: int) -> float:
    """Return the calls a second for each shard that is worked on, if so many have work."""
    return settings.rate / max(1, min(settings.at_once, shards))


def _decide(store: Store, run: str, settings: Settings, prepared: Prepared, now: float) -> Decision:
    if prepared.refused:
        return Decision(refused=prepared.refused, at=now)
    reports = store.every(store.json, [split.report_name(run, first) for first, _ in prepared.ranges])
    plans = store.every(store.json, [plan.name_of(run, shard) for shard in prepared.shards])
    if None in reports or None in plans:
        missing = f"{reports.count(None)} parts of the manifest and {plans.count(None)} shards"
        return Decision(refused=f"{missing} could not be read. Nothing was changed. Start the run again.", at=now)
    shard_plans = [plan.read_shard_plan(each) for each in plans]
    if sum(each["declared"] for each in reports) != sum(each.declared + each.twice for each in shard_plans):
        return Decision(refused="Lines of the manifest were lost. Nothing was changed. Start another run.", at=now)
    begins = _first_lines(prepared, reports)
    wrong = sum(each["wrong"] for each in reports) + sum(each.twice for each in shard_plans)
    problems = [*_wrong_lines(prepared, reports, begins), *_keys_twice(shard_plans, begins)]
    registrations = [each.registrations for each in shard_plans]
    counts = sum((Counter(each.counts) for each in shard_plans), Counter())
    registered = sum(each.registered for each in shard_plans)
    may_delete = settings.mode is not Mode.APPLY or accepted.is_accepted(store, settings)
    shards = [shard for shard, each in zip(prepared.shards, shard_plans, strict=True) if each.has_work]
    seconds = sum(_CALLS[kind] * count for kind, count in counts.items()) / settings.rate
    refused = _refusal(settings, wrong, 0 if may_delete else counts[Kind.DELETE], registered, shard_plans)
    if not refused and settings.mode is not Mode.CHECK:
        counted.begin(store, run, dict(zip(prepared.shards, shard_plans, strict=True)))
    return Decision(
        refused=refused,
        counts=counts,
        declared=sum(each.declared for each in shard_plans),
        registered=registered,
        wrong=wrong,
        problems=sorted(problems, key=lambda problem: int(problem["line"]))[: split.MOST_TOLD],
        shards=shards,
        shared=twice(unpacked(each.held for each in shard_plans)) if settings.mode is Mode.CHECK else (),
        contested=contested.contested(registrations),
        begun=contested.begun(registrations),
        adopts=not (any(counts[kind] for kind in FREEING) or any(each.is_interrupted for each in shard_plans)),
        canary=_canary(settings, seconds, shard_plans),
        seconds=seconds,
        rate=rate_for_each(settings, len(shards)),
        round=1 + max((each.rounds for each in shard_plans), default=0),
        at=now,
    )


def _refusal(settings: Settings, wrong: int, deletions: int, registered: int, shard_plans: Iterable[ShardPlan]) -> str:
    damaged = [each.damaged for each in shard_plans if each.damaged]
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        return (
            f"The fleet's ledger is damaged{more}: {damaged[0]}. Nothing was changed. To create the ledger again from"
            " the endpoints of the manifest, run chime-endpoints fleet sync --adopt."
        )
    if wrong:
        lines = "line is" if wrong == 1 else "lines are"
        return (
            f"{wrong:,} {lines} wrong in the manifest. Nothing was changed. Correct them; chime-endpoints fleet plan"
            " shows them."
        )
    most = max(ALWAYS_ALLOWED_DELETIONS, int(registered * settings.most_deletions_percent / 100))
    if deletions > most:
        return (
            f"{deletions:,} of {registered:,} endpoints would be deregistered, and at most {most:,} are allowed."
            " Nothing was changed. If the manifest is complete, raise MostDeletionsPercent."
        )
    return ""


def _first_lines(prepared: Prepared, reports: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Return how many lines there are before each range."""
    begins, lines = {}, 0
    for (first, _), report in zip(prepared.ranges, reports, strict=True):
        begins[first] = lines
        lines += report["lines"]
    return begins


def _wrong_lines(
    prepared: Prepared, reports: Iterable[Mapping[str, Any]], begins: Mapping[int, int]
) -> Iterable[dict[str, Any]]:
    for (first, _), report in zip(prepared.ranges, reports, strict=True):
        for problem in report["problems"]:
            yield {**problem, "line": begins[first] + problem["line"]}


def _keys_twice(shard_plans: Iterable[ShardPlan], begins: Mapping[int, int]) -> Iterable[dict[str, Any]]:
    for shard_plan in shard_plans:
        for each in shard_plan.problems:
            earlier, later = sorted(begins[first] + number for first, number in (each["first"], each["second"]))
            text = f"is also the key of line {earlier}; every line needs a key of its own."
            yield {"line": later, "key": each["key"], "field": "key", "code": str(Code.CONTRADICTION), "text": text}


def _canary(settings: Settings, seconds: float, shard_plans: Sequence[ShardPlan]) -> Sequence[int]:
    """Return the smallest shard with changes, if CloudFormation may be answered before the run ends."""
    is_long = seconds * _MARGIN >= _LONG_SECONDS or settings.wait == "NOT_AT_ALL"
    changes = {shard: sum(each.counts.values()) for shard, each in enumerate(shard_plans) if each.counts}
    if settings.mode is not Mode.APPLY or not is_long or not changes:
        return ()
    return (min(changes, key=lambda shard: (changes[shard], shard)),)
