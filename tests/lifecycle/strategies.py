"""The strategies for random histories: declarations, changes of them, the weather, and the service's switches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lifecycle.vault import FROM_SECRET, FROM_VERSION, VOIP_FROM_SECRET
from lifecycle.weather import CALM, REPEATED, UNHEARD, Incident, Weather
from support.stage import APPLICATION, OTHER_APPLICATION

REGISTER, UPDATE, DEREGISTER, LIST, DESCRIBE = (
    f"{verb}AppInstanceUserEndpoint" for verb in ("Register", "Update", "Deregister", "List", "Describe")
)
LIST += "s"

_when = st.sampled_from(["before", "after"])
_kinds = st.sampled_from(["error", "hang", "empty"])
_how: dict[str, st.SearchStrategy[Any]] = {
    "delivery": st.sampled_from([0, 0, 0, 1, 2, REPEATED]),
    "when": _when,
    "kind": st.sampled_from(["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]),
    "seconds": st.sampled_from([0.0, 0.0, 0.0, 15.0, 95.0, 300.0]),
}
incidents = st.builds(Incident, nth=st.integers(1, 6), **_how) | st.builds(
    Incident,
    operation=st.sampled_from([REGISTER, UPDATE, DEREGISTER]),
    nth=st.integers(1, 2),
    **_how,
)
deliveries = st.one_of(
    *[st.just(frozenset[int]())] * 3, st.just(frozenset(range(3))), st.frozensets(st.integers(0, 2), max_size=2)
)
_any_weather = st.builds(
    Weather,
    incidents=st.just(()) | st.lists(incidents, max_size=3).map(tuple),
    lost_answers=deliveries,
    killed_at_answer=deliveries,
    is_delivered_twice=st.booleans(),
)


def _incident(operation: str, kind: Any, *, nth: int = 1, delivery: int = 0, when: Any = "before") -> Incident:
    return Incident(operation=operation, delivery=delivery, nth=nth, when=when, kind=kind)


def _unclear(operation: str, kind: Any) -> Weather:
    """A call that takes effect without a response."""
    return Weather((_incident(operation, kind, when="after"),))


def _unclear_then_refused(operation: str, nth: int, delivery: int, kind: Any) -> Weather:
    """A call that takes effect without a response, and is refused on retry."""
    unclear = _incident(operation, kind, nth=nth, delivery=delivery, when="after")
    return Weather((unclear, _incident(operation, "refuse", nth=nth + 1, delivery=delivery)))


def _unclear_until_refused(kind: Any) -> Weather:
    """A registration and a name without a response, until that is refused."""
    registered = _incident(REGISTER, kind, when="after")
    return Weather((registered, *_unclear_then_refused(UPDATE, 1, 0, kind).incidents))


def _unclear_and_not_to_be_removed(kind: Any) -> Weather:
    """A registration without a response, which may not be looked for."""
    unclear, refused = _unclear_then_refused(REGISTER, 1, 0, kind).incidents
    return Weather((unclear, refused, replace(_incident(LIST, "refuse"), seconds=95.0)))


def _refused_in_place_of_the_old(nth: int) -> Weather:
    """A new endpoint that is refused after the old one has given way to it."""
    return Weather((_incident(REGISTER, "refuse", nth=nth),))


def _given_up_at_once(when: Any) -> Weather:
    """An Update that CloudFormation stops waiting for during its registration."""
    return Weather((_incident(REGISTER, "delete", when=when),))


def _given_up_and_killed(operation: str) -> Weather:
    """A registration that CloudFormation abandons, in a process that is killed before it can remove it."""
    return Weather((_incident(REGISTER, "delete", when="after"), _incident(operation, "kill")))


def _killed_when_done(deliveries: int) -> Weather:
    """A completed event whose next delivery does not know that."""
    return Weather(killed_at_answer=frozenset(range(deliveries)))


def _killed_when_done_then_refused(operation: str, nth: int) -> Weather:
    """A completed event whose next delivery fails."""
    return Weather((_incident(operation, "refuse", nth=nth, delivery=1),), killed_at_answer=frozenset({0}))


_once_or_twice = st.integers(1, 2)
dangers = st.one_of(
    st.builds(_unclear_then_refused, st.just(REGISTER), _once_or_twice, st.integers(0, 2), _kinds),
    st.builds(_unclear_then_refused, st.just(UPDATE), st.just(1), st.just(0), _kinds),
    st.builds(_unclear, st.sampled_from([REGISTER, UPDATE]), _kinds),
    st.builds(_unclear_until_refused, _kinds),
    st.builds(_unclear_and_not_to_be_removed, _kinds),
    st.builds(_refused_in_place_of_the_old, st.integers(2, 3)),
    st.builds(_given_up_at_once, _when),
    st.builds(_given_up_and_killed, st.sampled_from([UPDATE, DEREGISTER])),
    st.builds(_killed_when_done, _once_or_twice),
    st.just(UNHEARD),
    st.builds(_killed_when_done_then_refused, st.sampled_from([REGISTER, UPDATE, LIST, DESCRIBE]), _once_or_twice),
)
"""Faults that a safeguard is for and that chance alone would seldom combine."""


def _any_of(*strategies: st.SearchStrategy[Weather]) -> st.SearchStrategy[Weather]:
    """One of these, all equally likely: `one_of` counts the branches of a branch."""
    return st.sampled_from(strategies).flatmap(lambda drawn: drawn)


_calm = st.just(CALM)
weathers = _any_of(_calm, _any_weather, dangers)
seldom = st.sampled_from([False] * 3 + [True])
very_seldom = st.sampled_from([False] * 9 + [True])
IMMUTABLE: dict[str, list[Any]] = {
    "Type": ["APNS", "APNS_SANDBOX"],
    "ResourceArn": [APPLICATION, OTHER_APPLICATION],
    "EndpointAttributes": [
        {"DeviceToken": "canary-token-a"},
        {"DeviceToken": "canary-token-b"},
        {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"},
        FROM_SECRET,
        FROM_VERSION,
        VOIP_FROM_SECRET,
    ],
}
"""The immutable properties with their values, except for the user."""
_changeable: dict[str, st.SearchStrategy[Any]] = {
    "Name": st.sampled_from(["canary phone", "canary tablet", None]),
    "AllowMessages": st.sampled_from(["ALL", "NONE"]),
    "AdoptExisting": st.sampled_from([None, None, "true"]),
}
declarations = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in IMMUTABLE.items()} | _changeable
)
in_place = st.fixed_dictionaries(_changeable)
tags = st.none() | st.fixed_dictionaries(
    {}, optional={"device": st.sampled_from(["phone", "tablet"]), "owner": st.just("alice")}
)
"""The declared tags of the user; None if no resource declares any."""
turns = st.fixed_dictionaries(
    {}, optional={name: st.integers(1, len(values) - 1) for name, values in IMMUTABLE.items()}
).filter(bool)
"""The number of places to move from the current value of some immutable properties, never back to it."""
beginnings = st.fixed_dictionaries(
    {
        "weather": _any_of(
            _calm, _calm, _any_weather, dangers
        ),  # most Creates succeed, because the rest needs an endpoint
        "sibling_fails": very_seldom,
        "is_for_other": seldom,
        "is_second": very_seldom,
        "adopts": seldom,
    }
)
courses = st.fixed_dictionaries(
    {
        "weather": _any_of(_any_weather, dangers, dangers),
        "sibling_fails": seldom,
        "rollback": st.sampled_from(["update", "delete"]),
        "rollback_weather": weathers,
    }
)
switches = st.fixed_dictionaries(
    {
        "missing_endpoint": st.sampled_from(["forbidden", "not_found", "bad_request", "success"]),
        "missing_user": st.sampled_from(["forbidden", "not_found", "bad_request"]),
        "endpoints_on_user_deletion": st.sampled_from(["deleted", "kept"]),
        "token_memory": st.sampled_from(["for_ever", "while_alive", "none", "none"]),
        "device_token_conflict": st.sampled_from(["user", "application", "none"]),
        "omitted_on_update": st.sampled_from(["kept", "reset"]),
        "failed_token": st.sampled_from(["forgotten", "remembered"]),
        "new_endpoint_in_first_list": st.booleans(),
        "deregistered_listed_seconds": st.sampled_from([0, 0, 1, 5]),
        "same_token_other_parameters": st.sampled_from(["same_endpoint", "conflict", "bad_request"]),
        "inactive_endpoints_conflict": st.booleans(),
        "timestamps": st.sampled_from(["seconds", "milliseconds"]),
    }
).filter(lambda drawn: (drawn["token_memory"], drawn["device_token_conflict"]) != ("none", "none"))
