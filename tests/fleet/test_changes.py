"""Changes of single endpoints within a fleet: what is registered, what fails, and what is never in doubt."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from chime_endpoints_emulator import Fault, Spoiled
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.entry import Intent
from chime_endpoints_fleet.manifest.digests import UNKNOWN
from chime_endpoints_handler.model.physical_id import suffix
from support.fleet import FleetStage
from support.fleet_deaths import Killed
from support.secrets_manager import AsOnAws
from support.stage import OTHER_APPLICATION, STACK_ID

pytestmark = pytest.mark.slow

REGISTER = "RegisterAppInstanceUserEndpoint"
UPDATE = "UpdateAppInstanceUserEndpoint"
DEREGISTER = "DeregisterAppInstanceUserEndpoint"
LIST = "ListAppInstanceUserEndpoints"


def operations(stage: FleetStage) -> list[str]:
    """The short names of the calls since the last time."""
    calls = [call.operation.removesuffix("s").replace("AppInstanceUserEndpoint", "") for call in stage.backend.calls]
    stage.backend.calls.clear()
    return calls


REPLACED = ["Describe", "Register", "Update", "Deregister"]
SHARED = ["Describe", "Register", "Deregister", "Register", "Update"]
"""The former endpoint has the device token, so it is removed before its replacement can be registered."""


@pytest.mark.parametrize(
    ("conflict", "change", "expected"),
    [
        ("user", {"name": "b"}, ["Update"]),
        ("user", {"allow_messages": "NONE"}, ["Update"]),
        ("user", {"device_token": "canary-b"}, REPLACED),
        ("user", {"type": "APNS"}, SHARED),
        ("user", {"application": OTHER_APPLICATION}, SHARED),
        ("application", {"application": OTHER_APPLICATION}, REPLACED),
        ("user", {"user": "u2"}, REPLACED),
        ("app_instance", {"user": "u2"}, SHARED),
        ("application", {"user": "u2"}, SHARED),
        ("app_instance", {"user": "u2", "device_token": "canary-b"}, REPLACED),
    ],
)
def test_a_change_of_a_line_takes_as_few_calls_as_possible(
    stage: FleetStage, conflict: str, change: dict[str, str], expected: list[str]
) -> None:
    """A rename one, a replacement five at most, whatever the service means by a device token that is in use."""
    stage.backend.switches.device_token_conflict = conflict  # type: ignore[assignment] # one of its words
    stage.backend.switches.unusable_application = "accepted"
    line = stage.line("a", user="u1", name="a")
    assert stage.run("r1", [line])
    operations(stage)
    assert stage.run("r2", [line | change])
    assert stage.differences([line | change]) == []
    assert operations(stage) == expected


def test_a_replacement_whose_former_endpoint_is_gone_looks_for_what_is_there(stage: FleetStage) -> None:
    """The ledger says something else than the service."""
    line = stage.line("a", user="u1", name="a")
    assert stage.run("r1", [line])
    stage.backend.endpoints.clear()
    assert stage.run("r2", [line | {"type": "APNS"}])
    assert stage.differences([line | {"type": "APNS"}]) == []
    assert stage.run("r3", [line | {"type": "APNS"}])


def test_a_replacement_meets_a_stranger_beside_the_former_endpoint(stage: FleetStage) -> None:
    """Nothing of the stranger's is touched, and the former endpoint is registered again."""
    stage.backend.switches.device_token_conflict = "application"
    stage.backend.switches.unusable_application = "accepted"
    line = stage.line("a", user="u1", name="canary-a")
    assert stage.run("r1", [line])
    stranger = stage.stranger(stage.users[1], line["device_token"], resource_arn=OTHER_APPLICATION)
    assert not stage.run("r2", [line | {"application": OTHER_APPLICATION}])
    assert stage.failures == {"a": "CE-411"}
    assert stage.backend.endpoints[stranger.endpoint_id] == stranger
    assert stage.run("r3", [line])
    assert stage.differences([line]) == []


