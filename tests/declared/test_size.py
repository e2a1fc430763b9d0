"""Files with very many endpoints."""

from __future__ import annotations

import time
from pathlib import Path

from chime_endpoints.declared.load import load
from declared.writing import many, mistakes


def _seconds(path: Path) -> float:
    """The processor's time for loading a file: the shorter of two."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        load(path, lambda _: None)
        taken.append(time.process_time() - began)
    return min(taken)


def test_loading_takes_time_in_proportion_to_the_entries(tmp_path: Path) -> None:
    """Four times the entries take four times as long: sixteen would be it if each were held against all others."""
    for count in (500, 2000):
        (tmp_path / f"{count}.yaml").write_text(many(count, stacks=10), encoding="utf-8")
    assert _seconds(tmp_path / "2000.yaml") < 9 * _seconds(tmp_path / "500.yaml")


def test_a_thousand_mistakes_are_all_told(tmp_path: Path) -> None:
    """At once."""
    text = many(1000, stacks=5).replace("type: GCM", "type: FCM")
    assert len(mistakes(tmp_path, text)) == 1000
