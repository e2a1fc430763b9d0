"""What several keys of a fleet may register: the endpoint of one must never count as that of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...ledger import numbers
from ...manifest.digests import UNREAD, number_of
from ...manifest.lines import Declared


@dataclass(frozen=True, kw_only=True)
class Registrations:
    """What a run may register in one shard."""

    declared: str = ""
    """The numbers of the declarations of the run that are to be registered, packed."""
    begun: str = ""
    """Those of interrupted runs that may have been registered."""
    adopt: bool = False
    """Whether a declaration of the run may adopt an endpoint."""

    def to_json(self) -> dict[str, Any]:
        """Return what the plan of the shard contains."""
        return {"registers": self.declared, "begun": self.begun, "adopts": self.adopt}


NO_REGISTRATIONS = Registrations()


def read_registrations(value: Mapping[str, Any]) -> Registrations:
    """Read what `Registrations.to_json` returned."""
    return Registrations(
        declared=value.get("registers", ""), begun=value.get("begun", ""), adopt=value.get("adopts", False)
    )


def registrations(fleet: str, declared: Iterable[Declared], begun: Iterable[Declared]) -> Registrations:
    """Return what a run may register in a shard.

    Args:
        fleet: the fleet's name.
        declared: the declarations of the run that are to be registered.
        begun: those that interrupted runs have begun to register.
    """
    declared = [*declared]
    return Registrations(
        declared=numbers.packed(number_of(fleet, each.properties) for each in declared),
        begun=numbers.packed(number_of(fleet, each.properties) for each in begun),
        adopt=any(each.properties.get("AdoptExisting") for each in declared),
    )


def contested(of_shards: Sequence[Registrations]) -> Sequence[int]:
    """Return the numbers of what several keys declare.

    UNREAD stands for all. A key that adopts may take what another one has registered in the same run, and what cannot
    be compared now may be the same.
    """
    declared = numbers.unpacked(each.declared for each in of_shards)
    if any(each.adopt for each in of_shards) and UNREAD in declared[:1]:
        return (UNREAD,)
    return [number for number in numbers.twice(declared) if number != UNREAD]


def begun(of_shards: Sequence[Registrations]) -> Sequence[int]:
    """Return the numbers of what interrupted runs may have registered."""
    return sorted({*numbers.unpacked(each.begun for each in of_shards)})
