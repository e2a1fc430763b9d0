"""What failed in a run, in a few words for the events of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ....store import Store

_MOST_CODES = 3
_LONGEST_REASON = 400


def failures_of(store: Store, run: str, failed: Mapping[str, str]) -> str:
    """Return how many endpoints failed, with which codes, and the reason of one of them.

    Args:
        store: the fleet's objects.
        run: the run.
        failed: the code for each key that failed.
    """
    what = "1 endpoint failed" if len(failed) == 1 else f"{len(failed):,} endpoints failed"
    codes = Counter(failed.values()).most_common(_MOST_CODES)
    listed = ", ".join(f"{code} ({count:,})" for code, count in codes)
    reasons: dict[str, str] = {}
    names = store.names(f"runs/{run}/report/")
    for report in store.every(store.json, names):  # in the order of the rounds
        reasons |= {each["key"]: each["reason"] for each in report["failed"] if each["key"] in failed}
    if not reasons:
        return f"{what}: {listed}."
    key = min(reasons)
    cut = reasons[key] if len(reasons[key]) <= _LONGEST_REASON else f"{reasons[key][:_LONGEST_REASON]}…"
    return f"{what}: {listed}. {key}: {cut} `chime-endpoints fleet failures` lists them."
