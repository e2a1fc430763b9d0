"""Files with very many endpoints."""

from __future__ import annotations

from contextlib import nullcontext
from cProfile import Profile
from pathlib import Path

import pytest

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.load import load
from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks, exceeded_quota
from declared.writing import APPLICATION, USER, loaded, many, mistakes


def _steps(path: Path, *, valid: bool = True) -> int:
    """The number of function calls for loading a file, which is the same on every machine, unlike the time."""
    with nullcontext() if valid else pytest.raises(DeclaredFileError), Profile() as profile:
        load(path, lambda _: None)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.slow
def test_loading_takes_work_in_proportion_to_the_entries(tmp_path: Path) -> None:
    """Four times the entries need four times the calls. Comparing all pairs would need sixteen times."""
    for count in (500, 2000):
        (tmp_path / f"{count}.yaml").write_text(many(count, stacks=10), encoding="utf-8")
    load(tmp_path / "500.yaml", lambda _: None)  # what is done once a process is done
    assert _steps(tmp_path / "2000.yaml") < 4.2 * _steps(tmp_path / "500.yaml")


@pytest.mark.slow
def test_too_few_stacks_are_refused_with_work_in_proportion_to_the_entries(tmp_path: Path) -> None:
    """A sufficient number is found without distributing the entries again for every candidate."""

    def steps(count: int) -> int:
        path = tmp_path / f"{count}.yaml"
        path.write_text(many(count, stacks=1), encoding="utf-8")
        return _steps(path, valid=False)

    steps(500)  # what is done once a process is done
    assert steps(4000) < 40 * steps(500)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "stacks"), [(1000, 1), (4000, 3)])
def test_the_number_that_is_advised_is_accepted(tmp_path: Path, count: int, stacks: int) -> None:
    """It is the smallest number that leaves a tenth of every stack free, as the message says."""
    (message,) = mistakes(tmp_path, many(count, stacks=stacks))
    assert "a tenth of each quota free" in message
    advised = int(message.split("`stacks: ")[1].split("`")[0])
    entries = loaded(tmp_path, many(count, stacks=advised)).entries
    assert exceeded_quota(assign_to_stacks(entries, advised), reserve=0.1) is None
    assert exceeded_quota(assign_to_stacks(entries, advised - 1), reserve=0.1) is not None


@pytest.mark.slow
def test_if_no_number_of_stacks_is_enough_the_message_says_what_helps(tmp_path: Path) -> None:
    """For example, every stack has endpoints of sixty app instances, and their permissions are too long."""
    entries = "".join(
        f"  e{number}: {{user: '{USER.replace('0123', str(number % 60))}{number}', device_token: {{plain_text: x}}}}\n"
        for number in range(16_000)
    )
    text = f"defaults: {{type: GCM, application: '{APPLICATION}'}}\nstacks: 480\nendpoints:\n{entries}"
    (message,) = mistakes(tmp_path, text)
    assert "characters of inline policies in one stack" in message
    assert "Even 500 stacks are not enough." in message
    assert "in a separate app" in message


@pytest.mark.slow
def test_a_thousand_mistakes_are_all_reported(tmp_path: Path) -> None:
    """They are all in one report."""
    text = many(1000, stacks=5).replace("type: GCM", "type: FCM")
    assert len(mistakes(tmp_path, text)) == 1000
