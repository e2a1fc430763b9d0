"""The signal to a WaitCondition, which waits for longer than CloudFormation waits for a custom resource.

Source: AWS CloudFormation User Guide, "Using wait conditions".
"""

from __future__ import annotations

import json
from typing import Any

from chime_endpoints_handler.cloudformation.sender import Delivery

from ...store import NEW, LostRaceError, Store, compact
from .response import NotDeliveredError, Post


def name_of(run: str) -> str:
    """Return the name of the object with the URL for a run's signal."""
    return f"runs/{run}/signal"


def keep(store: Store, run: str, url: str) -> None:
    """Keep the URL of a WaitConditionHandle until the run ends. A second delivery of the event changes nothing."""
    try:
        store.put(name_of(run), compact({"url": url}), replaces=NEW)
    except LostRaceError:
        return


def is_expected(store: Store, run: str) -> bool:
    """Whether a WaitCondition waits for the end of a run."""
    return store.get(name_of(run)) is not None


def send(store: Store, run: str, post: Post, *, reason: str, data: str) -> None:
    """Send the signal of a run that someone waits for. If it is sent again, it is the one that was chosen first.

    Args:
        store: the fleet's objects.
        run: the run.
        post: how it is sent.
        reason: why the run failed; empty if it succeeded.
        data: what the WaitCondition's attribute `Data` contains.

    Raises:
        NotDeliveredError: the signal was not accepted. It is kept, so that it can be sent again.
    """
    status = "FAILURE" if reason else "SUCCESS"
    signal = {"Status": status, "Reason": reason or "The run has ended.", "UniqueId": run, "Data": data}
    if (chosen := _choose(store, run, signal)) is None:
        return
    if post.put(chosen["url"], chosen["signal"]) is Delivery.FAILED:
        raise NotDeliveredError
    store.delete([name_of(run)])


def _choose(store: Store, run: str, signal: dict[str, str]) -> dict[str, Any] | None:
    """Choose the signal, unless one was chosen before; return None if nobody waits for one."""
    while (found := store.get(name_of(run))) is not None:
        kept: dict[str, Any] = json.loads(found.body)
        if "signal" in kept:
            return kept
        kept["signal"] = signal
        try:
            store.put(name_of(run), compact(kept), replaces=found.etag)
        except LostRaceError:
            continue
        return kept
    return None
