"""One life of a resource with every kind of event, on every kind of service."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.services import SERVICES, Switches
from lifecycle.weather import Incident, Weather
from lifecycle.world import World
from support.stage import OTHER_APPLICATION, Stage

NAMED = ("canary phone", None)

LOST = Weather(lost_answers=frozenset({0}))
UNHEARD = Weather(incidents=(Incident(0, 1, "after", "error"), Incident(1, 2, "after", "kill")))


@pytest.mark.parametrize("named", NAMED, ids=["named", "unnamed"])
@pytest.mark.parametrize("omitted", ["kept", "reset"])
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: "-".join(map(str, service.values())))
def test_a_life_on_every_service(stage: Stage, service: Switches, omitted: str, named: str | None) -> None:
    """F34, F36, F37: on every kind of service, a life ends with what the stack holds."""
    stage.backend.switches.change({**service, "omitted_on_update": omitted})
    world, old = World(stage), stage.properties(Name=named)
    changed = old | {"Name": "canary tablet", "AllowMessages": "NONE"}
    replaced = changed | {"ResourceArn": OTHER_APPLICATION}  # keeps its token
    world.create(old, UNHEARD)
    world.check()
    world.update(changed, LOST)
    world.check()
    world.update(replaced, sibling_fails=True)
    world.check()
    world.update(replaced, UNHEARD)
    world.check()
    if stage.backend.switches.missing_endpoint != "success":
        world.vanish()
    world.update(replaced | {"AllowMessages": "ALL"})
    world.check()
    world.delete(UNHEARD)
    world.check()
    world.create(old)
    world.check()
    world.delete(LOST)
    world.check()
    world.create(old | {"AppInstanceUserArn": world.other_user})
    world.delete_after_its_user(LOST)
    world.check()


@pytest.mark.parametrize("kept", ["deleted", "kept"])
@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
@pytest.mark.parametrize("weather", [Weather(), LOST, UNHEARD], ids=["calm", "lost", "unheard"])
def test_a_stack_is_deleted_after_its_user(stage: Stage, missing: str, kept: str, weather: Weather) -> None:
    """F33: if a user is deleted before the stack, the stack's Delete ends clean, whatever happens to its endpoints."""
    stage.backend.switches.change({"missing_user": missing, "endpoints_on_user_deletion": kept})
    world = World(stage)
    for name in NAMED:
        world.create(stage.properties(Name=name, AppInstanceUserArn=world.other_user))
        world.delete_after_its_user(weather)
        world.check()
