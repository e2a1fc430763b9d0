"""Compares a manifest with what a fleet has registered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from chime_endpoints_fleet.applying.difference import CALLS, Change, Kind, difference
from chime_endpoints_fleet.ledger.entry import Entry
from chime_endpoints_fleet.manifest.lines import Declared
from chime_endpoints_handler.model.codes import Code

from .manifest_file import ReadLine

MOST_TOLD = 100
"""The number of mistakes that are kept with their texts."""
_AT_ONCE = 10_000
_ALWAYS_ALLOWED = 100
"""Deletions that are never too many."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong line, without its values."""

    line: int
    key: str
    field: str
    code: str
    text: str


@dataclass(kw_only=True)
class FleetPlan:
    """What a run would do."""

    most_deletions_percent: float
    registered: int = 0
    declared: int = 0
    changes: list[Change] = field(default_factory=list, repr=False)
    wrong: int = 0
    """The number of wrong lines, and of keys that occur twice."""
    mistakes: list[Mistake] = field(default_factory=list)
    """The first of them."""
    same_tokens: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of lines with the same device token. The service accepts it once, so one of them would fail."""

    @property
    def counts(self) -> Mapping[Kind, int]:
        """The number of changes of each kind."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in Kind if found[kind]}

    @property
    def calls(self) -> int:
        """The calls of Amazon Chime that the changes usually take."""
        return sum(CALLS[kind] * count for kind, count in self.counts.items())

    @property
    def allowed_deletions(self) -> int:
        """The number of deletions above which the run changes nothing."""
        return max(_ALWAYS_ALLOWED, int(self.registered * self.most_deletions_percent / 100))

    @property
    def has_too_many_deletions(self) -> bool:
        """Whether the run would change nothing because the manifest seems to be incomplete."""
        return self.counts.get(Kind.DELETE, 0) > self.allowed_deletions

    @property
    def is_refused(self) -> bool:
        """Whether the run would change nothing."""
        return self.wrong > 0 or self.has_too_many_deletions


def plan(
    lines: Iterable[ReadLine], entries: Mapping[str, Entry], *, fleet: str, most_deletions_percent: float
) -> FleetPlan:
    """Return what a run would do.

    Args:
        lines: the manifest.
        entries: what the fleet has registered, by key.
        fleet: the fleet's id; empty for a fleet that is not deployed yet.
        most_deletions_percent: the share of deletions above which a run changes nothing.
    """
    made = FleetPlan(most_deletions_percent=most_deletions_percent, registered=len(entries))
    places: dict[str, int] = {}
    right = _unlike(_right(lines, places, made), places, made)
    while declared := {each.key: each for each in islice(right, _AT_ONCE)}:
        made.changes += difference(fleet, declared, {key: entries[key] for key in declared if key in entries})
    made.declared = len(places)
    made.changes += [Change(key, Kind.DELETE) for key in sorted(entries.keys() - places.keys())]
    return made


def _right(lines: Iterable[ReadLine], places: dict[str, int], made: FleetPlan) -> Iterator[Declared]:
    """Yield the first line of each key, and note what is wrong."""
    for line in lines:
        if line.declared is None:
            first = line.problems[0]
            mistake = Mistake(line=line.number, key=first.key, field=first.field, code=first.code, text=first.text)
        elif (earlier := places.setdefault(line.declared.key, line.number)) == line.number:
            yield line.declared
            continue
        else:
            text = f"is also the key of line {earlier}; every line needs a key of its own."
            code = str(Code.CONTRADICTION)
            mistake = Mistake(line=line.number, key=line.declared.key, field="key", code=code, text=text)
        made.wrong += 1
        if len(made.mistakes) < MOST_TOLD:
            made.mistakes.append(mistake)


def _unlike(lines: Iterable[Declared], places: Mapping[str, int], made: FleetPlan) -> Iterator[Declared]:
    """Yield all lines, and note those with a device token of an earlier line. Tokens in secrets are not compared."""
    seen: dict[int, int] = {}
    for declared in lines:
        token, number = declared.properties["EndpointAttributes"].get("DeviceToken"), places[declared.key]
        if token is not None and (earlier := seen.setdefault(hash(token), number)) != number:
            made.same_tokens.append((earlier, number))
        yield declared
