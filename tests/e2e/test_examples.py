"""Every example but the fleet is deployed, changed and destroyed on the local cloud, and IAM policies are enforced.

Each stage is a fixture that continues where the previous one ended, so every test can run by itself.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints.declared.load import load
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.local.cloud.service_process import without_proxies
from chime_endpoints_cli.local.declaration.prerequisites import make_prerequisites
from demo.clients import Clients
from support.deployment import ROOT

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
ACCOUNT = "111122223333"
INSTANCE = f"arn:aws:chime:us-east-1:{ACCOUNT}:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:chime/push-tokens-AbCdEf"
NUMBERED = [f"user{number}" for number in range(40)]
FIELDS = {
    "alice-phone": "alice",
    "alice": "alice",
    "bob": "bob",
    "carol": "carol",
    "dave": "dave",
    "new-alice": "alice",
    "new-bob": "bob",
    **{user: user for user in NUMBERED},
}
PARAMETERS = {"/chat/alice/phone": "alice", "/chat/alice/tablet": "alice", "/chat/dave": "dave"}
"""The fields and parameters with device tokens, with their users."""

FUNCTION, ROLE, LOG = (
    f"CustomChimeEndpointProvider{name}" for name in ("Function8235E9B1", "RoleFE29205D", "Log76EDFA25")
)
AT_ONCE = ("--concurrency", "4")
NOTHING = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


@dataclass(frozen=True, kw_only=True)
class World:
    """The local cloud with what the examples refer to."""

    cloud: LocalCloud
    cdk: Cdk
    services: Services
    adopted: str
    """The endpoint that the mobile app has registered."""

    def deploy(self, *options: str) -> Held:
        """Deploy all programs at once."""
        app = f"{sys.executable} {HERE / 'side_by_side.py'}"
        self.cdk.deploy("--app", app, "--method", "direct", *AT_ONCE, *options)
        return self.held()

    def held(self) -> Held:
        """What the emulator has."""
        with without_proxies.open(f"{self.cloud.addresses.chime_url}/_emulator/state", timeout=10) as answer:
            state = json.load(answer)
        return Held(
            endpoints={(_user(each), each["device_token"]): each for each in state["endpoints"]},
            tags={arn.rpartition("/")[2]: tags for arn, tags in state["tags"].items()},
            names={each["name"] for each in [*state["app_instances"], *state["users"]]},
        )

    def token(self, place: str) -> str:
        """The device token in a field of the secret, or in a parameter."""
        if place.startswith("/"):
            parameters = self.services.parameters("us-east-1")
            return str(parameters.get_parameter(Name=place, WithDecryption=True)["Parameter"]["Value"])
        content = self.services.secrets("us-east-1").get_secret_value(SecretId=SECRET)["SecretString"]
        return str(json.loads(content)[place])

    def of(self, held: Held, place: str, user: str) -> dict[str, Any]:
        """The endpoint of a user with the token in this place."""
        return held.endpoints[user, self.token(place)]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the emulator has at one moment."""

    endpoints: Mapping[tuple[str, str], dict[str, Any]]
    """By user and device token."""
    tags: Mapping[str, Mapping[str, str]]
    """By user."""
    names: set[str]
    """Of app instances and users."""


