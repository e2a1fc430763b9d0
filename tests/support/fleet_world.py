"""A random history of one fleet: manifests change, workers die, executions are resumed or given up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moto import mock_aws

from chime_endpoints_fleet.worker import ActionFailedError
from support.fleet import FleetStage, fleet_stage
from support.fleet_deaths import Deaths, DyingS3, Killed
from support.fleet_stack import MACHINE, Machine

_SWITCHES: Mapping[str, tuple[Any, ...]] = {
    "token_memory": ("for_ever", "while_alive", "none"),
    "device_token_conflict": ("user", "app_instance", "application", "none"),
    "missing_endpoint": ("forbidden", "not_found", "bad_request", "success"),
    "omitted_on_update": ("kept", "reset"),
    "new_endpoint_in_first_list": (True, False),
    "failed_token": ("forgotten", "remembered"),
    "token_scope": ("account", "user"),
    "same_token_other_parameters": ("same_endpoint", "conflict", "bad_request"),
    "deregistered_listed_seconds": (0, 0, 2),
}


class _Lost(Exception):  # noqa: N818 - an event of the history
    """The execution is gone."""


@dataclass
class Statistics:
    """What happened in histories."""

    runs: int = 0
    kills: int = 0
    resumed: int = 0
    given_up: int = 0
    highest_level: int = 0


@dataclass
class World:
    """One fleet, and the people and accidents around it."""

    stage: FleetStage
    random: random.Random
    deaths: Deaths
    statistics: Statistics = field(default_factory=Statistics)
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: int = 0
    runs: int = 0

    def live(self) -> list[str]:
        """Let a history happen, and return what is wrong at its end."""
        strangers = {each.endpoint_id: replace(each, listed=True) for each in map(self._stranger, self.stage.users[:4])}
        for endpoint_id in strangers:
            self.stage.backend.endpoints[endpoint_id].listed = True
        for _ in range(self.random.randrange(2, 6)):
            self._change_manifest()
            run = self._begin()
            while not self._execute(run):
                if self.random.random() < 0.5:
                    self.statistics.given_up += 1
                    break
                self.statistics.resumed += 1
        self._change_manifest()
        self.stage.clock.sleep(120)
        is_done = any(self._execute_undisturbed(self._begin()) for _ in range(2))
        problems = self.stage.differences(self.lines.values())
        problems += [] if is_done else [f"not done: {self.stage.failures}"]
        if not problems:
            self._execute(self._begin(mode="delete"))
            self.stage.clock.sleep(120)
            self._execute_undisturbed(self._begin(mode="delete"))
            problems += [f"{each} left" for each in self.stage.backend.endpoints if each not in strangers]
            problems += [f"{key} left in the ledger" for key in self.stage.ledger]
        problems += [
            f"{each} changed" for each in strangers if self.stage.backend.endpoints.get(each) != strangers[each]
        ]
        self.statistics.kills = self.deaths.count
        return problems

    def _stranger(self, user: str) -> Any:
        return self.stage.stranger(user, self._token())

    def _token(self) -> str:
        return self.random.randbytes(12).hex()

    def _change_manifest(self) -> None:
        for key, line in list(self.lines.items()):
            chance = self.random.random()
            if chance < 0.06:
                del self.lines[key]
            elif chance < 0.14:
                named = {"name": f"canary-{self.random.random()}"} if self.random.random() < 0.7 else {}
                self.lines[key] = {name: value for name, value in line.items() if name != "name"} | named
            elif chance < 0.22:
                self.lines[key] = line | {"device_token": self._token()}
            elif chance < 0.25:
                self.lines[key] = line | {"allow_messages": self.random.choice(("ALL", "NONE"))}
            elif chance < 0.27:
                self.lines[key] = line | {"type": self.random.choice(("GCM", "APNS"))}
            elif chance < 0.29:
                self.lines[key] = line | {"user": self._user()}
        for _ in range(self.random.randrange(14)):
            self.keys += 1
            named = {"name": f"canary-{self.keys}"} if self.random.random() < 0.7 else {}
            self.lines[f"k{self.keys}"] = {
                "key": f"k{self.keys}",
                "user": self._user(),
                "device_token": self._token(),
                **named,
            }

    def _user(self) -> str:
        """A user with few endpoints: the service allows ten."""
        users = [each.rpartition("/")[2] for each in self.stage.users]
        taken = [line["user"] for line in self.lines.values()]
        return self.random.choice([user for user in users if taken.count(user) < 5])

    def _begin(self, *, mode: str = "apply") -> str:
        self.runs += 1
        self.stage.clock.sleep(1)
        run = f"r{self.runs}"
        place = self.stage.upload(self.lines.values())
        self.stage.begin(run, place, mode=mode, most_deletions_percent=100.0)
        self.statistics.runs += 1
        return run

    def _execute_undisturbed(self, run: str) -> bool:
        done = self.stage.execute(run)
        assert not self.stage.decision(run)["refused"], self.stage.decision(run)["refused"]
        return bool(self.stage.act("finish", run, **self._ending(run))["ok"]) and done

    def _ending(self, run: str) -> dict[str, str]:
        return {"error": "", "execution": f"{MACHINE.replace(':stateMachine:', ':execution:')}:{run}"}

    def _execute(self, run: str) -> bool:
        """Run the machine once; return whether it came to its end."""
        try:
            self._apply(run)
            self._act("finish", run, **self._ending(run))
        except _Lost:
            return False
        return True

    def _apply(self, run: str) -> None:
        prepared = self._act("prepare", run)
        level = prepared["level"]
        self.statistics.highest_level = max(level, self.statistics.highest_level)
        for span in prepared["ranges"]:
            self._act("split", run, level=level, range=span)
        for shard in prepared["shards"]:
            self._act("plan", run, level=level, shard=shard)
        current = self._act("decide", run, level=level)
        again = current["go"]
        while again:
            for shard in current["shards"]:
                self._work(run, level=level, shard=shard, round=current["round"], rate=1000.0)
            current = self._act("review", run, level=level, round=current["round"])
            again = current["again"]

    def _work(self, run: str, **members: Any) -> None:
        while not (worked := self._act("work", run, **members))["done"]:
            self.stage.clock.sleep(worked["wait"])

    def _act(self, action: str, run: str, **members: Any) -> Mapping[str, Any]:
        """Call the function; after a death, the machine calls it again or is gone as well."""
        for _ in range(20):
            try:
                if action == "work" or self.random.random() < 0.1:
                    self.deaths.arm()
                return self.stage.act(action, run, **members)
            except ActionFailedError:
                pass
            except Killed:
                if self.random.random() < 0.5:
                    raise _Lost from None
            finally:
                self.deaths.disarm()
            self.stage.clock.sleep(self.random.choice((5, 61)))
        raise _Lost


def history(seed: int, *, threads: int = 1) -> tuple[list[str], Statistics]:
    """Let the history with a number happen; the same number gives the same history."""
    chance = random.Random(seed)  # noqa: S311 - it must repeat
    switches = {name: chance.choice(values) for name, values in _SWITCHES.items()}
    if switches["token_memory"] == "none" and switches["device_token_conflict"] == "none":
        switches["token_memory"] = "while_alive"  # a repeated registration must be recognized by something
    with mock_aws():
        s3 = DyingS3()
        stage = fleet_stage(s3, machines=Machine())
        stage.backend.switches.change(switches)
        stage.batching = stage.batching.__class__(batch=5, threads=threads)
        world = World(stage, chance, Deaths(chance, stage.backend, s3))
        problems = world.live()
        return [f"{switches}: {problem}" for problem in problems], world.statistics
