"""The stack of an endpoint."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks, exceeded_quota, stacks_needed
from chime_endpoints.declared.stack_assignment.hashing import IncrementalAssignment, stack_number
from chime_endpoints.declared.stack_assignment.usage import usage
from chime_endpoints_handler.model.declaration import EndpointDeclaration, PlainToken
from declared.writing import APPLICATION, USER, many, mistakes


def entry(number: int, *, tagged: bool = False) -> Entry:
    """An endpoint with its own user."""
    return Entry(
        key=f"endpoint-{number}",
        declaration=EndpointDeclaration(
            app_instance_user_arn=f"{USER}{number}",
            type="GCM",
            resource_arn=APPLICATION,
            device_token=PlainToken(f"token-{number}"),
        ),
        tags={"team": "chat"} if tagged else {},
    )


ENTRIES = [entry(number) for number in range(1000)]


def test_an_entrys_stack_follows_from_its_key_alone() -> None:
    """Adding or removing other entries does not move it."""
    everything = assign_to_stacks(ENTRIES, 4)
    fewer = assign_to_stacks(ENTRIES[::3], 4)
    for all_of, some_of in zip(everything, fewer, strict=True):
        assert {each.key for each in some_of} <= {each.key for each in all_of}


def test_one_stack_more_moves_entries_only_to_the_new_one() -> None:
    """All other entries stay in their stacks."""
    for each in ENTRIES:
        before, after = stack_number(each.key, 4), stack_number(each.key, 5)
        assert after in (before, 4)


def test_stacks_are_of_like_size() -> None:
    """No stack becomes full long before the others."""
    sizes = [len(share) for share in assign_to_stacks(ENTRIES, 4)]
    assert min(sizes) > 200
    assert max(sizes) < 300


@pytest.mark.parametrize(("key", "stack"), [("alice-iphone", 1), ("bob-android", 2), ("carol-work", 0)])
def test_an_entrys_stack_is_the_same_in_every_release(key: str, stack: int) -> None:
    """F14: Otherwise, an upgrade would replace endpoints."""
    assert stack_number(key, 3) == stack


@pytest.mark.parametrize(("key", "stack"), [("alice-iphone", 178), ("bob-android", 67), ("carol-work", 269)])
def test_beyond_a_hundred_stacks_an_entrys_stack_is_the_same_in_every_release(key: str, stack: int) -> None:
    """The rule is the same as with fewer stacks."""
    assert stack_number(key, 400) == stack


def test_up_to_a_hundred_stacks_the_greatest_digest_decides() -> None:
    """Deployed entries therefore stay in their stacks."""
    for each in ENTRIES[:20]:
        digests = [sha256(f"{number} {each.key}".encode()).digest() for number in range(100)]
        for stacks in (1, 7, 100):
            assert stack_number(each.key, stacks) == digests.index(max(digests[:stacks]))


def test_beyond_a_hundred_stacks_entries_move_only_to_the_new_one() -> None:
    """The first hundred stacks keep their rule, and no entry moves when the other rule starts."""
    moving = IncrementalAssignment([each.key for each in ENTRIES], 98)
    while moving.stacks < 200:
        before = list(moving.numbers)
        moving.add_stack()
        assert all(after in (now, moving.stacks - 1) for now, after in zip(before, moving.numbers, strict=True))
    assert moving.numbers == [stack_number(each.key, 200) for each in ENTRIES]
    assert len(set(moving.numbers)) > 190


def test_tags_cost_a_resource_for_each_user() -> None:
    """Endpoints of one user share it. The permission to tag is another resource."""
    one, two = [entry(1)], [entry(1), entry(1)]
    assert usage([entry(1, tagged=True)]).resources == usage(one).resources + 2
    assert usage([entry(1, tagged=True), entry(1, tagged=True)]).resources == usage(two).resources + 2


def test_490_endpoints_fit_one_stack() -> None:
    """With tags for a different user each, 245 fit."""
    assert exceeded_quota([[entry(number) for number in range(490)]]) is None
    assert exceeded_quota([[entry(number, tagged=True) for number in range(245)]]) is None
    assert exceeded_quota([[entry(number) for number in range(500)]]) is not None


def test_the_suggested_number_of_stacks_is_the_smallest_that_leaves_a_tenth_free() -> None:
    """You do not need to increase it soon, and no stack is half empty."""
    stacks = stacks_needed(ENTRIES, 1)
    assert stacks == 3
    assert exceeded_quota(assign_to_stacks(ENTRIES, stacks), reserve=0.1) is None
    assert exceeded_quota(assign_to_stacks(ENTRIES, stacks - 1), reserve=0.1) is not None


@pytest.mark.slow
def test_a_template_of_more_than_a_megabyte_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """Long names can cause this with few endpoints. The file is valid after the suggested change."""
    text = many(400, stacks=1).replace("name: Device ", "name: " + "n" * 1500)
    (message,) = mistakes(tmp_path, text)
    assert "bytes for the template of one stack, but CloudFormation allows only 1 MB" in message
    stacks = int(message.split("`stacks: ")[1].split("`")[0])
    assert mistakes(tmp_path, text.replace("stacks: 1", f"stacks: {stacks}", 1)) == []


def _file(count: int, stacks: int) -> str:
    entries = "\n".join(
        f"  e{number}: {{user: '{USER}{number}', type: GCM, application: '{APPLICATION}',"
        f" device_token: {{plain_text: t}}}}"
        for number in range(count)
    )
    return f"stacks: {stacks}\nendpoints:\n{entries}\n"


def test_too_many_endpoints_for_a_stack_are_refused_with_the_remedy(tmp_path: Path) -> None:
    """The message says what to write, and the file is valid after that change."""
    (message,) = mistakes(tmp_path, _file(498, 1))
    assert message.startswith(
        "endpoints.yaml:2:1: endpoints: 498 endpoints with their users' tags would need about 506"
    )
    stacks = int(message.split("`stacks: ")[1].split("`")[0])
    assert mistakes(tmp_path, _file(498, stacks)) == []
