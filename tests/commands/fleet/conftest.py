"""A deployed fleet: its stack, its function and its bucket, in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Endpoint as RegisteredEndpoint
from chime_endpoints_fleet.ledger import fleet as fleet_state
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.entry import Entry
from chime_endpoints_fleet.ledger.header import CLOSED, Header
from chime_endpoints_fleet.manifest.digests import digests_of
from chime_endpoints_fleet.manifest.lines import read_line
from chime_endpoints_fleet.manifest.shards import shard_of
from chime_endpoints_fleet.runs import settings as run_settings
from chime_endpoints_fleet.runs.deciding.decide import Decision
from chime_endpoints_fleet.runs.deciding.decide import name_of as decision_name
from chime_endpoints_fleet.runs.settings import ManifestPlace, Mode, Settings
from chime_endpoints_fleet.store import Store
from chime_endpoints_handler.model.physical_id import Endpoint, suffix
from commands.conftest import Account
from support.identity import APPLICATION

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:events"
BUCKET = "fleet-state"
RUN = "run-1"


@dataclass
class FakeFunctions:
    """Lambda with the fleet's function."""

    bucket: str = BUCKET
    answer: Any = field(default_factory=lambda: {"run": "run-2"})
    received: list[dict[str, Any]] = field(default_factory=list)
    is_broken: bool = False

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if FunctionName != FUNCTION:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "GetFunction")
        return {"Environment": {"Variables": {"FLEET_BUCKET": self.bucket} if self.bucket else {}}}

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The operation of this name."""
        assert FunctionName == FUNCTION
        self.received.append(json.loads(Payload))
        answer: dict[str, Any] = {"Payload": BytesIO(json.dumps(self.answer).encode())}
        return answer | ({"FunctionError": "Unhandled"} if self.is_broken else {})


@dataclass
class DeployedFleet:
    """A fleet whose bucket the tests fill as the fleet's functions do."""

    account: Account
    functions: FakeFunctions
    store: Store
    stack_id: str
    level: int = 1
    endpoint_ids: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> int:
        """Run `chime-endpoints fleet …`."""
        return run(["fleet", *arguments], services=self.account.services)

    def line(self, key: str, **fields: Any) -> dict[str, Any]:
        """A line of a manifest."""
        return {"key": key, "user": f"user-of-{key}", "device_token": f"token-of-{key}"} | fields

    def begin(self, mode: Mode = Mode.APPLY, run_id: str = RUN, *, is_complete: bool = True) -> Settings:
        """Make a run the newest one."""
        settings = Settings(
            mode=mode,
            stack_id=self.stack_id,
            logical_id="Fleet",
            manifest=ManifestPlace(bucket=BUCKET, key="devices.jsonl"),
            defaults={"AppInstance": self.account.app_instance, "Application": APPLICATION, "Type": "GCM"},
            app_instances=(self.account.app_instance,),
            applications=(APPLICATION,),
            began=time.time(),
        )
        run_settings.save(self.store, run_id, settings)
        state = fleet_state.Fleet(
            stack_id=self.stack_id,
            logical_id="Fleet",
            level=self.level,
            is_complete=is_complete,
            run=run_id,
            began=settings.began,
            settings=settings.to_json(),
        )
        fleet_state.change(self.store, lambda _: state)
        return settings

    def decide(self, run_id: str = RUN, **members: Any) -> None:
        """Write what the run decided."""
        self.store.put_json(decision_name(run_id), Decision(**members).to_json())

    def finish(self, run_id: str = RUN, **members: Any) -> None:
        """Write how the run ended."""
        self.store.put_json(f"runs/{run_id}/result", {"run": run_id, "ok": True, "reason": ""} | members)

    def hold(self, endpoint: RegisteredEndpoint, key: str, **fields: Any) -> dict[str, Any]:
        """A line for an endpoint that is registered; `register` then knows its id."""
        self.endpoint_ids[key] = endpoint.endpoint_id
        return self.line(key, user=endpoint.app_instance_user_arn, device_token=endpoint.device_token, **fields)

    def register(self, lines: Sequence[dict[str, Any]], **header: Any) -> None:
        """Write the ledgers as after a run that has registered these lines; members of the header go to shard 0."""
        rules = self.begin().rules
        entries: dict[int, dict[str, Entry]] = {shard: {} for shard in range(1 << self.level)}
        for line in lines:
            declared = read_line(json.dumps(line).encode(), rules)
            entries[shard_of(declared.key, self.level)][declared.key] = Entry(
                key=declared.key,
                endpoint=Endpoint(
                    declared.properties["AppInstanceUserArn"],
                    self.endpoint_ids.get(declared.key, f"id-of-{declared.key}"),
                ),
                digests=digests_of(self.store.fleet, declared.properties),
            )
        for shard, of_shard in entries.items():
            members: dict[str, Any] = {"run": RUN, "round": 1, "state": CLOSED} | (header if shard == 0 else {})
            ledger = shard_ledger.load(self.store, self.level, shard)
            made = shard_ledger.Ledger(header=Header(**members), entries=of_shard, etag=ledger.etag)
            shard_ledger.save(self.store, self.level, shard, made)


@pytest.fixture
def fleet(account: Account) -> DeployedFleet:
    """The fleet `Push/Fleet`, which has not run yet."""
    functions = FakeFunctions()
    account.services.lambda_functions = functions
    stack = account.cloudformation.add(
        "Push", {"Fleet": {"Type": FLEET_TYPE, "Properties": {"ServiceToken": FUNCTION}}}
    )
    name = f"Push-Fleet-{suffix(stack.id, 'Fleet')}"
    stack.physical_ids["Fleet"] = name
    client = account.services.objects("us-east-1")
    client.create_bucket(Bucket=BUCKET)
    return DeployedFleet(account, functions, Store(client, BUCKET, name), stack.id)
