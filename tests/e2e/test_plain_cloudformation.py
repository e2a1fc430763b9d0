"""The example without CDK, deployed with the AWS SDK: first the provider template, then a template that imports it.

Each stage is a fixture that continues where the previous one ended, so every test can run by itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.deployment import APPLICATION, ROOT, Stage
from support.shell import overrides, printed_calls

pytestmark = pytest.mark.e2e

TOKENS = {name: f"plain-{name}-{'0123456789abcdef' * 4}" for name in ("phone", "tablet", "new")}
EXAMPLE = (ROOT / "examples" / "plain_cloudformation.yaml").read_text()
CHANGES = {"Name: Phone": "Name: New name", "Field: tablet": "Field: new", "Value: chat": "Value: support"}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the services contain after a deployment."""

    endpoints: Mapping[str, dict[str, Any]]
    """By device token."""
    tags: Mapping[str, dict[str, str]]
    """By ARN of the user."""
    outputs: Mapping[str, str]
    """Of the stack with the endpoints."""


def deploy(stage: Stage, operation: str, name: str, template: str, parameters: Mapping[str, str]) -> Held:
    """Create or update a stack."""
    cloudformation = stage.clients.cloudformation
    getattr(cloudformation, f"{operation}_stack")(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter(f"stack_{operation}_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return held(stage, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})


def held(stage: Stage, outputs: Mapping[str, str]) -> Held:
    """The current content of the services."""
    state = stage.emulator_state()
    endpoints = {endpoint["device_token"]: endpoint for endpoint in state["endpoints"]}
    return Held(endpoints=endpoints, tags=state["tags"], outputs=outputs)


@pytest.fixture(scope="module")
def secret(stage: Stage) -> str:
    """The ARN of a secret with the tokens."""
    content = json.dumps(TOKENS)
    return str(stage.clients.secretsmanager.create_secret(Name="plain/tokens", SecretString=content)["ARN"])


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The output of `make provider-template`, and the parameters in the commands that it printed."""

    template: str
    provider: Mapping[str, str]
    example: Mapping[str, str]


@pytest.fixture(scope="module")
def recipe(stage: Stage, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """The recipe with this cloud's values, and with the zip in the bucket."""
    written = tmp_path_factory.mktemp("provider")
    tool = [sys.executable, str(ROOT / "tools" / "provider_template.py"), str(written)]
    printed = subprocess.run(tool, check=True, capture_output=True, text=True).stdout
    values = {
        "BUCKET": "code",
        "APP_INSTANCE_ARN": stage.app_instance,
        "USER_ARN": stage.user("alice"),
        "APPLICATION_ARN": APPLICATION,
        "PUSH_SECRET_ARN": secret,
        "STACK_ARN": "arn:aws:cloudformation:us-east-1:000000000000:stack/Chat/*",
    }
    copy, provider, example = printed_calls(printed, values, written)
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="code")
    s3.upload_file(copy[2], "code", Path(copy[2]).name)
    template = Path(provider[provider.index("--template-file") + 1]).read_text()
    return Recipe(template=template, provider=overrides(provider), example=overrides(example))


@pytest.fixture(scope="module")
def provider(stage: Stage, recipe: Recipe) -> Mapping[str, str]:
    """The outputs of the provider, deployed with the printed commands."""
    return deploy(stage, "create", "ReadyMade", recipe.template, recipe.provider).outputs


@pytest.fixture(scope="module")
def parameters(recipe: Recipe) -> Mapping[str, str]:
    """The parameters of the example's template in the printed commands."""
    return recipe.example


@pytest.fixture(scope="module")
def created(stage: Stage, provider: Mapping[str, str], parameters: Mapping[str, str]) -> Held:
    """The deployed example."""
    assert provider["ServiceToken"].startswith("arn:aws:lambda:us-east-1:000000000000:function:")
    return deploy(stage, "create", "Chat", EXAMPLE, parameters)


@pytest.fixture(scope="module")
def updated(stage: Stage, parameters: Mapping[str, str], created: Held) -> Held:
    """The example with another name, token and tag."""
    assert len(created.endpoints) == 2
    template = EXAMPLE
    for before, after in CHANGES.items():
        assert template.count(before) == 1
        template = template.replace(before, after)
    return deploy(stage, "update", "Chat", template, parameters)


@pytest.fixture(scope="module")
def deleted(stage: Stage, updated: Held) -> Held:
    """Both stacks deleted, with the provider last."""
    assert len(updated.endpoints) == 2
    cloudformation = stage.clients.cloudformation
    for name in ("Chat", "ReadyMade"):
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return held(stage, {})


def test_what_the_template_declares_is_registered(stage: Stage, created: Held) -> None:
    """Each endpoint has the token in its field of the secret, and the values of the template."""
    phone, tablet = (created.endpoints[TOKENS[name]] for name in ("phone", "tablet"))
    assert set(created.endpoints) == {TOKENS["phone"], TOKENS["tablet"]}
    assert (phone["type"], phone["name"], phone["allow_messages"]) == ("APNS", "Phone", "ALL")
    assert (tablet["type"], tablet["allow_messages"]) == ("GCM", "NONE")
    assert {phone["app_instance_user_arn"], tablet["app_instance_user_arn"]} == {stage.user("alice")}
    assert {phone["resource_arn"], tablet["resource_arn"]} == {APPLICATION}
    assert created.tags == {stage.user("alice"): {"team": "chat"}}


def test_ref_and_get_att_are_the_endpoints(stage: Stage, created: Held) -> None:
    """They are as the resource type documents them."""
    phone, tablet = (created.endpoints[TOKENS[name]]["endpoint_id"] for name in ("phone", "tablet"))
    assert created.outputs == {"PhoneEndpointId": phone, "Tablet": f"{stage.user('alice')}/endpoint/{tablet}"}


def test_an_update_changes_what_the_template_changes(stage: Stage, created: Held, updated: Held) -> None:
    """The name changes in place, the token by a replacement, and the tag's value on the user."""
    before, after = created.endpoints[TOKENS["phone"]], updated.endpoints[TOKENS["phone"]]
    assert (before["name"], after["name"]) == ("Phone", "New name")
    assert before["endpoint_id"] == after["endpoint_id"]
    assert set(updated.endpoints) == {TOKENS["phone"], TOKENS["new"]}
    assert updated.endpoints[TOKENS["new"]]["endpoint_id"] != created.endpoints[TOKENS["tablet"]]["endpoint_id"]
    assert updated.tags == {stage.user("alice"): {"team": "support"}}


def test_deleting_the_stacks_leaves_nothing(deleted: Held) -> None:
    """No endpoint and no tag is left."""
    assert not deleted.endpoints
    assert not deleted.tags
