"""A life in which nothing goes wrong: the calls of each event."""

from __future__ import annotations

from itertools import groupby

import pytest

from lifecycle.enumeration.cases import every
from lifecycle.enumeration.services import SERVICES
from lifecycle.enumeration.sweep import live
from lifecycle.enumeration.wire import RESPONSE

_CALLS = {
    "Create, named, stays": ["Register"],
    "Create, unnamed, stays": ["Register"],
    "AdoptExisting alone, named, stays": [],
    "AdoptExisting alone, unnamed, stays": [],
    "messages, named, stays": ["Update"],
    "name removed, stays": ["Update"],
    "token, named, stays": ["Describe", "List", "Register", "Update"],
    "token, unnamed, stays": ["Describe", "List", "Register"],
    "pinned version, unnamed, stays": ["Describe", "List", "Register"],
    "token of one that is gone, named, stays": ["Describe", "List", "List", "Register", "Update"],
    "moved, unnamed, stays": ["Describe", "List", "List", "List", "List", "Register"],
}
"""The calls of Chime of each operation, as the table in docs/guarantees-in-detail.md has them."""


@pytest.mark.parametrize("case", [case for case in every() if str(case) in _CALLS], ids=str)
def test_an_event_without_a_mishap_makes_no_more_calls_than_it_needs(case: object) -> None:
    """F24, F59: an event that changes nothing makes no call, and one in place a single one."""
    life = live(next(each for each in every() if each is case or str(each) == str(case)), SERVICES[0])
    first = [list(calls) for is_end, calls in groupby(life.passed, lambda each: each == RESPONSE) if not is_end]
    begins_with_calls = life.passed[0] != RESPONSE
    calls = [
        call.removesuffix("_app_instance_user_endpoint").removesuffix("_app_instance_user_endpoints")
        for call in first[0]
    ]
    chimes = [call.capitalize() for call in calls if not call.startswith(("describe_stack", "get_"))]
    assert (chimes if begins_with_calls else []) == _CALLS[str(case)]