def test_an_endpoint_without_a_name_gets_one_that_names_its_key(stage: FleetStage) -> None:
    """The name has a dot, by which it differs from those of a stack's own resources."""
    assert stage.run("r1", [stage.line("a")])
    assert stage.differences([stage.line("a")]) == []
    (endpoint,) = stage.backend.endpoints.values()
    assert str(endpoint.name).startswith("chat-Fleet.a-")
    named = stage.line("a", name="Alice")
    assert stage.run("r2", [named])
    assert stage.run("r3", [stage.line("a")])
    assert stage.differences([stage.line("a")]) == []


def test_a_device_that_moves_to_another_user_moves_with_its_key(stage: FleetStage) -> None:
    """It is one replacement, by one worker."""
    assert stage.run("r1", [stage.line("a", user="u1")])
    assert stage.run("r2", [stage.line("a", user="u2")])
    assert stage.differences([stage.line("a", user="u2")]) == []


def test_a_renamed_key_gets_the_device_token_in_the_next_round(stage: FleetStage) -> None:
    """The old key's endpoint is deregistered in the first one."""
    assert stage.run("r1", [stage.line("a", user="u1", device_token="canary-same")])
    assert stage.run("r2", [stage.line("b", user="u1", device_token="canary-same")])
    assert stage.differences([stage.line("b", user="u1", device_token="canary-same")]) == []


def test_what_cannot_be_registered_fails_alone(stage: FleetStage) -> None:
    """Every other endpoint is registered; the report says why, by key and code."""
    stage.stranger(stage.users[1], "canary-taken")
    lines = [
        *stage.lines(20),
        stage.line("gone", user="nobody"),
        stage.line("taken", user="u1", device_token="canary-taken"),
    ]
    assert not stage.run("r1", lines)
    assert stage.failures == {"gone": "CE-302", "taken": "CE-411"}
    assert stage.differences(lines) == ["gone: not in the ledger", "taken: not in the ledger"]
    reports = [stage.store.json(name) for name in stage.store.names("runs/r1/report/001-")]
    failed = {each["key"]: each for report in reports for each in report["failed"]}
    assert failed["taken"]["code"] == "CE-411"
    assert "already has the device token" in failed["taken"]["reason"]
    assert "canary" not in str(reports)


def test_many_unknown_users_cost_seconds_not_hours(stage: FleetStage) -> None:
    """A 403 is retried for fifteen seconds only while the role's permission may be new."""
    lines = [stage.line(f"k{number}", user=f"nobody{number}") for number in range(200)]
    before = stage.clock.now()
    assert not stage.run("r1", lines)
    assert set(stage.failures.values()) == {"CE-302"}
    assert stage.clock.now() - before < 3 * 60
    assert len(stage.backend.calls) < 600


def test_a_permission_that_is_new_is_waited_for(stage: FleetStage) -> None:
    """CloudFormation attaches the policy seconds before the run."""
    stage.backend.faults.append(Fault.deny("*", times=4))
    assert stage.run("r1", stage.lines(5))
    assert stage.differences(stage.lines(5)) == []


def test_a_missing_permission_is_not_waited_for_by_each_endpoint(stage: FleetStage) -> None:
    """One refusal that lasted is enough."""
    stage.backend.faults.append(Fault.deny("*"))
    before = stage.clock.now()
    assert not stage.run("r1", stage.lines(40))
    assert set(stage.failures.values()) == {"CE-301"}
    assert stage.clock.now() - before < 6 * 60


def test_a_registration_whose_response_is_lost_is_found(stage: FleetStage) -> None:
    """The retry has the same request token."""
    stage.backend.faults.append(Fault(REGISTER, when="after", answer=Spoiled.RESET))
    assert stage.run("r1", stage.lines(5))
    assert stage.differences(stage.lines(5)) == []


def test_a_failed_registration_in_doubt_is_undone(stage: FleetStage) -> None:
    """The service registers, and never says so: what a later run does not declare must not stay."""
    stage.backend.switches.token_memory = "none"
    stage.backend.switches.device_token_conflict = "none"
    line = stage.line("a", name="canary-a")
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", times=None))
    stage.begin("r1", stage.upload([line]))
    decided = stage.plan("r1")
    stage.work("r1", 0, 0, 1)
    stage.backend.faults.clear()
    assert not stage.ledger
    assert not stage.backend.endpoints
    assert decided["go"]


