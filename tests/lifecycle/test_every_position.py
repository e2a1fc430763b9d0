"""One fault at every position of an event's calls, and what CloudFormation does next: the end is always clean."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from lifecycle.weather import Incident, Weather
from lifecycle.world import World
from support.stage import OTHER_APPLICATION, Stage

CHANGES: dict[str, dict[str, Any]] = {
    "name": {"Name": "canary tablet"},
    "token": {"EndpointAttributes": {"DeviceToken": "canary-token-b"}},
    "type, token kept": {"Type": "APNS_SANDBOX"},
    "application and name, token kept": {"ResourceArn": OTHER_APPLICATION, "Name": "canary tablet"},
    "voip added": {"EndpointAttributes": {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"}},
}
LOST = frozenset({0, 1, 2})
KINDS = ("throttle", "error", "hang", "empty", "refuse", "kill", "delete")


def incident(nth: int, when: str, kind: str, *, delivery: int = 0, seconds: float = 0) -> Weather:
    """One incident."""
    return Weather(incidents=(Incident(delivery, nth, when, kind, seconds=seconds),))  # type: ignore[arg-type] # KINDS


def positions(kind: str, most: int) -> Iterator[tuple[int, float]]:
    """The calls at which an incident may happen; a Delete comes at once or later."""
    yield from product(range(1, most + 1), (0.0, 15.0) if kind == "delete" else (0.0,))


@pytest.fixture(params=["user", "none"])
def world(stage: Stage, request: pytest.FixtureRequest) -> World:
    """A stack without its resource yet, on a service whose device tokens conflict or not."""
    stage.backend.switches.change({"device_token_conflict": request.param})
    return World(stage)


@pytest.mark.parametrize("named", ["canary phone", None])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_with_one_incident_and_no_response(world: World, named: str | None, kind: str, when: str) -> None:
    """F25, F41, F44, F56, F57, F58: with one incident anywhere, an unanswered Create leaves what the stack holds."""
    for nth, seconds in positions(kind, 3):
        weather = Weather(incidents=incident(nth, when, kind, seconds=seconds).incidents, lost_answers=LOST)
        world.create(world.stage.properties(Name=named), weather)
        world.check()
        if world.held_id is not None:
            world.delete()
            world.check()


@pytest.mark.parametrize("named", ["canary phone", None])
@pytest.mark.parametrize("change", ["name", "token", "application and name, token kept"])
@pytest.mark.parametrize("kind", ["refuse", "delete"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_update_with_one_incident(world: World, named: str | None, change: str, kind: str, when: str) -> None:
    """F59, F60, F61, F62: after one incident anywhere, the rollback leaves the old declaration registered once."""
    old = world.stage.properties(Name=named)
    for nth, seconds in positions(kind, 8):
        if world.held_id is None:
            world.create(old)
        world.update(old | CHANGES[change], incident(nth, when, kind, seconds=seconds))
        world.check()
        if world.held_id is not None:
            world.update(old)
            world.check()


@pytest.mark.parametrize("named", ["canary phone", None])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("how", ["lost", "sibling, update", "sibling, delete", "killed at every answer but the last"])
def test_an_update_that_is_rolled_back(world: World, named: str | None, change: str, how: str) -> None:
    """F60, F61: if an Update is rolled back in any way, the old declaration is registered once."""
    old = world.stage.properties(Name=named)
    world.create(old)
    weathers = {
        "lost": Weather(lost_answers=LOST),
        "killed at every answer but the last": Weather(killed_at_answer=frozenset({0, 1}), lost_answers=frozenset({2})),
    }
    world.update(
        old | CHANGES[change],
        weathers.get(how, Weather()),
        sibling_fails=how.startswith("sibling"),
        rollback="delete" if how.endswith("delete") else "update",
    )
    assert world.declared == old
    world.check()


@pytest.mark.parametrize("kind", KINDS[:-1])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_with_one_incident(world: World, kind: str, when: str) -> None:
    """F31, F63: with one incident anywhere, a Delete leaves nothing."""
    for nth in (1, 2):
        world.create(world.stage.properties())
        world.delete(incident(nth, when, kind))
        world.check()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_replacement_killed_three_times_after_register(world: World, when: str) -> None:
    """F61: if a replacement is killed three times after Register, only the old endpoint is left."""
    old = world.stage.properties()
    world.create(old)
    # In each delivery: Describe, List and Register; the second and third find the first one's endpoint.
    kills = tuple(Incident(delivery, 3, when, "kill") for delivery in range(3))  # type: ignore[arg-type] # a Literal
    world.update(old | CHANGES["token"], Weather(incidents=kills))
    assert world.declared == old
    world.check()


def test_a_resource_that_is_added_again_is_a_new_endpoint(world: World) -> None:
    """F67: a logical ID that is used again gets a new endpoint, even if the service remembers all tokens."""
    for _ in range(3):
        world.create(world.stage.properties())
        world.check()
        world.delete()
        world.check()


def test_a_token_rotated_there_and_back(world: World) -> None:
    """F68: a token that goes from A to B and back leaves one endpoint with A."""
    old = world.stage.properties()
    world.create(old)
    for _ in range(2):
        world.update(old | CHANGES["token"])
        world.check()
        world.update(old)
        world.check()


def test_every_event_of_the_past_delivered_again_changes_nothing(world: World) -> None:
    """F43: if all past events are delivered again hours later, in any order, nothing changes."""
    old = world.stage.properties()
    world.create(old)
    for change in CHANGES.values():
        world.update(old | change)
        world.update(old)
    for number in range(len(world.deliveries.past)):
        world.deliveries.deliver_again(number)
        world.check()


def test_a_replacement_killed_once_it_was_named_and_then_refused(world: World) -> None:
    """F61: if a delivery fails, it removes what the one before it has already named as declared."""
    old = world.stage.properties()
    world.create(old)
    refusal = incident(2, "before", "refuse", delivery=1).incidents
    world.update(old | CHANGES["token"], Weather(incidents=refusal, killed_at_answer=frozenset({0})))
    assert world.declared == old
    world.check()


def test_a_predecessor_that_is_not_in_the_way_does_not_give_way(world: World) -> None:
    """F36, F61: if the new endpoint itself holds the token, the old one does not give way, even if List lags."""
    world.stage.backend.switches.change(
        {"device_token_conflict": "application", "new_endpoint_in_first_list": False, "token_memory": "none"}
    )
    old = world.stage.properties()
    world.create(old)
    unheard = incident(3, "after", "empty").incidents
    world.update(old | {"ResourceArn": OTHER_APPLICATION}, Weather(incidents=unheard, lost_answers=frozenset({0})))
    assert world.declared != old
    world.check()
