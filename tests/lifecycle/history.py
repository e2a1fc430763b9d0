"""Random histories of one resource, as a state machine of hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from lifecycle.weather import REPEATED, Incident, Weather
from lifecycle.world import World
from support.sink import Sink
from support.stage import APPLICATION, OTHER_APPLICATION, stage_for

REGISTER, UPDATE, DEREGISTER = (f"{verb}AppInstanceUserEndpoint" for verb in ("Register", "Update", "Deregister"))

_how: dict[str, st.SearchStrategy[Any]] = {
    "delivery": st.sampled_from([0, 0, 0, 1, 2, REPEATED]),
    "when": st.sampled_from(["before", "after"]),
    "kind": st.sampled_from(["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]),
    "seconds": st.sampled_from([0.0, 0.0, 0.0, 15.0, 95.0, 300.0]),
}
incidents = st.builds(Incident, nth=st.integers(1, 6), **_how) | st.builds(
    Incident,
    operation=st.sampled_from([REGISTER, UPDATE, DEREGISTER]),
    nth=st.integers(1, 2),
    **_how,
)


def _unclear_then_refused(operation: str, delivery: int, kind: Any) -> tuple[Incident, ...]:
    """A call that takes effect without saying so, and whose repetition is refused."""
    return (
        Incident(operation=operation, delivery=delivery, nth=1, when="after", kind=kind),
        Incident(operation=operation, delivery=delivery, nth=2, when="before", kind="refuse"),
    )


def _given_up_at_once(when: Any) -> tuple[Incident, ...]:
    """CloudFormation no longer waits for what is being registered."""
    return (Incident(operation=REGISTER, delivery=0, nth=1, when=when, kind="delete"),)


dangers = st.builds(
    _unclear_then_refused,
    st.sampled_from([REGISTER, UPDATE]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from(["error", "hang", "empty"]),
) | st.builds(_given_up_at_once, _how["when"])
"""What a safeguard is there for and chance alone would seldom bring together."""
deliveries = st.one_of(
    *[st.just(frozenset[int]())] * 3, st.just(frozenset(range(3))), st.frozensets(st.integers(0, 2), max_size=2)
)
weathers = st.builds(
    Weather,
    incidents=st.one_of(*[st.just(())] * 2, *[st.lists(incidents, max_size=3).map(tuple)] * 2, dangers),
    lost_answers=deliveries,
    killed_at_answer=deliveries,
    is_delivered_twice=st.booleans(),
)
seldom = st.sampled_from([False, False, False, True])
attributes = st.sampled_from(
    [
        {"DeviceToken": "canary-token-a"},
        {"DeviceToken": "canary-token-b"},
        {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"},
    ]
)
immutable: dict[str, st.SearchStrategy[Any]] = {
    "Type": st.sampled_from(["APNS", "APNS_SANDBOX"]),
    "ResourceArn": st.sampled_from([APPLICATION, OTHER_APPLICATION]),
    "EndpointAttributes": attributes,
}
changeable: dict[str, st.SearchStrategy[Any]] = {
    "Name": st.sampled_from(["canary phone", "canary tablet", None]),
    "AllowMessages": st.sampled_from(["ALL", "NONE"]),
}
declarations = st.fixed_dictionaries(immutable | changeable)
in_place = st.fixed_dictionaries(changeable)
of_any_kind = st.fixed_dictionaries({}, optional=immutable | changeable)
courses = st.fixed_dictionaries(
    {
        "weather": weathers,
        "sibling_fails": seldom,
        "rollback": st.sampled_from(["update", "delete"]),
        "rollback_weather": weathers,
    }
)
_MOST_STRANGERS = 2
switches = st.fixed_dictionaries(
    {
        "missing_endpoint": st.sampled_from(["forbidden", "not_found", "bad_request", "success"]),
        "token_memory": st.sampled_from(["for_ever", "while_alive", "none"]),
        "device_token_conflict": st.sampled_from(["user", "application", "none"]),
        "omitted_on_update": st.sampled_from(["kept", "reset"]),
        "failed_token": st.sampled_from(["forgotten", "remembered"]),
        "new_endpoint_in_first_list": st.booleans(),
        "same_token_other_parameters": st.sampled_from(["same_endpoint", "conflict", "bad_request"]),
        "inactive_endpoints_conflict": st.booleans(),
        "timestamps": st.sampled_from(["seconds", "milliseconds"]),
    }
).filter(lambda drawn: (drawn["token_memory"], drawn["device_token_conflict"]) != ("none", "none"))


def machine(
    sink: Sink, on_begin: Callable[[], None] = lambda: None, *, is_direct: bool = True
) -> type[RuleBasedStateMachine]:
    """The state machine, answering to a sink; it is to run inside one `mock_aws`, which takes its time to start."""

    class History(RuleBasedStateMachine):
        @initialize(drawn=switches)
        def begin(self, drawn: dict[str, Any]) -> None:
            on_begin()
            sink.forget()
            self.world = World(stage_for(sink, is_direct=is_direct))
            self.world.stage.backend.switches.change(drawn)
            self.world.stage.refusal = 0.9  # few attempts: each takes a connection
            self.notices_loss = drawn["missing_endpoint"] != "success"

        def has_resource(self) -> bool:
            return self.world.held_id is not None

        @precondition(lambda self: not self.has_resource())
        @rule(declared=declarations, weather=weathers, sibling_fails=seldom)
        def create(self, declared: dict[str, Any], weather: Weather, *, sibling_fails: bool) -> None:
            self.world.create(self.world.stage.properties(**declared), weather, sibling_fails=sibling_fails)

        @precondition(has_resource)
        @rule(change=in_place, course=courses)
        def change_in_place(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            self.update(change, course)

        @precondition(has_resource)
        @rule(change=of_any_kind, course=courses)
        def change(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            self.update(change, course)

        def update(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            assert self.world.declared is not None
            self.world.update(self.world.stage.properties(**{"Name": None} | self.world.declared | change), **course)

        @precondition(has_resource)
        @rule(weather=weathers)
        def delete(self, weather: Weather) -> None:
            self.world.delete(weather)

        @precondition(lambda self: self.world.deliveries.past)
        @rule(number=st.integers(0, 50), to_a_new_process=st.booleans(), weather=weathers)
        def deliver_again(self, number: int, *, to_a_new_process: bool, weather: Weather) -> None:
            if to_a_new_process:
                self.world.stage.starts_anew()
            self.world.deliveries.deliver_again(number, weather)

        @precondition(lambda self: len(self.world.strangers) < _MOST_STRANGERS)
        @rule(
            token=st.sampled_from(["canary-token-a", "canary-token-b", "canary-voip"]),
            name=st.sampled_from(["theirs", "canary phone"]),
        )
        def stranger(self, token: str, name: str) -> None:
            self.world.stranger_registers(token, name)

        @precondition(lambda self: self.has_resource() and self.notices_loss)
        @rule()
        def vanish(self) -> None:
            self.world.vanish()

        @invariant()
        def holds(self) -> None:
            if hasattr(self, "world"):
                self.world.check()

    return History
