"""Files with very many endpoints."""

from __future__ import annotations

from cProfile import Profile
from pathlib import Path

from chime_endpoints.declared.load import load
from declared.writing import many, mistakes


def _steps(path: Path) -> int:
    """How many calls of functions loading a file takes: unlike its time, the same on every machine."""
    with Profile() as profile:
        load(path, lambda _: None)
    return sum(entry.callcount for entry in profile.getstats())


def test_loading_takes_work_in_proportion_to_the_entries(tmp_path: Path) -> None:
    """Four times the entries take four times as much: sixteen would be it if each were held against all others."""
    for count in (500, 2000):
        (tmp_path / f"{count}.yaml").write_text(many(count, stacks=10), encoding="utf-8")
    load(tmp_path / "500.yaml", lambda _: None)  # what is done once a process is done
    assert _steps(tmp_path / "2000.yaml") < 4.2 * _steps(tmp_path / "500.yaml")


def test_a_thousand_mistakes_are_all_told(tmp_path: Path) -> None:
    """At once."""
    text = many(1000, stacks=5).replace("type: GCM", "type: FCM")
    assert len(mistakes(tmp_path, text)) == 1000
