"""The end of a fleet: nothing of it stays in the state bucket, which CloudFormation deletes next."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ...ledger import fleet as fleets
from ...ledger import shard_ledger
from ...ledger.fleet import Fleet
from ...ledger.header import DamagedLedgerError
from ...store import Store
from . import response
from .response import Answer, NotDeliveredError, Post


def claim(store: Store, run: str) -> bool:
    """Mark the fleet as ended by a run, after which no other begins; return False if the run is not the newest."""

    def ended(fleet: Fleet) -> Fleet:
        return replace(fleet, ended=run) if fleet.run == run else fleet

    return fleets.change(store, ended).ended == run


def is_over(store: Store) -> bool:
    """Whether a deletion has ended the fleet, or nothing of it is left."""
    try:
        fleet = fleets.read(store)
    except DamagedLedgerError:
        return False
    return bool(fleet.ended) or not (fleet.run or shard_ledger.levels(store))


def empty(store: Store, run: str, post: Post) -> bool:
    """Delete everything of a fleet that is over, respond, and return whether the response is a success.

    Only another deletion can wait for a response as well. It is told the same, because its own run can no longer begin.

    Raises:
        NotDeliveredError: the response was not accepted. The event is kept.
    """
    own = response.choose(store, run, Answer())
    while names := [name for name in store.names("") if not response.is_event(name)]:
        # The mark is deleted last: whoever continues after a failure has to find it.
        store.delete([name for name in names if name != fleets.NAME] or names)
    for name in store.names(""):
        if response.is_event(name) and (other := response.run_of(name)) != run:
            with suppress(NotDeliveredError):  # its own function sends it again
                response.respond(store, other, Answer(), post)
    response.respond(store, run, Answer(), post)
    return own is None or own["answer"]["Status"] == "SUCCESS"
