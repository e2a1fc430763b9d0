"""A fleet in a simulated process: a simulated clock, the emulated service, and S3 in memory or by moto."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Endpoint, identity_backend
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.applying.handling.surroundings import Surroundings
from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.entry import Entry
from chime_endpoints_fleet.ledger.header import Header
from chime_endpoints_fleet.runs import settings as run_settings
from chime_endpoints_fleet.runs.settings import ManifestPlace, Mode, Settings, Sizes
from chime_endpoints_fleet.store import Store
from chime_endpoints_fleet.worker import Process, act
from chime_endpoints_handler.model.physical_id import suffix
from support.bucket import MemoryS3
from support.direct import DirectClient
from support.stage import ACCOUNT, APPLICATION, REGION, STACK_ID, Clock, LambdaContext, StackStandIn, StagedClients

STATE, MANIFESTS = "state", "manifests"
LOGICAL_ID = "Fleet"
FLEET = f"chat-{LOGICAL_ID}-{suffix(STACK_ID, LOGICAL_ID)}"
SMALL = Sizes(range_bytes=1500, shard_endpoints=12)
"""Sizes with which a few dozen endpoints take several ranges and shards."""


@dataclass
class FleetStage:
    """One account with users, a bucket of manifests, and the fleet's functions."""

    s3: Any
    backend: ChimeSDKIdentityBackend
    clock: Clock
    instance: str
    users: list[str]
    sizes: Sizes = SMALL
    batching: Batching = field(default_factory=lambda: Batching(batch=5, threads=1))
    warnings: list[str] = field(default_factory=list)
    answers: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Every answer of the worker function, with its action."""
    seconds: float = 900.0
    """The time of a function."""
    manifests: int = 0
    machines: Any = None
    """The client of AWS Step Functions, for the end of a run."""

    def __post_init__(self) -> None:
        self.clients = StagedClients(StackStandIn(), DirectClient(self.backend))

    @property
    def store(self) -> Store:
        """The fleet's objects."""
        return Store(self.s3, STATE, FLEET)

    def process(self, clock: Clock | None = None) -> Process:
        """A process of the worker function, by default with the stage's own clock."""
        clock = clock or self.clock
        return Process(
            s3=self.s3,
            bucket=STATE,
            surroundings=Surroundings(
                clients=self.clients,
                now=clock.now,
                monotonic=self.clock.now,
                sleep=self.clock.sleep,
                jitter=lambda _, most: most,
                warn=self.warnings.append,
            ),
            sizes=self.sizes,
            batching=self.batching,
            machines=lambda: self.machines,
        )

    def act(self, action: str, run: str, **members: Any) -> Mapping[str, Any]:
        """Call the worker function."""
        context = LambdaContext(self.clock, self.clock.now() + self.seconds)
        event = {"action": action, "fleet": FLEET, "run": run, **members}
        answer = act(json.loads(json.dumps(event)), context, self.process())
        self.answers.append((action, answer))
        return answer

    def line(self, key: str, *, user: str | None = None, **fields: Any) -> dict[str, Any]:
        """One line of a manifest."""
        of_key = self.users[hash_of(key) % len(self.users)].rpartition("/")[2]
        return {"key": key, "user": user or of_key, "device_token": f"canary-token-{key}", **fields}

    def lines(self, count: int) -> list[dict[str, Any]]:
        """Some lines of a manifest."""
        return [self.line(f"k{number}", name=f"canary-name-of-{number}") for number in range(count)]

    def upload(self, lines: Iterable[Mapping[str, Any]] | bytes, *, key: str = "") -> ManifestPlace:
        """Put a manifest into the bucket."""
        self.manifests += 1
        body = lines if isinstance(lines, bytes) else "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        place = ManifestPlace(bucket=MANIFESTS, key=key or f"devices-{self.manifests}.jsonl")
        self.s3.put_object(Bucket=MANIFESTS, Key=place.key, Body=body)
        return place

    def upload_by(self, s3: Any, lines: Iterable[Mapping[str, Any]]) -> ManifestPlace:
        """Put a version of one manifest into the bucket, as a person does."""
        body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        version = s3.put_object(Bucket=MANIFESTS, Key="devices.jsonl", Body=body).get("VersionId", "")
        return ManifestPlace(bucket=MANIFESTS, key="devices.jsonl", version_id=version)

    def begin(self, run: str, manifest: ManifestPlace | None = None, **changes: Any) -> Settings:
        """Write the settings of a run."""
        settings = Settings(
            stack_id=STACK_ID,
            logical_id=LOGICAL_ID,
            manifest=manifest or ManifestPlace(bucket=MANIFESTS, key="none"),
            defaults={"AppInstance": self.instance, "Application": APPLICATION, "Type": "GCM"},
            rate=1000.0,
            began=self.clock.now(),
        )
        settings = replace(settings, **changes)
        run_settings.save(self.store, run, settings)
        return settings

    def plan(self, run: str) -> Mapping[str, Any]:
        """Run the machine up to the decision, and return what was decided."""
        prepared = self.act("prepare", run)
        for span in prepared["ranges"]:
            self.act("split", run, level=prepared["level"], range=span)
        for shard in prepared["shards"]:
            self.act("plan", run, level=prepared["level"], shard=shard)
        decided = self.act("decide", run, level=prepared["level"])
        return {**decided, "level": prepared["level"]}

    def execute(self, run: str) -> bool:
        """Run the machine as the state machine does; return whether nothing is left to do."""
        decided = self.plan(run)
        if not decided["go"]:
            return not self.decision(run)["refused"]
        return self.apply(run, decided)

    def apply(self, run: str, decided: Mapping[str, Any]) -> bool:
        """Run the rounds."""
        current = decided
        while True:
            for shard in current["shards"]:
                self.work(run, decided["level"], shard, current["round"], current["rate"])
            current = self.act("review", run, level=decided["level"], round=current["round"])
            if not current["again"]:
                return not current["shards"] and not self.failures_of(run)

    def work(self, run: str, level: int, shard: int, round_number: int, rate: float = 1000.0) -> None:
        """Work on one shard until it is done, as a child of the state machine does."""
        while True:
            worked = self.act("work", run, level=level, shard=shard, round=round_number, rate=rate)
            if worked["done"]:
                return
            self.clock.sleep(worked["wait"])

    def run(self, run: str, lines: Iterable[Mapping[str, Any]] | bytes, **changes: Any) -> bool:
        """Begin a run with a new manifest, and execute it."""
        self.begin(run, self.upload(lines), **changes)
        return self.execute(run)

    def remove(self, run: str) -> bool:
        """Deregister everything."""
        self.begin(run, mode=Mode.DELETE)
        return self.execute(run)

    def decision(self, run: str) -> Mapping[str, Any]:
        """What was decided about a run."""
        decision: Mapping[str, Any] = self.store.json(f"runs/{run}/plan.json")
        return decision

    @property
    def ledger(self) -> dict[str, Entry]:
        """The entries of all shards."""
        level = fleets.read(self.store).level
        ledgers = [shard_ledger.load(self.store, level, shard) for shard in range(1 << level)]
        return {key: entry for ledger in ledgers for key, entry in ledger.entries.items()}

    def header(self, level: int, shard: int) -> Header:
        """The header of a shard's ledger."""
        return shard_ledger.load(self.store, level, shard).header

    @property
    def failures(self) -> dict[str, str]:
        """The code of each key that failed, in the newest round of each shard."""
        return self.failures_of()

    def failures_of(self, run: str = "") -> dict[str, str]:
        """The code of each key that failed, in any run or in one."""
        level = fleets.read(self.store).level
        headers = [shard_ledger.load(self.store, level, shard).header for shard in range(1 << level)]
        own = [header for header in headers if not run or header.run == run]
        return {key: code for header in own for key, code in header.failed.items()}

    def differences(self, lines: Iterable[Mapping[str, Any]]) -> list[str]:
        """How the registered endpoints and the ledger differ from a manifest; strangers do not count."""
        wanted = {line["key"]: line for line in lines}
        ledger = self.ledger
        found = [f"{key}: not in the ledger" for key in wanted.keys() - ledger.keys()]
        found += [f"{key}: still in the ledger" for key in ledger.keys() - wanted.keys()]
        for key in wanted.keys() & ledger.keys():
            endpoint = self.backend.endpoints.get(ledger[key].endpoint.endpoint_id)
            found += [f"{key}: {text}" for text in self._differences(endpoint, wanted[key], ledger[key])]
        held = {entry.endpoint.endpoint_id for entry in ledger.values()}
        for endpoint_id, endpoint in self.backend.endpoints.items():
            if endpoint_id not in held and not (endpoint.name or "").startswith("stranger"):
                found.append(f"{endpoint_id}: in no ledger")
        return sorted(found)

    def _differences(self, there: Endpoint | None, line: Mapping[str, Any], entry: Entry) -> Iterable[str]:
        if there is None:
            yield "gone"
            return
        logical_id = f"{LOGICAL_ID}.{line['key']}"
        own = f"chat-{logical_id}-{suffix(STACK_ID, logical_id)}"
        expected = {
            "user": line["user"],
            "token": line["device_token"],
            "type": line.get("type", "GCM"),
            "application": line.get("application", APPLICATION),
            "name": line.get("name", own),
            "messages": line.get("allow_messages", "ALL"),
        }
        actual = {
            "user": there.app_instance_user_arn.rpartition("/")[2],
            "token": there.device_token,
            "type": there.type,
            "application": there.resource_arn,
            "name": there.name,
            "messages": there.allow_messages,
        }
        yield from (name for name in expected if expected[name] != actual[name])
        if entry.predecessors:
            yield "has predecessors"
        if entry.endpoint.user_arn != there.app_instance_user_arn:
            yield "the ledger names another user"

    def stranger(self, user: str, device_token: str, **members: Any) -> Endpoint:
        """An endpoint that someone else registers."""
        registered = self.backend.register_app_instance_user_endpoint(
            **{
                "app_instance_user_arn": user,
                "endpoint_type": "GCM",
                "resource_arn": APPLICATION,
                "device_token": device_token,
                "name": "stranger",
                "client_request_token": f"stranger-{device_token}",
            }
            | members
        )
        return self.backend.endpoints[registered.endpoint_id]


def hash_of(key: str) -> int:
    """A number for a key that is the same in every process."""
    return sum(key.encode())


def fleet_stage(s3: Any | None = None, *, users: int = 30, **members: Any) -> FleetStage:
    """A stage with an empty service and empty buckets."""
    backend = identity_backend(account_id=ACCOUNT, region_name=REGION)
    backend.reset()
    clock = Clock()
    backend.now = clock.now
    backend.switches.requests_per_second = None
    instance = backend.create_app_instance(name="chat")
    arns = [
        backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id=f"u{number}", name="u")
        for number in range(users)
    ]
    s3 = MemoryS3() if s3 is None else s3
    for bucket in (STATE, MANIFESTS):
        s3.create_bucket(Bucket=bucket)
    return FleetStage(s3=s3, backend=backend, clock=clock, instance=instance, users=arns, **members)
