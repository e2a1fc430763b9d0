"""Random histories of one resource, as a hypothesis state machine."""

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

from lifecycle.labels import Labels
from lifecycle.strategies import (
    IMMUTABLE,
    beginnings,
    courses,
    declarations,
    in_place,
    seldom,
    switches,
    tags,
    turns,
    weathers,
)
from lifecycle.vault import CONTENTS
from lifecycle.weather import UNHEARD, Weather
from lifecycle.world import World
from support.sink import Sink
from support.stage import stage_for

_MOST_STRANGERS = 2


def machine(
    sink: Sink, on_begin: Callable[[], None] = lambda: None, *, is_direct: bool = True
) -> type[RuleBasedStateMachine]:
    """The state machine, with responses to a sink; run it inside one `mock_aws`, which is slow to start."""

    class History(RuleBasedStateMachine):
        @initialize(drawn=switches)
        def begin(self, drawn: dict[str, Any]) -> None:
            on_begin()
            sink.forget()
            self.world = World(stage_for(sink, is_direct=is_direct))
            self.world.stage.backend.switches.change(drawn)
            self.world.stage.refusal = 0.9  # few attempts: each takes a connection
            self.labels = Labels(self.world.stage, self.world.deliveries)
            self.notices_loss = drawn["missing_endpoint"] != "success"

        def has_resource(self) -> bool:
            return self.world.held_id is not None

        @precondition(lambda self: not self.has_resource())
        @rule(declared=declarations, beginning=beginnings)
        def create(self, declared: dict[str, Any], beginning: dict[str, Any]) -> None:
            user = self.world.other_user if beginning["is_for_other"] else self.world.stage.user
            properties = self.world.stage.properties(AppInstanceUserArn=user, **declared)
            if beginning["adopts"] and len(self.world.rivals) < _MOST_STRANGERS:
                properties = self.world.stranger_registers_what_is_declared(properties)
            if beginning["is_second"]:
                self.create_second(properties, beginning["weather"])
            else:
                self.world.create(properties, beginning["weather"], sibling_fails=beginning["sibling_fails"])

        def create_second(self, properties: dict[str, Any], weather: Weather) -> None:
            """Lose the first Create's response, create again, and deliver the first one's Delete a second time."""
            self.world.create(properties, UNHEARD)
            its_delete = len(self.world.deliveries.past) - 1
            self.world.create(properties, weather)
            self.world.deliveries.deliver_again(its_delete)

        @precondition(has_resource)
        @rule(change=in_place, course=courses)
        def change_in_place(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            self.update(change, course)

        @precondition(has_resource)
        @rule(steps=turns, change=in_place, course=courses, adopts=seldom)
        def replace(
            self, steps: dict[str, int], change: dict[str, Any], course: dict[str, Any], *, adopts: bool
        ) -> None:
            assert self.world.declared is not None
            turned = {name: _turned(name, self.world.declared[name], step) for name, step in steps.items()}
            if adopts and len(self.world.rivals) < _MOST_STRANGERS:
                change = self.world.stranger_registers_what_is_declared(self.world.declared | turned) | change
                change["AdoptExisting"] = "true"
            self.update(change | turned, course)

        @precondition(has_resource)
        @rule(change=in_place, course=courses)
        def move(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            assert self.world.declared is not None
            is_other = self.world.declared["AppInstanceUserArn"] == self.world.other_user
            user = self.world.stage.user if is_other else self.world.other_user
            self.update({"AppInstanceUserArn": user} | change, course)

        def update(self, change: dict[str, Any], course: dict[str, Any]) -> None:
            assert self.world.declared is not None
            self.world.update(self.world.stage.properties(**{"Name": None} | self.world.declared | change), **course)

        @precondition(has_resource)
        @rule(weather=weathers)
        def delete(self, weather: Weather) -> None:
            self.world.delete(weather)

        def can_retain(self) -> bool:
            """Limit L15: what is retained without a declared name looks like a leftover."""
            is_named = self.world.declared is not None and "Name" in self.world.declared
            return is_named and not self.world.has_vanished and len(self.world.rivals) < _MOST_STRANGERS

        @precondition(can_retain)
        @rule()
        def retain(self) -> None:
            self.world.retain()

        @precondition(has_resource)
        @rule(declared=tags, weather=weathers)
        def label(self, declared: dict[str, str] | None, weather: Weather) -> None:
            self.labels.change(declared, weather)

        def is_for_other(self) -> bool:
            declared = self.world.declared
            return declared is not None and declared["AppInstanceUserArn"] == self.world.other_user

        @precondition(is_for_other)
        @rule(weather=weathers)
        def delete_after_its_user(self, weather: Weather) -> None:
            self.world.delete_after_its_user(weather)

        @precondition(lambda self: self.world.deliveries.past)
        @rule(number=st.integers(0, 50), to_a_new_process=st.booleans(), weather=weathers)
        def deliver_again(self, number: int, *, to_a_new_process: bool, weather: Weather) -> None:
            if to_a_new_process:
                self.world.stage.starts_anew()
            self.world.deliveries.deliver_again(number, weather)

        @precondition(lambda self: len(self.world.rivals) < _MOST_STRANGERS)
        @rule(
            token=st.sampled_from(["canary-token-a", "canary-token-b", "canary-voip", *CONTENTS]),
            name=st.sampled_from(["theirs", "canary phone"]),
        )
        def stranger(self, token: str, name: str) -> None:
            self.world.stranger_registers(token, name)

        @precondition(has_resource)
        @rule()
        def rotate(self) -> None:
            self.world.rotate()

        @precondition(lambda self: self.has_resource() and self.notices_loss)
        @rule(is_taken=seldom)
        def vanish(self, *, is_taken: bool) -> None:
            self.world.vanish()
            if is_taken and len(self.world.rivals) < _MOST_STRANGERS:
                assert self.world.declared is not None
                self.world.stranger_registers(self.world.vault.device_token(self.world.declared), "theirs")

        @invariant()
        def holds(self) -> None:
            if hasattr(self, "world"):
                self.world.check()
                self.labels.check()

    return History


def _turned(name: str, value: Any, steps: int) -> Any:
    """The value this many places after the current one of an immutable property."""
    values = IMMUTABLE[name]
    return values[(values.index(value) + steps) % len(values)]
