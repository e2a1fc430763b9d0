"""What failed in a run, in a few words for the events of a stack."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ....store import Store

_MOST_CODES = 3
_LONGEST_REASON = 400


def failures_of(store: Store, run: str, failed: int) -> str:
    """Return how many endpoints failed, with which codes, and the reason of one of them."""
    latest: dict[str, Any] = {}
    names = store.names(f"runs/{run}/report/")
    for report in store.every(store.json, names):  # in the order of the rounds
        latest |= {each["key"]: each for each in report["failed"]}
    what = "1 endpoint failed" if failed == 1 else f"{failed:,} endpoints failed"
    if not latest:
        return f"{what}."
    codes = Counter(each["code"] for each in latest.values()).most_common(_MOST_CODES)
    listed = ", ".join(f"{code} ({count:,})" for code, count in codes)
    first = min(latest.values(), key=lambda each: str(each["key"]))
    reason = str(first["reason"])
    cut = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
    return f"{what}: {listed}. {first['key']}: {cut} `chime-endpoints fleet failures` lists them."
