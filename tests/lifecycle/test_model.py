"""Random histories of one resource: whatever happens on the way, what is registered is what the stack holds."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from moto import mock_aws

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
        "device_token_conflict": st.sampled_from(["user", "none"]),
        "omitted_on_update": st.sampled_from(["kept", "reset"]),
        "failed_token": st.sampled_from(["forgotten", "remembered"]),
        "new_endpoint_in_first_list": st.booleans(),
    }
).filter(lambda drawn: (drawn["token_memory"], drawn["device_token_conflict"]) != ("none", "none"))


def machine(sink: Sink) -> type[RuleBasedStateMachine]:
    """The state machine, answering to a sink."""

    class History(RuleBasedStateMachine):
        @initialize(drawn=switches)
        def begin(self, drawn: dict[str, Any]) -> None:
            sink.forget()
            self.mock = mock_aws()
            self.mock.start()
            self.world = World(stage_for(sink))
            self.world.stage.backend.switches.change(drawn)
            self.notices_loss = drawn["missing_endpoint"] != "success"

        def teardown(self) -> None:
            if hasattr(self, "mock"):
                self.mock.stop()

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

        @precondition(lambda self: self.world.past)
        @rule(number=st.integers(0, 50))
        def deliver_again(self, number: int) -> None:
            self.world.deliver_again(number)

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


def test_what_is_registered_is_what_the_stack_holds(sink: Sink) -> None:
    """Invariants 1 to 4, 6, 8 and 13, over random histories; HISTORIES says how many, beyond the fixed ones."""
    wanted = os.environ.get("HISTORIES")
    run_state_machine_as_test(
        machine(sink),
        settings=settings(
            max_examples=int(wanted or 100),
            stateful_step_count=8,
            deadline=None,
            derandomize=wanted is None,
            print_blob=True,
            phases=[Phase.generate],  # a history is short: shrinking takes longer than reading it
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
