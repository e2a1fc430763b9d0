"""Concurrent calls with a progress bar on a terminal; results keep the order of the items."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

from chime_endpoints_cli.output.console.terminal import progress

from .services import AT_ONCE

_A = TypeVar("_A")
_B = TypeVar("_B")


def call_for_each(items: Iterable[_A], do: Callable[[_A], _B], *, what: str) -> list[_B]:
    """Call a function with each item in threads; the first failure cancels the calls that have not started.

    Args:
        items: the arguments of the calls.
        do: the function, which must be thread-safe.
        what: the label of the progress bar.
    """
    everything = list(items)
    if len(everything) < 2:
        return [do(item) for item in everything]
    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    try:
        futures: list[Future[_B]] = [pool.submit(do, item) for item in everything]
        with progress(what, total=len(futures)) as advance:
            for future in as_completed(futures):
                future.result()
                advance()
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
