"""Every example runs unchanged, contains what it says, and passes every checker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from permissions.intrinsics import resolve
from support.deployment import ROOT
from synth.stage import ENDPOINT, TAGS, Resource, allowed, policies, resources

pytestmark = pytest.mark.slow  # with other libraries, the examples run without these checks, in tests/installed

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PROGRAMS = [
    *sorted((ROOT / "examples").glob("*.py")),
    HERE / "all_options.py",
    ROOT / "tools" / "provider_template.py",
    ROOT / "tools" / "fleet_provider_template.py",
]
PLAIN = [ROOT / "examples" / name for name in ("plain_cloudformation.yaml", "plain_fleet.yaml")]
READY_MADE = Path("written", "provider_template", "template.yaml")
READY_MADE_FOR_FLEETS = Path("written", "fleet_provider_template", "template.yaml")
FLEET = "Custom::ChimeEndpointFleet"

Templates = dict[str, dict[str, Any]]


def _synthesized(target: Path, *programs: Path) -> subprocess.CompletedProcess[str]:
    """The output of programs that run with all checks."""
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    return subprocess.run(  # noqa: S603 - this Python, these files
        [sys.executable, str(HERE / "with_packs.py"), str(target), *map(str, programs)],
        env=environment
        | {"PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("constructs", "lambda_handlers", "tools"))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of each program, in a folder with its name."""
    target = tmp_path_factory.mktemp("assemblies")
    run = _synthesized(target, *PROGRAMS)
    assert (run.returncode, _without_banner(run.stderr)) == (0, ""), run.stdout
    return target


def _without_banner(stderr: str) -> str:
    """The output without jsii's warning about the Node version."""
    return "\n".join(line for line in stderr.splitlines() if "!!" not in line)


def _templates(assemblies: Path, name: str) -> Templates:
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted((assemblies / name).glob("*.template.json"))
    }


def _endpoints(templates: Templates) -> list[Resource]:
    return [each for template in templates.values() for each in resources(template, ENDPOINT).values()]


def test_the_checks_are_on(tmp_path: Path) -> None:
    """CDK's default bucket does not pass."""
    program = tmp_path / "bucket.py"
    program.write_text(
        "from aws_cdk import App, Stack\nfrom aws_cdk.aws_s3 import Bucket\n"
        "app = App()\nBucket(Stack(app, 'Stack'), 'Bucket')\napp.synth()\n"
    )
    run = _synthesized(tmp_path / "out", program)
    assert run.returncode != 0
    assert "AwsSolutions-S1" in run.stderr


def test_cfn_lint_finds_nothing(assemblies: Path) -> None:
    """No template has an error or a warning."""
    templates = [str(path) for path in sorted(assemblies.glob("*/*.template.json"))]
    assert len(templates) >= len(PROGRAMS)
    run = subprocess.run(  # noqa: S603 - of this environment
        [
            str(BIN / "cfn-lint"),
            *templates,
            *map(str, PLAIN),
            *(str(assemblies / each) for each in (READY_MADE, READY_MADE_FOR_FLEETS)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.returncode) == ("", 0)


@dataclass
class _Samples:
    """A valid sample for each reference in a policy."""

    template: dict[str, Any]

    def ref(self, name: str) -> Any:
        if name in self.template.get("Parameters", {}):
            return [_PARAMETERS[name]]
        return _PSEUDO.get(name) or self.attribute(name, "Arn")

    def attribute(self, name: str, _attribute: str) -> str:
        return _ARNS[self.template["Resources"][name]["Type"]]

    def imported(self, export: str) -> str:
        raise KeyError(export)  # no policy has one


_PLACE = "us-east-1:111122223333"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111122223333",
    "AWS::StackId": f"arn:aws:cloudformation:{_PLACE}:stack/Stack/0123",
}
_ALL_OF_EC2 = f"arn:aws:ec2:{_PLACE}:*/*"
_ARNS = {
    "AWS::Chime::AppInstance": f"arn:aws:chime:{_PLACE}:app-instance/0123",
    "AWS::KMS::Key": f"arn:aws:kms:{_PLACE}:key/0123",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_PLACE}:log-group:functions:*",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_PLACE}:function:f",
    "AWS::Pinpoint::App": f"arn:aws:mobiletargeting:{_PLACE}:apps/0123",
    "AWS::S3::Bucket": "arn:aws:s3:::bucket",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_PLACE}:stateMachine:m",
}
_PARAMETERS = {
    "AppInstanceArns": f"arn:aws:chime:{_PLACE}:app-instance/0123",
    "ApplicationArns": f"arn:aws:mobiletargeting:{_PLACE}:apps/0123",
    "AssumedRoleArns": "arn:aws:iam::111122223333:role/Endpoints",
    "KeyArns": f"arn:aws:kms:{_PLACE}:key/0123",
    "ManifestArns": "arn:aws:s3:::manifests/devices.jsonl",
    "ParameterArns": f"arn:aws:ssm:{_PLACE}:parameter/token",
    "SecretArns": f"arn:aws:secretsmanager:{_PLACE}:secret:token-AbCdEf",
    "StackArns": f"arn:aws:cloudformation:{_PLACE}:stack/Chat/*",
    "TaggedArns": f"arn:aws:chime:{_PLACE}:app-instance/0123/user/alice",
}


