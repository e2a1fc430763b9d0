"""The probes of `make live`, against the emulator with each value of each switch."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from chime_endpoints_emulator import Profile, PushSwitches, Switches, use_profile
from chime_endpoints_emulator.switches import SwitchSet
from live.account import Account
from live.probes.finding import UnsettledError
from live.probes.rate import requests_per_second
from live.probes.registry import IDENTITY, PUSH, Observed, run_probes
from live.run import Run
from live.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.slow

SWITCHES: dict[str, type[SwitchSet]] = {"identity": Switches, "push": PushSwitches}
NUMBERS: dict[str, list[Any]] = {
    "deregistered_listed_seconds": [0.3],
    "endpoints_per_user": [3],
    "requests_per_second": [],  # its own test below
}


ALONE = [
    ("token_memory", "none"),
    ("device_token_conflict", "application"),
    ("device_token_conflict", "none"),
    ("new_endpoint_state", "invalid_device_token"),
    ("new_endpoint_state", "invalid_pinpoint_arn"),
]
"""Values beside which other switches have no effect that could be observed."""


def _flips() -> list[dict[str, Any]]:
    """Switches to flip together, such that every value of every switch is flipped once."""
    rows: list[dict[str, Any]] = [{name: value} for name, value in ALONE]
    others: list[dict[str, Any]] = [{}, {}, {}]
    for switches in SWITCHES.values():
        hints = get_type_hints(switches)
        for field in fields(switches):
            kind = hints[field.name]
            values = NUMBERS.get(field.name, [True, False] if kind is bool else [*get_args(kind)])
            flipped = [each for each in values if each != field.default and (field.name, each) not in ALONE]
            for row, value in zip(others, flipped, strict=False):
                row[field.name] = value
            assert len(flipped) <= len(others)
    return rows + others


def _observed(account: Account) -> dict[str, Observed]:
    return {each.switch: each for each in run_probes(Sandbox(account, Run.new()))}


def test_every_switch_has_a_probe() -> None:
    """They are in the same order."""
    assert [*IDENTITY] == [field.name for field in fields(Switches)]
    assert [*PUSH] == [field.name for field in fields(PushSwitches)]


def test_the_defaults_are_observed(account: Account) -> None:
    """Every probe settles its switch, except for the one that would disturb others."""
    observed = _observed(account)
    assert {*observed} == {*IDENTITY, *PUSH} - {"requests_per_second"}
    assert not [each for each in observed.values() if not each.is_settled or each.value != each.assumed]


@pytest.mark.parametrize("flipped", _flips(), ids=lambda row: "-".join(map(str, row.values()))[:40])
def test_exactly_the_flipped_switches_are_observed(account: Account, flipped: dict[str, Any]) -> None:
    """Some switches cannot be observed beside a flipped one, but no probe reports a wrong value."""
    unlimited = {"requests_per_second": None}
    values = {
        service: {name: value for name, value in flipped.items() if name in get_type_hints(switches)}
        for service, switches in SWITCHES.items()
    }
    use_profile(Profile(identity=values["identity"] | unlimited, push=values["push"]))
    observed = _observed(account)
    assert not [observed[name] for name in flipped if not observed[name].is_settled]
    different = {name: each.value for name, each in observed.items() if each.is_settled and each.value != each.assumed}
    assert different == {
        name: pytest.approx(value, abs=0.15) if type(value) is float else value for name, value in flipped.items()
    }


@pytest.mark.slow
def test_the_rate_is_observed(account: Account) -> None:
    """The burst of the first second is not counted."""
    use_profile(Profile(identity={"requests_per_second": 30}))
    found = requests_per_second(Sandbox(account, Run.new()), seconds=2.5, threads=8)
    assert found.value == pytest.approx(30, rel=0.5)  # a busy machine saves up calls


def test_no_rate_is_made_up(account: Account) -> None:
    """If nothing was throttled, the rate is not known."""
    with pytest.raises(UnsettledError, match="no call was throttled"):
        requests_per_second(Sandbox(account, Run.new()), seconds=0.2, threads=2)
