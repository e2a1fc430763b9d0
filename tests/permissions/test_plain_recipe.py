"""The instructions for plain CloudFormation: the provider has the permissions that its templates need."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode import decode_str

from docs.blocks import blocks_of
from permissions.cloudformation import CloudFormation, FailedError, Template
from permissions.parameters import with_parameters
from permissions.stacks import FIRST, SECOND, renamed, replaced, retagged
from support.deployment import ROOT
from support.shell import aws_calls, overrides, printed_calls
from support.stage import ACCOUNT, APPLICATION, OTHER_APPLICATION, REGION
from synth.stage import allowed

PAGE = ROOT / "docs" / "howto" / "plain-cloudformation.md"
TOKENS = {"alice": "canary-alice", "phone": "canary-phone", "tablet": "canary-tablet"}
OTHERS = {
    "AppInstanceArns": SECOND,
    "ApplicationArns": OTHER_APPLICATION,
    "SecretArns": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:another-AbCdEf",
    "StackArns": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Another/*",
    "TaggedArns": f"{SECOND}/user/*",
}
"""Something of the right kind for each parameter, other than what the templates declare."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The parameters in the commands of the instructions, and the template of endpoints that follows."""

    provider: Mapping[str, str]
    chat: Template


@dataclass(frozen=True, kw_only=True)
class Written:
    """What `make provider-template` writes and prints."""

    template: Template
    printed: str
    directory: Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The output, written once into a directory like a clone's."""
    root = tmp_path_factory.mktemp("clone")
    directory = root / "dist" / "provider-template"
    tool = [sys.executable, str(ROOT / "tools" / "provider_template.py"), str(directory)]
    printed = subprocess.run(tool, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own tool
    template = yaml.safe_load((directory / "template.yaml").read_text(encoding="utf-8"))
    return Written(template=template, printed=printed, directory=root)


def decoded(text: str) -> Template:
    """A template with CloudFormation's short forms expanded."""
    template, _ = decode_str(text)
    found: Template = json.loads(json.dumps(template))
    return found


def secret_in(cloud: CloudFormation) -> str:
    """The ARN of a secret with the fields that the templates read."""
    secrets = cloud.guard.clients.secrets(REGION)
    return str(secrets.create_secret(Name="chime/push-tokens", SecretString=json.dumps(TOKENS))["ARN"])


def of_the_page(written: Written, cloud: CloudFormation) -> Recipe:
    """The commands and the template on the page, in the account of the tests."""
    page = PAGE.read_text(encoding="utf-8").replace("111122223333", ACCOUNT)
    page = re.sub(r"arn:aws:secretsmanager:[\w:/-]+", secret_in(cloud), page)
    page = re.sub(r"arn:aws:mobiletargeting:[\w:/-]+", APPLICATION, page)
    blocks = list(blocks_of(PAGE, page))
    script = "".join(block.text for block in blocks if block.language == "sh" and "make " not in block.text)
    (template,) = (block.text for block in blocks if block.language == "yaml")
    copy, deploy = aws_calls(script, written.directory)
    assert copy[:2] == ["s3", "cp"]
    assert (written.directory / copy[2]).is_file()
    return Recipe(provider=overrides(deploy), chat=decoded(template))


def of_the_tool(written: Written, cloud: CloudFormation) -> Recipe:
    """The output of `make provider-template` with the values of the tests, and the example that it names."""
    values = {
        "BUCKET": "code",
        "APP_INSTANCE_ARN": FIRST,
        "USER_ARN": f"{FIRST}/user/alice",
        "APPLICATION_ARN": APPLICATION,
        "PUSH_SECRET_ARN": secret_in(cloud),
        "STACK_ARN": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Chat/*",
    }
    copy, deploy, example = printed_calls(written.printed, values, written.directory)
    assert Path(copy[2]).is_file()
    template = ROOT / example[example.index("--template-file") + 1]
    chat = decoded(template.read_text(encoding="utf-8"))
    return Recipe(provider=overrides(deploy), chat=with_parameters(chat, overrides(example)))


def live(cloud: CloudFormation, chat: Template) -> None:
    """The stack of endpoints is created, rolled back, changed in every way, and deleted."""
    cloud.deploy("Chat", chat)
    cloud.rotate()
    cloud.deploy("Chat", replaced(chat), fails=True)
    for change in (renamed, replaced, retagged):
        cloud.deploy("Chat", change(chat))
    cloud.delete("Chat")


RECIPES = pytest.mark.parametrize("recipe_of", [of_the_page, of_the_tool])


@RECIPES
def test_the_recipes_parameters_allow_what_its_template_declares(
    cloud: CloudFormation, written: Written, recipe_of: Any
) -> None:
    """In the whole life of the stack, no call is denied, and nothing is left."""
    recipe = recipe_of(written, cloud)
    cloud.deploy("Provider", with_parameters(written.template, recipe.provider))
    live(cloud, recipe.chat)
    assert cloud.guard.refused == []
    assert cloud.stage.registered == []
    assert cloud.tags == {}


@RECIPES
@pytest.mark.parametrize("name", sorted(OTHERS))
def test_each_parameter_of_the_recipe_is_needed(
    cloud: CloudFormation, written: Written, recipe_of: Any, name: str
) -> None:
    """With another value, a call is denied. Without a value, the template does not deploy or a call is denied."""
    recipe = recipe_of(written, cloud)
    cloud.deploy("Provider", with_parameters(written.template, {**recipe.provider, name: OTHERS[name]}))
    with contextlib.suppress(FailedError):
        live(cloud, recipe.chat)
    assert cloud.guard.refused
    without = {other: value for other, value in recipe.provider.items() if other != name}
    if "Default" in written.template["Parameters"][name]:
        assert actions(written, without) < actions(written, recipe.provider)
    else:
        with pytest.raises(KeyError, match=name):
            with_parameters(written.template, without)


def actions(written: Written, parameters: Mapping[str, str]) -> set[str]:
    """The actions that the provider's role is allowed."""
    return set(allowed(with_parameters(written.template, parameters)))


def test_the_page_explains_every_parameter(written: Written) -> None:
    """The table lists every parameter and no other."""
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(rows))) == sorted(written.template["Parameters"])


@RECIPES
def test_an_update_by_the_recipe_takes_the_new_code(cloud: CloudFormation, written: Written, recipe_of: Any) -> None:
    """`aws cloudformation deploy` keeps the previous value of an omitted parameter, not the new default."""
    code = recipe_of(written, cloud).provider["CodeKey"]
    assert code == written.template["Parameters"]["CodeKey"]["Default"]


def test_no_name_is_given_to_a_role(written: Written) -> None:
    """CAPABILITY_IAM is therefore enough, and an account can have two providers."""
    roles = [each for each in written.template["Resources"].values() if each["Type"].startswith("AWS::IAM::")]
    assert {key for each in roles for key in each["Properties"] if key.endswith("Name")} == {"PolicyName"}
    assert {each["Type"] for each in roles} == {"AWS::IAM::Role", "AWS::IAM::Policy"}
