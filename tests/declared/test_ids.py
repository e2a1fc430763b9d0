"""An entry's `id`: the identity that it keeps when its key changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks
from declared.writing import loaded, many, mistakes

COMMON = "user: <USER>, type: GCM, application: <APPLICATION>, device_token: {secret: <SECRET>"


def test_a_renamed_entry_with_its_former_key_as_id_stays_in_its_stack(tmp_path: Path) -> None:
    """This is true for any number of stacks and any number of renames."""
    before = loaded(tmp_path, many(200, stacks=7))
    text = many(200, stacks=7)
    for number in range(200):
        text = text.replace(f"  device-{number}: {{", f"  renamed-{number}: {{id: device-{number}, ")
    after = loaded(tmp_path, text)
    assert [[each.identity for each in share] for share in assign_to_stacks(after.entries, 7)] == [
        [each.key for each in share] for share in assign_to_stacks(before.entries, 7)
    ]


def test_an_entry_without_an_id_is_identified_by_its_key(tmp_path: Path) -> None:
    """This is the default."""
    (entry,) = loaded(tmp_path, "endpoints: {phone: <ENTRY>}").entries
    assert (entry.key, entry.identity) == ("phone", "phone")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("a: {%s, field: a}}\n  b: {id: a, %s, field: b}}", "3:11: b: id: a (line 2) has the same id"),
        ("b: {id: a, %s, field: b}}\n  a: {%s, field: a}}", "2:11: b: id: a (line 3) has the same id"),
        ("b: {id: a, %s, field: b}}\n  c: {id: a, %s, field: a}}", "3:11: c: id: b (line 2) has the same id"),
        ("a: {id: 'x y', %s, field: a}}", "2:11: a: id: 'x y' must be 1 to 128 letters, digits"),
        ("a: {id: '', %s, field: a}}", "2:11: a: id: '' must be 1 to 128 letters, digits"),
        ("a: {id: 7, %s, field: a}}", "2:11: a: id: must be a string"),
        (
            "a: {id: EndpointsoldkeyCB33825F, %s, field: a}}",
            "2:11: a: id: 'EndpointsoldkeyCB33825F' is a CloudFormation logical ID. Set id to the key",
        ),
    ],
)
def test_an_id_that_cannot_be_is_refused(tmp_path: Path, entries: str, expected: str) -> None:
    """Two entries with the same ID, an invalid key, and CloudFormation's own logical ID are refused."""
    (mistake,) = mistakes(tmp_path, f"endpoints:\n  {entries.replace('%s', COMMON)}\n")
    assert mistake.removeprefix("endpoints.yaml:").startswith(expected)


def test_entries_may_swap_their_keys(tmp_path: Path) -> None:
    """Each entry keeps its identity."""
    text = f"endpoints:\n  a: {{id: b, {COMMON}, field: b}}}}\n  b: {{id: a, {COMMON}, field: a}}}}\n"
    assert [(each.key, each.identity) for each in loaded(tmp_path, text).entries] == [("a", "b"), ("b", "a")]


def test_an_id_is_no_default(tmp_path: Path) -> None:
    """It belongs to one entry."""
    (mistake,) = mistakes(tmp_path, "defaults: {id: a}\nendpoints: {phone: <ENTRY>}\n")
    assert "id" in mistake