def test_a_registration_that_stays_in_doubt_is_carried_out_by_the_next_worker(stage: FleetStage) -> None:
    """Neither the response nor the clean-up came through: its intent stays, even for a run without the key."""
    stage.backend.switches.token_memory = "while_alive"
    line = stage.line("a", name="canary-a")
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", times=None),
        Fault(LIST, error="ServiceFailureException", times=None),
        Fault(DEREGISTER, error="ServiceFailureException", times=None),
    ]
    stage.begin("r1", stage.upload([line]))
    stage.plan("r1")
    stage.work("r1", 0, 0, 1)
    assert [each.key for each in shard_ledger.load(stage.store, 0, 0).header.intents] == ["a"]
    assert stage.backend.endpoints
    stage.work("r1", 0, 0, 2)
    assert [each.key for each in shard_ledger.load(stage.store, 0, 0).header.intents] == ["a"]
    assert stage.failures == {"a": "CE-514"}
    stage.backend.faults.clear()
    stage.clock.sleep(60)
    assert stage.run("r2", [stage.line("b")])
    assert stage.differences([stage.line("b")]) == []
    assert len(stage.backend.endpoints) == 1


def test_a_failed_replacement_leaves_the_former_endpoint_and_is_looked_at_again(stage: FleetStage) -> None:
    """A manifest that returns to what it said finds the endpoint as it was."""
    line = stage.line("a", user="u1", name="canary-a")
    assert stage.run("r1", [line])
    stage.stranger(stage.users[1], "canary-taken")
    assert not stage.run("r2", [line | {"device_token": "canary-taken"}])
    assert stage.ledger["a"].digests == UNKNOWN
    operations(stage)
    assert stage.run("r3", [line])
    assert stage.differences([line]) == []
    assert set(operations(stage)) == {"Describe", "List"}


def test_an_endpoint_that_gave_way_and_came_back_has_another_id(stage: FleetStage) -> None:
    """A replacement with the same device token needs the former endpoint's place, and then fails."""
    stage.backend.switches.unusable_application = "accepted"
    line = stage.line("a", user="u1", name="canary-a")
    assert stage.run("r1", [line])
    former = stage.ledger["a"].endpoint
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", nth=2))
    stage.begin("r2", stage.upload([line | {"application": OTHER_APPLICATION}]))
    stage.plan("r2")
    stage.work("r2", 0, 0, 1)
    assert stage.failures == {"a": "CE-304"}
    assert stage.ledger["a"].endpoint != former
    assert stage.ledger["a"].endpoint.endpoint_id in stage.backend.endpoints
    stage.clock.sleep(1)
    assert stage.run("r3", [line])
    assert stage.differences([line]) == []


def test_a_failed_deletion_is_tried_again(stage: FleetStage) -> None:
    """Nothing that is registered leaves the ledger."""
    assert stage.run("r1", stage.lines(3))
    stage.backend.faults.append(Fault(DEREGISTER, error="BadRequestException", times=3))
    assert stage.remove("r2")
    assert not stage.backend.endpoints
    assert not stage.ledger


def test_a_predecessor_that_cannot_be_removed_stays_in_the_ledger(stage: FleetStage) -> None:
    """The next round or run removes it."""
    line = stage.line("a")
    assert stage.run("r1", [line])
    changed = line | {"device_token": "canary-b"}
    stage.backend.faults.append(Fault(DEREGISTER, error="BadRequestException", times=None))
    assert not stage.run("r2", [changed])
    assert len(stage.ledger["a"].predecessors) == 1
    stage.backend.faults.clear()
    stage.clock.sleep(1)
    assert stage.run("r3", [changed])
    assert stage.differences([changed]) == []
    assert len(stage.backend.endpoints) == 1


