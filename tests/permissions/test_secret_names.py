"""Whatever name a secret has, the synthesized policies allow reading its device token on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import DeviceToken
from chime_endpoints.declared.load import load
from chime_endpoints.declared.stacks import declare
from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.model.declaration import SecretSource, read_endpoint
from docs.blocks import BLOCKS, ROOT
from permissions.cloudformation import CloudFormation, Template
from permissions.guard import Guard
from permissions.intrinsics import resolve
from permissions.stacks import FIRST, alice
from support.secrets_manager import Vault
from support.stage import ACCOUNT, APPLICATION, REGION, StackStandIn, StagedClients
from synth.stage import ENDPOINT, policies, resources, template_of

NAMES = ["chime/push", "chime/push-tokens", "chime/push-Tokens", "chime/app-123456"]
KIND = secretsmanager.Secret
Make = Callable[[Stack, str], secretsmanager.ISecret]
WAYS: dict[str, Make] = {
    "name": lambda stack, arn: KIND.from_secret_name_v2(stack, "S", arn[:-7].split(":", 6)[6]),
    "partial ARN": lambda stack, arn: KIND.from_secret_partial_arn(stack, "S", arn[:-7]),
    "complete ARN": lambda stack, arn: KIND.from_secret_complete_arn(stack, "S", arn),
}


def made(cloud: CloudFormation, name: str) -> str:
    """The complete ARN of a secret with the token."""
    content = json.dumps({"alice": "canary-alice"})
    secrets = cloud.guard.clients.secrets(REGION)
    return str(secrets.create_secret(Name=name, SecretString=content)["ARN"])


def registered(cloud: CloudFormation) -> list[str]:
    """The registered device tokens."""
    return [each.device_token for each in cloud.stage.registered]


@pytest.mark.parametrize("environment", [{}, {"account": ACCOUNT, "region": REGION}], ids=["anywhere", "somewhere"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_secret_of_a_construct_is_read(
    cloud: CloudFormation, name: str, way: str, environment: dict[str, str]
) -> None:
    """No call is denied. An exception is a partial ARN of unknown origin that looks complete."""
    arn = made(cloud, name)
    stack = Stack(App(), "Chat", env=Environment(**environment))
    alice(stack, device_token=DeviceToken.from_secrets_manager(WAYS[way](stack, arn), "alice"))
    cloud.deploy("Chat", template_of(stack))
    assert registered(cloud) == ["canary-alice"]
    may_be_refused = way == "partial ARN" and not environment and name != "chime/push"
    assert [each.resource for each in cloud.guard.refused] == ([arn[:-7]] if may_be_refused else [])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_secret_of_a_file_is_read(cloud: CloudFormation, tmp_path: Path, name: str, way: str) -> None:
    """No call is denied: an ARN that may be complete or partial is allowed as both."""
    arn = made(cloud, name)
    secret = {"name": name, "partial ARN": arn[:-7], "complete ARN": arn}[way]
    entry = {"user": f"{FIRST}/user/alice", "type": "APNS", "application": APPLICATION}
    path = tmp_path / "endpoints.yaml"
    token = {"device_token": {"secret": secret, "field": "alice"}}
    path.write_text(json.dumps({"endpoints": {"phone": entry | token}}), encoding="utf-8")
    (stack,) = declare(App(), "Chat", load(path, lambda _: None))
    cloud.deploy("Chat", template_of(stack))
    assert registered(cloud) == ["canary-alice"]
    assert cloud.guard.refused == []


# The secrets that the documentation and the examples name


DOCUMENTED_ACCOUNT = "111122223333"
DOCUMENTED = f"arn:aws:secretsmanager:{REGION}:{DOCUMENTED_ACCOUNT}:secret:chime/push-tokens-AbCdEf"


class _Names:
    """The values of a template's pseudo parameters; nothing else is needed here."""

    def ref(self, name: str) -> str:
        """A pseudo parameter."""
        pseudo = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": DOCUMENTED_ACCOUNT}
        return pseudo.get(name, name)

    def attribute(self, name: str, attribute: str) -> str:
        """An attribute of a resource, which is unrelated to secrets."""
        return f"{name}.{attribute}"

    def imported(self, export: str) -> str:
        """An import from another stack, which is unrelated to secrets."""
        return export


def documented() -> dict[str, list[str]]:
    """The programs on the pages that name an existing secret. Users' tests are none."""
    pages: dict[str, list[str]] = {}
    for block in BLOCKS:
        if block.language == "python" and "chime_endpoints.assertions" not in block.text:
            pages.setdefault(block.page.relative_to(ROOT).as_posix(), []).append(block.text)
    for path in (ROOT / "examples").glob("*.py"):
        pages[path.relative_to(ROOT).as_posix()] = [path.read_text(encoding="utf-8")]
    return {name: blocks for name, blocks in sorted(pages.items()) if "Secret.from_" in "".join(blocks)}


def synthesized(name: str, blocks: list[str]) -> list[Template]:
    """The templates of a program; a later block can create another app."""
    made: dict[str, Any] = {"__name__": name}
    apps: list[App] = []
    for block in blocks:
        exec(compile(block, name, "exec"), made)  # noqa: S102 - our own documentation
        apps += [each for each in made.values() if isinstance(each, App) and each not in apps]
    return [stack.template for app in apps for stack in app.synth().stacks]


def sources_of(templates: list[Template]) -> list[SecretSource]:
    """The locations of the endpoints' device tokens, without the version that a page names."""
    declared = [
        read_endpoint(resolve(each["Properties"], _Names())).device_token
        for template in templates
        for each in resources(template, ENDPOINT).values()
    ]
    return [replace(each, version_id=None) for each in declared if isinstance(each, SecretSource)]


def assert_readable(templates: list[Template]) -> None:
    """Assert that every device token is read from the documented secret without a denied call."""
    there = sources_of(templates)
    assert there
    content = json.dumps({each.field: f"token-{each.field}" for each in there})
    guard = Guard(
        StagedClients(StackStandIn(), vault=Vault({DOCUMENTED: content})),
        [
            resolve(each["Properties"]["PolicyDocument"], _Names())
            for template in templates
            for each in policies(template).values()
        ],
    )
    call = Caller(deadline=Deadline(lambda: 60.0), sleep=lambda _: None)
    read = [sources.read("DeviceToken", each, clients=guard, call=call) for each in there]
    assert read == [f"token-{each.field}" for each in there]
    assert guard.refused == []


@pytest.mark.parametrize("program", documented())
def test_the_secret_of_a_documented_program_is_read(program: str) -> None:
    """The programs of the README, the pages and the examples run unchanged.

    `chime/push-tokens` looks like the end of an ARN.
    """
    assert_readable(synthesized(program, documented()[program]))


def test_the_secret_of_the_repositorys_own_file_is_read() -> None:
    """The file is used unchanged, without any variable."""
    (stack,) = declare(App(), "ChimeEndpoints", load(ROOT / "endpoints.yaml", lambda _: None))
    assert_readable([template_of(stack)])
