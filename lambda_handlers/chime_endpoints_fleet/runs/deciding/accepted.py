"""The versions of the manifest that the fleet has accepted, to which CloudFormation may roll back."""

from __future__ import annotations

from dataclasses import replace

from ...ledger import fleet as fleets
from ...ledger.fleet import Fleet
from ...store import Store
from ..settings import Mode, Settings

_KEPT = 2
"""The newest one, and the one before: another resource of the stack may fail after the fleet's update."""


def accept(store: Store, run: str, settings: Settings) -> None:
    """Keep the version of the manifest that a run has read, before CloudFormation learns that it is accepted."""
    if settings.mode is not Mode.APPLY:
        return
    place = settings.manifest.to_json()

    def accepted(fleet: Fleet) -> Fleet:
        if fleet.run != run:
            return fleet
        others = tuple(each for each in fleet.accepted if each != place)
        return replace(fleet, accepted=(*others, place)[-_KEPT:])

    fleets.change(store, accepted)


def is_accepted(store: Store, settings: Settings) -> bool:
    """Whether the fleet has accepted this version of the manifest before. A truncated one is another version."""
    return settings.manifest.to_json() in fleets.read(store).accepted
