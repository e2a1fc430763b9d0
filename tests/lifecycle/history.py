"""Random histories of one resource, as a state machine of hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from lifecycle.weather import Incident, Weather
from lifecycle.world import World
from support.sink import Sink
from support.stage import APPLICATION, OTHER_APPLICATION, stage_for

incidents = st.builds(
    Incident,
    delivery=st.integers(0, 2),
    nth=st.integers(1, 6),
    when=st.sampled_from(["before", "after"]),
    kind=st.sampled_from(["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]),
)
deliveries = st.frozensets(st.integers(0, 2))
weathers = st.builds(
    Weather,
    incidents=st.lists(incidents, max_size=3).map(tuple),
    lost_answers=st.just(frozenset()) | deliveries,
    killed_at_answer=st.just(frozenset()) | st.frozensets(st.integers(0, 2), max_size=2),
    is_delivered_twice=st.booleans(),
)
attributes = st.sampled_from(
    [
        {"DeviceToken": "canary-token-a"},
        {"DeviceToken": "canary-token-b"},
        {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"},
    ]
)
changes = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(["APNS", "APNS_SANDBOX"]),
        "ResourceArn": st.sampled_from([APPLICATION, OTHER_APPLICATION]),
        "EndpointAttributes": attributes,
        "Name": st.sampled_from(["canary phone", "canary tablet", None]),
        "AllowMessages": st.sampled_from(["ALL", "NONE"]),
    }
)
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


def machine(sink: Sink) -> type[RuleBasedStateMachine]:
    """The state machine, answering to a sink; it is to run inside one `mock_aws`, which takes its time to start."""

    class History(RuleBasedStateMachine):
        @initialize(drawn=switches)
        def begin(self, drawn: dict[str, Any]) -> None:
            sink.forget()
            self.world = World(stage_for(sink))
            self.world.stage.backend.switches.change(drawn)
            self.notices_loss = drawn["missing_endpoint"] != "success"

        def has_resource(self) -> bool:
            return self.world.held_id is not None

        @precondition(lambda self: not self.has_resource())
        @rule(change=changes, weather=weathers, sibling_fails=st.booleans())
        def create(self, change: dict[str, Any], weather: Weather, *, sibling_fails: bool) -> None:
            self.world.create(self.world.stage.properties(**change), weather, sibling_fails=sibling_fails)

        @precondition(has_resource)
        @rule(
            change=changes,
            weather=weathers,
            sibling_fails=st.booleans(),
            rollback=st.sampled_from(["update", "delete"]),
            rollback_weather=weathers,
        )
        def update(self, change: dict[str, Any], **how: Any) -> None:
            self.world.update(self.world.stage.properties(**change), **how)

        @precondition(has_resource)
        @rule(weather=weathers)
        def delete(self, weather: Weather) -> None:
            self.world.delete(weather)

        @precondition(lambda self: self.world.deliveries.past)
        @rule(number=st.integers(0, 50), to_a_new_process=st.booleans())
        def deliver_again(self, number: int, *, to_a_new_process: bool) -> None:
            if to_a_new_process:
                self.world.stage.starts_anew()
            self.world.deliveries.deliver_again(number)

        @rule(
            token=st.sampled_from(["canary-token-a", "canary-token-b", "canary-voip"]),
            name=st.sampled_from(["theirs", "canary phone"]),
        )
        def stranger(self, token: str, name: str) -> None:
            if len(self.world.strangers) < 3:
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