def test_parliament_finds_nothing(assemblies: Path, tmp_path: Path) -> None:
    """Every policy of a role has known actions on matching resources, and is not wider than necessary."""
    for path in sorted(assemblies.glob("*/*.template.json")):
        template = json.loads(path.read_text())
        documents = [each["Properties"]["PolicyDocument"] for each in policies(template).values()]
        for role in resources(template, "AWS::IAM::Role").values():
            documents += [each["PolicyDocument"] for each in role["Properties"].get("Policies", [])]
        for number, document in enumerate(resolve(documents, _Samples(template))):
            # What AWS Lambda asks for a function in a VPC is wider than what its calls are about.
            document["Statement"] = [each for each in document["Statement"] if each["Resource"] != _ALL_OF_EC2]
            (tmp_path / f"{path.stem}-{number}.json").write_text(json.dumps(document))
    assert len(list(tmp_path.iterdir())) > len(PROGRAMS)
    assert _findings(tmp_path) == ""
    (tmp_path / "wide.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [_TOO_WIDE]}))
    assert "RESOURCE_STAR" in _findings(tmp_path)


_TOO_WIDE = {"Effect": "Allow", "Action": "ec2:CreateNetworkInterface", "Resource": "*"}


# parliament knows this action for express workflows only (Service Authorization Reference, "AWS Step Functions").
_NOT_KNOWN = '"action": "states:DescribeExecution"'


def _findings(directory: Path) -> str:
    found = subprocess.run(  # noqa: S603 - of this environment
        [str(BIN / "parliament"), "--directory", str(directory), "--include_policy_extension", "json", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return "".join(line for line in found.splitlines() if _NOT_KNOWN not in line)


def test_every_example_is_listed() -> None:
    """The folder's README lists all examples and nothing else."""
    examples = ROOT / "examples"
    listed = re.findall(r"\]\((\S+)\) \|", (examples / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in examples.iterdir() if path.suffix in (".py", ".yaml"))


def test_one_endpoint(assemblies: Path) -> None:
    """It has one endpoint of Alice, with the ID that it declares."""
    templates = _templates(assemblies, "one_endpoint")
    (endpoint,) = _endpoints(templates)
    assert endpoint["Properties"]["Name"] == "Alice's phone"
    assert "EndpointId" in templates["OneEndpoint"]["Outputs"]


def test_messaging(assemblies: Path) -> None:
    """Everything is in one stack, and the user's own resource has the tags."""
    (template,) = _templates(assemblies, "messaging").values()
    types = Counter(each["Type"] for each in template["Resources"].values())
    for resource_type in ("AppInstance", "AppInstanceUser"):
        assert types[f"AWS::Chime::{resource_type}"] == 1
    assert types["AWS::Pinpoint::App"] == types["AWS::Events::Rule"] == types["AWS::CloudWatch::Alarm"] == 1
    assert (types[ENDPOINT], types[TAGS]) == (2, 0)
    (user,) = resources(template, "AWS::Chime::AppInstanceUser").values()
    assert user["Properties"]["Tags"] == [{"Key": "team", "Value": "chat"}]


def test_shared_provider(assemblies: Path) -> None:
    """There is one function for two other stacks, and an export for more."""
    templates = _templates(assemblies, "shared_provider")
    assert [name for name, each in templates.items() if resources(each, "AWS::Lambda::Function")] == ["Provider"]
    assert [name for name, each in templates.items() if resources(each, ENDPOINT)] == ["Alice", "Bob"]
    exports = [output["Export"]["Name"] for output in templates["Provider"]["Outputs"].values()]
    assert "ChimeEndpointsServiceToken" in exports


def test_many_stacks(assemblies: Path) -> None:
    """Forty endpoints are in four stacks, and no stack is empty."""
    templates = _templates(assemblies, "many_stacks")
    assert len(_endpoints(templates)) == 40
    assert all(resources(template, ENDPOINT) for template in templates.values())
    assert len(templates) == 4


def test_fleet(assemblies: Path) -> None:
    """One resource declares all endpoints, and few others are needed."""
    (template,) = _templates(assemblies, "fleet").values()
    assert len(resources(template, FLEET)) == 1
    assert len(template["Resources"]) <= 20


def test_adopt(assemblies: Path) -> None:
    """The stack adopts the endpoint, and retains it when the stack is deleted."""
    (endpoint,) = _endpoints(_templates(assemblies, "adopt"))
    assert endpoint["Properties"]["AdoptExisting"] is True
    assert endpoint["DeletionPolicy"] == "Retain"


def test_the_provider_template_has_the_permissions_of_a_cdk_apps_provider(assemblies: Path) -> None:
    """Its parameters cover everything that endpoints and tags need.

    By default, optional permissions are not granted.
    """
    template = yaml.safe_load((assemblies / READY_MADE).read_text())
    apps = [*_templates(assemblies, "all_options").values(), *_templates(assemblies, "messaging").values()]
    apps = [each for each in apps if not resources(each, FLEET)]
    needed = {action for each in apps for action in allowed(each) if not action.startswith(("ec2:", "xray:"))}
    assert set(allowed(template)) == needed | {"sts:AssumeRole"}
    optional = {name for name, each in template["Parameters"].items() if each.get("Default") == ""}
    assert optional == {"SecretArns", "ParameterArns", "KeyArns", "AssumedRoleArns", "TaggedArns"}
    assert {each["Condition"] for each in policies(template).values() if "Condition" in each} == {
        f"Has{name}" for name in optional
    }


def test_the_ready_made_provider_comes_with_its_code(assemblies: Path) -> None:
    """The name of the zip depends on its content, so that an update of the stack uses new code."""
    template = yaml.safe_load((assemblies / READY_MADE).read_text())
    (code,) = (assemblies / READY_MADE).parent.glob("*.zip")
    assert template["Parameters"]["CodeKey"]["Default"] == code.name
    with zipfile.ZipFile(code) as archive:
        assert {"chime_endpoints_handler/index.py", "crhelper/__init__.py"} <= set(archive.namelist())
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o644}


def test_the_provider_template_of_fleets_has_the_permissions_of_a_cdk_apps_fleet(assemblies: Path) -> None:
    """Its parameters cover everything that a fleet needs, and it comes with its code."""
    path = assemblies / READY_MADE_FOR_FLEETS
    template = yaml.safe_load(path.read_text())
    (fleet,) = (each for each in _templates(assemblies, "all_options").values() if resources(each, FLEET))
    assert set(allowed(template)) == set(allowed(fleet)) | {"secretsmanager:GetSecretValue", "ssm:GetParameter"}
    (code,) = path.parent.glob("*.zip")
    assert template["Parameters"]["CodeKey"]["Default"] == code.name
    with zipfile.ZipFile(code) as archive:
        assert set(archive.namelist()) == {"code.zip", "events.py", "worker.py"}
