"""Let a run look again at the endpoints that a check has found gone or changed."""

from __future__ import annotations

from dataclasses import replace

from ...ledger import shard_ledger
from ...ledger.shard_ledger import Ledger
from ...manifest.digests import UNKNOWN
from ...store import Store
from .findings import REPAIRED
from .report import read_report, report_name


def marked(store: Store, check: str, *, check_level: int, level: int, shard: int, ledger: Ledger) -> Ledger:
    """Forget the digests of what a check has found, in the ledger itself, and return the ledger.

    An entry without digests differs from its line, so the run asks the service for the endpoint and makes it as
    declared. A shard that a worker may be at is left as it is.

    Args:
        store: the fleet's objects.
        check: the run of the check.
        check_level: the level at which it was made.
        level: the level of the ledger.
        shard: the shard of the ledger.
        ledger: the ledger.

    Raises:
        LostRaceError: another worker has written the ledger since it was read.
    """
    if ledger.header.is_unfinished:
        return ledger
    report = read_report(store.json(report_name(check, shard & ((1 << check_level) - 1))))
    found = {(each.key, each.endpoint_id) for each in report.findings if each.state in REPAIRED}
    entries = {
        key: replace(entry, digests=UNKNOWN) if (key, entry.endpoint.endpoint_id) in found else entry
        for key, entry in ledger.entries.items()
    }
    if entries == ledger.entries:
        return ledger
    return shard_ledger.save(store, level, shard, replace(ledger, entries=entries))
