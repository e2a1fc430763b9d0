"""The signal to a WaitCondition, which waits for longer than CloudFormation waits for a custom resource.

Source: AWS CloudFormation User Guide, "Using wait conditions".
"""

from __future__ import annotations

from ...store import Store
from .response import Post


def name_of(run: str) -> str:
    """Return the name of the object with the URL for a run's signal."""
    return f"runs/{run}/signal"


def keep(store: Store, run: str, url: str) -> None:
    """Keep the URL of a WaitConditionHandle until the run ends."""
    store.put(name_of(run), url.encode())


def is_expected(store: Store, run: str) -> bool:
    """Whether a WaitCondition waits for the end of a run."""
    return store.get(name_of(run)) is not None


def send(store: Store, run: str, post: Post, *, reason: str, data: str) -> None:
    """Send the signal of a run that someone waits for, once.

    Args:
        store: the fleet's objects.
        run: the run.
        post: how it is sent.
        reason: why the run failed; empty if it succeeded.
        data: what the WaitCondition's attribute `Data` contains.
    """
    if (url := store.take(name_of(run))) is None:
        return
    status = "FAILURE" if reason else "SUCCESS"
    post.put(url.decode(), {"Status": status, "Reason": reason or "The run has ended.", "UniqueId": run, "Data": data})