def test_an_endpoint_that_someone_deregistered_is_registered_again_when_its_line_changes(stage: FleetStage) -> None:
    """An Update of it finds nothing."""
    line = stage.line("a", name="a")
    assert stage.run("r1", [line])
    stage.backend.endpoints.clear()
    assert stage.run("r2", [line | {"name": "b"}])
    assert stage.differences([line | {"name": "b"}]) == []


def test_registered_endpoints_are_adopted_where_the_line_says_so(stage: FleetStage) -> None:
    """It is how a fleet takes over what was registered by other means."""
    theirs = stage.stranger(stage.users[1], "canary-theirs", name="canary-old")
    line = stage.line("a", user="u1", device_token="canary-theirs", name="canary-new", adopt_existing=True)
    assert stage.run("r1", [line])
    assert stage.ledger["a"].endpoint.endpoint_id == theirs.endpoint_id
    assert stage.differences([line]) == []


def test_an_endpoint_of_the_fleet_itself_is_not_adopted(stage: FleetStage) -> None:
    """A key that is renamed would adopt the endpoint that the old key's deletion then removes."""
    first = stage.line("a", user="u1", device_token="canary-same", adopt_existing=True)
    assert stage.run("r1", [first])
    second = stage.line("b", user="u1", device_token="canary-same", adopt_existing=True)
    assert stage.run("r2", [second])
    assert stage.differences([second]) == []


@pytest.mark.parametrize("name", [{}, {"name": "canary-a"}])
def test_a_device_that_two_lines_declare_is_registered_for_one(stage: FleetStage, name: dict[str, str]) -> None:
    """Otherwise, the removal of one line would deregister the other's endpoint."""
    both = [stage.line(key, user="u1", device_token="canary-same", adopt_existing=True, **name) for key in "ab"]
    assert not stage.run("r1", both)
    assert stage.failures == {"b": "CE-411"}
    assert stage.ledger.keys() == {"a"}


def test_a_device_that_two_lines_of_two_shards_declare_is_registered_for_one(stage: FleetStage) -> None:
    """The name of an endpoint without a declared one says which key it belongs to."""
    both = [stage.line(key, user="u1", device_token="canary-same", adopt_existing=True) for key in "ab"]
    assert not stage.run("r1", [*stage.lines(40), *both])
    assert stage.failures == {"b": "CE-411"}


def test_an_endpoint_is_adopted_by_one_of_two_keys_in_two_shards(stage: FleetStage) -> None:
    """Its name is someone's, so nothing but the other ledger says that it is taken."""
    theirs = stage.stranger(stage.users[1], "canary-same")
    both = [stage.line(key, user="u1", device_token="canary-same", adopt_existing=True, name="n") for key in "ab"]
    lines = [*stage.lines(40), *both]
    assert not stage.run("r1", lines)
    (failed,) = stage.failures.items()
    assert failed in {("a", "CE-411"), ("b", "CE-411")}
    holders = [key for key, entry in stage.ledger.items() if entry.endpoint.endpoint_id == theirs.endpoint_id]
    assert len(holders) == 1
    reports = [stage.store.json(name) for name in stage.store.names("runs/r1/report/")]
    (reason,) = {each["reason"] for report in reports for each in report["failed"]}
    assert reason == f"Key {holders[0]} of the fleet declares the same endpoint. Remove one of the two lines."
    assert not stage.run("r2", lines)
    assert [key for key, entry in stage.ledger.items() if entry.endpoint.endpoint_id == theirs.endpoint_id] == holders


@pytest.mark.parametrize("adopting", ["a", "b", "ab"])
@pytest.mark.parametrize("in_a_secret", ["", "a", "b", "ab"])
def test_what_one_key_registers_is_not_adopted_by_another_one_in_the_same_run(
    stage: FleetStage, in_a_secret: str, adopting: str
) -> None:
    """The ledger of the other shard was not written yet when the run was planned."""
    secrets = boto3.client("secretsmanager")
    lines = stage.lines(40)
    for key in "ab":
        line = stage.line(key, user="u1", device_token="canary-same", name="n", adopt_existing=key in adopting)
        if key in in_a_secret:
            line["device_token"] = {"secret": secrets.create_secret(Name=key, SecretString="canary-same")["ARN"]}
        lines.append(line)
    assert not stage.run("r1", lines)
    assert len(stage.failures) == 1
    assert len(stage.ledger.keys() & {"a", "b"}) == 1
    assert not stage.run("r2", lines)
    assert len(stage.ledger.keys() & {"a", "b"}) == 1