def _user(endpoint: Mapping[str, Any]) -> str:
    return str(endpoint["app_instance_user_arn"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The local cloud of the account in the examples, with an endpoint that the mobile app has registered."""
    directory = tmp_path_factory.mktemp("examples")
    entries = {
        name.strip("/").replace("/", "-"): {
            "user": f"{INSTANCE}/user/{user}",
            "type": "GCM",
            "device_token": {"parameter": name} if name.startswith("/") else {"secret": SECRET, "field": name},
        }
        for name, user in (FIELDS | PARAMETERS).items()
    }
    declared = directory / "endpoints.json"
    declared.write_text(json.dumps({"defaults": {"application": APPLICATION}, "endpoints": entries}))
    with LocalCloud(directory=directory / "cloud", account=ACCOUNT) as cloud:
        services = Services(local=cloud.addresses)
        make_prerequisites(services, cloud.addresses, load(declared, lambda _: None).entries, account=ACCOUNT)
        environment = {**cloud.environment, "CDK_VALIDATION": "false"}  # other tests validate the examples
        cdk = Cdk(app=ROOT, directory=cloud.directory, environment=environment, account=ACCOUNT)
        cdk.bootstrap()
        secret = services.secrets("us-east-1").get_secret_value(SecretId=SECRET)["SecretString"]
        adopted = Clients(local=cloud.addresses).chime.register_app_instance_user_endpoint(
            AppInstanceUserArn=f"{INSTANCE}/user/carol",
            Type="APNS",
            ResourceArn=APPLICATION,
            EndpointAttributes={"DeviceToken": json.loads(secret)["alice-phone"]},
            ClientRequestToken="mobile-app",
        )
        yield World(cloud=cloud, cdk=cdk, services=services, adopted=adopted["EndpointId"])


@pytest.fixture(scope="module")
def created(world: World) -> Held:
    """All programs, deployed."""
    return world.deploy()


@pytest.fixture(scope="module")
def changed(world: World, created: Held) -> Held:
    """All programs with changes, deployed again."""
    assert len(created.endpoints) == 49
    return world.deploy("-c", "changed=yes")


@pytest.fixture(scope="module")
def destroyed(world: World, changed: Held) -> Held:
    """All stacks destroyed."""
    assert changed.endpoints
    world.cdk.destroy(*AT_ONCE)
    return world.held()


def test_every_example_is_deployed(world: World, created: Held) -> None:
    """Each registers its endpoints with the tokens in the secret and in the parameters."""
    assert world.of(created, "alice-phone", "alice")["name"] == "Alice's phone"
    assert world.of(created, "alice-phone", "carol")["endpoint_id"] == world.adopted
    messaging = [world.of(created, f"/chat/alice/{device}", "alice") for device in ("phone", "tablet")]
    assert [each["name"] for each in messaging] == ["Alice's phone", "Alice's tablet"]
    assert {each["resource_arn"] for each in messaging} != {APPLICATION}
    assert world.of(created, "bob", "bob")["name"].startswith("Bob-Phone")
    assert all(world.of(created, user, user) for user in NUMBERED)
    assert {"chat", "own", "Alice"} <= created.names
    assert created.tags == {"alice": {"team": "chat"}, "dave": {"team": "chat"}}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a stack whose function lacks a statement."""

    actions: list[str]
    """Of the statement."""
    status: str
    reasons: str
    logged: bool
    """Whether the function logged anything; False if the stack is gone."""


@pytest.fixture(scope="module")
def without(world: World, created: Held) -> list[Outcome]:
    """A copy of a stack for each statement of the function's role, without the statement, all at the same time."""
    cloudformation = world.services.stacks("us-east-1")
    body = cloudformation.get_template(StackName="Everything")["TemplateBody"]
    template = body if isinstance(body, dict) else json.loads(body)
    lacking = {}
    for number, (policy, index, actions) in enumerate(_statements(template)):
        copied = copy.deepcopy(template)
        copied["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"][index] = NOTHING
        copied["Resources"][FUNCTION]["Properties"]["Timeout"] = 15
        text = json.dumps(copied).replace("/user/dave", f"/user/user{number}")
        stack = f"Without{number}"
        cloudformation.create_stack(StackName=stack, TemplateBody=text, Capabilities=["CAPABILITY_IAM"])
        lacking[stack] = actions
    outcomes = [_outcome(world, stack, actions) for stack, actions in lacking.items()]
    for stack in lacking:
        cloudformation.delete_stack(StackName=stack)
    for stack in lacking:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert world.held() == created
    return outcomes


def _statements(template: Mapping[str, Any]) -> Iterator[tuple[str, int, list[str]]]:
    """The logical id of the policy, the index and the actions of each statement of the function's role."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": ROLE} in resource["Properties"]["Roles"]:
            for index, statement in enumerate(resource["Properties"]["PolicyDocument"]["Statement"]):
                actions = statement["Action"]
                yield name, index, [actions] if isinstance(actions, str) else actions


def _outcome(world: World, stack: str, actions: list[str]) -> Outcome:
    """Wait until a stack is created or rolled back."""
    cloudformation, logs = world.services.stacks("us-east-1"), world.services.logs("us-east-1")
    end = time.monotonic() + 120
    while (status := cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]).endswith("_PROGRESS"):
        assert time.monotonic() < end, stack
        time.sleep(0.5)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    logged = []
    if status == "CREATE_COMPLETE":
        group = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=LOG)["StackResourceDetail"]
        logged = logs.filter_log_events(logGroupName=group["PhysicalResourceId"])["events"]
    return Outcome(
        actions=actions,
        status=status,
        reasons=" ".join(event.get("ResourceStatusReason", "") for event in events),
        logged=bool(logged),
    )


def test_a_deployment_needs_every_statement_of_the_functions_role(without: list[Outcome]) -> None:
    """The stack is rolled back with the reason. Only what the function can do without makes no difference to it."""
    for each in without:
        service = each.actions[0].partition(":")[0]
        if service in ("logs", "cloudformation"):
            assert (each.status, each.logged) == ("CREATE_COMPLETE", service != "logs"), each
        else:
            assert each.status == "ROLLBACK_COMPLETE", each
            denied = "ForbiddenException" if service == "mobiletargeting" else "AccessDeniedException"
            assert denied in each.reasons, each
    services = {action.partition(":")[0] for each in without for action in each.actions}
    assert services == {"chime", "cloudformation", "kms", "logs", "mobiletargeting", "secretsmanager", "ssm"}


def test_every_example_is_changed(world: World, created: Held, changed: Held) -> None:
    """A change in place keeps the endpoint; another token, application or number of endpoints does not."""

    def ids(held: Held, *places: tuple[str, str]) -> list[str]:
        return [world.of(held, *place)["endpoint_id"] for place in places]

    kept = ("alice-phone", "alice"), ("alice-phone", "carol"), ("/chat/dave", "dave"), ("dave", "dave")
    assert ids(changed, *kept) == ids(created, *kept)
    assert [world.of(changed, *place)["name"] for place in kept[:2]] == ["Alice's new phone", "Adopted"]
    moved = ("/chat/alice/phone", "alice"), ("/chat/alice/tablet", "alice")
    assert not {*ids(created, *moved)} & {*ids(changed, *moved)}
    assert not {world.of(created, *each)["resource_arn"] for each in moved} & {
        world.of(changed, *each)["resource_arn"] for each in moved
    }
    registered = {(user, world.token(f"new-{user}")) for user in ("alice", "bob")}
    gone = {(user, world.token(user)) for user in ("alice", "bob", "user39")}
    assert changed.endpoints.keys() - created.endpoints.keys() == registered
    assert created.endpoints.keys() - changed.endpoints.keys() == gone
    assert "A." in changed.names - created.names


def test_every_example_is_destroyed(world: World, destroyed: Held) -> None:
    """Only what the stacks did not create is left, and the adopted endpoint, which is retained."""
    assert [*destroyed.endpoints] == [("carol", world.token("alice-phone"))]
    assert not destroyed.tags
    assert not destroyed.names & {"chat", "own", "A."}
    applications = world.services.applications("us-east-1").get_apps()["ApplicationsResponse"]["Item"]
    assert [each["Arn"] for each in applications] == [APPLICATION]