def test_keys_that_declare_different_endpoints_adopt_without_a_claim(stage: FleetStage) -> None:
    """A claim is an object in S3 for each endpoint."""
    for number in range(3):
        stage.stranger(stage.users[number], f"canary-{number}")
    lines = [stage.line(f"k{n}", user=f"u{n}", device_token=f"canary-{n}", adopt_existing=True) for n in range(3)]
    assert stage.run("r1", lines)
    assert len(stage.backend.endpoints) == 3
    assert [name for name in stage.store.names("runs/r1/") if "claims" in name] == []


@pytest.mark.parametrize("first", ["a", "b"])
def test_an_endpoint_of_the_fleet_is_not_adopted_by_another_key(stage: FleetStage, first: str) -> None:
    """The key that registered it has a name of its own, in another shard."""
    one = stage.line(first, user="u1", device_token="canary-same", name="canary-name")
    assert stage.run("r1", [*stage.lines(40), one])
    endpoint = stage.ledger[first].endpoint
    other = stage.line("ab".replace(first, ""), user="u1", device_token="canary-same", name="n", adopt_existing=True)
    assert not stage.run("r2", [*stage.lines(40), one, other])
    assert stage.failures == {other["key"]: "CE-411"}
    assert stage.run("r3", [*stage.lines(40), one])
    assert stage.ledger[first].endpoint == endpoint
    assert stage.differences([*stage.lines(40), one]) == []


def test_a_claim_holds_for_one_run(stage: FleetStage) -> None:
    """The key that adopted is gone, and with it the endpoint; what someone registers then is another one's."""
    line = stage.line("a", user="u1", device_token="canary-same", adopt_existing=True, name="n")
    for run, key in (("r1", "a"), ("r2", "b")):
        theirs = stage.stranger(stage.users[1], "canary-same", client_request_token=run)
        assert stage.run(run, [line | {"key": key}, *stage.lines(40)])
        assert stage.ledger[key].endpoint.endpoint_id == theirs.endpoint_id
        assert stage.run(f"{run}-none", stage.lines(40))
    assert len(stage.backend.endpoints) == 40


@pytest.mark.parametrize("logical_id", ["Fleet.gone", "Phone"])
def test_an_endpoint_that_another_resource_of_the_stack_no_longer_holds_is_adopted(
    stage: FleetStage, logical_id: str
) -> None:
    """Its name says whose it was; no ledger has it."""
    name = f"chat-{logical_id}-{suffix(STACK_ID, logical_id)}"
    theirs = stage.stranger(stage.users[2], "canary-theirs", name=name)
    assert stage.run("r1", [stage.line("a", user="u2", device_token="canary-theirs", adopt_existing=True)])
    assert stage.ledger["a"].endpoint.endpoint_id == theirs.endpoint_id


def test_a_secret_is_read_once_for_a_batch(stage: FleetStage) -> None:
    """Many lines name a field of the same secret."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="chime/tokens", SecretString='{"k0": "canary-0", "k1": "canary-1"}')["ARN"]

    class Counting:
        """Secrets Manager, with a count of reads."""

        reads = 0

        def get_secret_value(self, **named: str) -> object:
            """Read a secret."""
            self.reads += 1
            return AsOnAws(secrets).get_secret_value(**named)

    counting = Counting()
    stage.clients = stage.clients.__class__(stage.clients.stack, stage.clients.direct, counting)
    lines = [stage.line(f"k{n}") | {"device_token": {"secret": arn, "field": f"k{n}"}} for n in range(3)]
    assert not stage.run("r1", lines)
    assert stage.failures == {"k2": "CE-204"}
    assert {each.device_token for each in stage.backend.endpoints.values()} == {"canary-0", "canary-1"}
    assert counting.reads == 1


def test_a_rotated_secret_replaces_the_endpoint_when_its_line_changes(stage: FleetStage) -> None:
    """Without a version in the line, only a run that looks at the secret notices."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="chime/token", SecretString="canary-0")["ARN"]
    line = stage.line("a", name="a") | {"device_token": {"secret": arn}}
    assert stage.run("r1", [line])
    secrets.put_secret_value(SecretId=arn, SecretString="canary-1")
    assert stage.run("r2", [line])
    assert [each.device_token for each in stage.backend.endpoints.values()] == ["canary-0"]
    assert stage.run("r3", [line | {"name": "b"}])
    assert [(each.device_token, each.name) for each in stage.backend.endpoints.values()] == [("canary-1", "b")]


def test_a_parameter_is_read_once_for_a_batch(stage: FleetStage) -> None:
    """In the region of the function or of its ARN."""
    boto3.client("ssm").put_parameter(Name="/canary", Value="canary-0", Type="SecureString")
    line = stage.line("a") | {"device_token": {"parameter": "/canary"}}
    assert stage.run("r1", [line])
    assert [each.device_token for each in stage.backend.endpoints.values()] == ["canary-0"]


def test_an_endpoint_that_must_be_active_is_looked_at(stage: FleetStage) -> None:
    """The line says so, and the service says that it is not."""
    stage.backend.switches.new_endpoint_state = "invalid_device_token"
    line = stage.line("a", require_active=True)
    assert not stage.run("r1", [line])
    assert stage.failures == {"a": "CE-417"}
    assert not stage.backend.endpoints
    stage.backend.switches.new_endpoint_state = "active"
    assert stage.run("r2", [line])
    assert stage.run("r3", [line | {"name": "b"}])
    assert stage.differences([line | {"name": "b"}]) == []


def test_an_error_of_the_code_is_one_endpoint_s_failure(stage: FleetStage) -> None:
    """All others go on."""

    def broken(seconds: float) -> None:
        if seconds > 0.05:
            raise ValueError("canary")

    lines = [stage.line(key) for key in "ab"]
    stage.begin("r1", stage.upload(lines))
    stage.plan("r1")
    stage.clock.sleep = broken  # type: ignore[method-assign]
    stage.backend.faults.append(Fault(error="ThrottledClientException"))
    stage.act("work", "r1", level=0, shard=0, round=1, rate=1000.0)
    assert stage.failures == {"a": "CE-517"}
    assert stage.ledger.keys() == {"b"}


@pytest.mark.parametrize("operation", ["settle", "remove", "delete"])
def test_an_intent_that_fits_no_entry_changes_nothing(stage: FleetStage, operation: str) -> None:
    """Someone has restored an older version of the ledger."""
    assert stage.run("r1", [stage.line("b")])
    ledger = shard_ledger.load(stage.store, 0, 0)
    intent = Intent(key="a", operation=operation, request_id="r0.1", run="r0", at=stage.clock.now())
    header = replace(ledger.header, state="open", lease=0.0, intents=(intent,))
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    operations(stage)
    stage.clock.sleep(1)
    assert stage.run("r2", [stage.line("b")])
    assert operations(stage) == []
    assert stage.ledger.keys() == {"b"}


@pytest.mark.parametrize(("first", "second"), ["ab", "ba"])
def test_what_an_interrupted_run_registered_is_not_adopted_before_it_is_removed(
    stage: FleetStage, first: str, second: str
) -> None:
    """The first key's ledger does not have it yet, and the worker of its shard is about to deregister it."""
    others = stage.lines(40)
    assert stage.run("r1", others)
    one, other = (
        stage.line(key, user="u1", device_token="canary-same", name="n", adopt_existing=True) for key in (first, second)
    )
    stage.backend.faults.append(Fault("RegisterAppInstanceUserEndpoint", when="after", call=_die))
    with pytest.raises(Killed):
        stage.run("r2", [*others, one])
    stage.clock.sleep(120)
    stage.run("r3", [*others, other])
    stage.run("r4", [*others, other])
    assert stage.differences([*others, other]) == []


def _die() -> None:
    raise Killed
