"""A fleet without CDK, deployed with the AWS SDK: first the provider template, then the example that imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.deployment import APPLICATION, ROOT, Stage
from support.shell import overrides, printed_calls

pytestmark = pytest.mark.e2e

COUNT = 8


def test_the_printed_commands_deploy_a_fleet(stage: Stage, tmp_path: Path) -> None:
    """All of its endpoints are registered, and none is left when both stacks are deleted."""
    s3 = stage.client("s3")
    for bucket in ("plain-code", "plain-manifests"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="plain-manifests", VersioningConfiguration={"Status": "Enabled"})
    lines = [{"key": f"device-{number}", "user": "bob", "device_token": f"{number:064x}"} for number in range(COUNT)]
    body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    version = s3.put_object(Bucket="plain-manifests", Key="devices.jsonl", Body=body)["VersionId"]
    values = {
        "BUCKET": "plain-code",
        "APP_INSTANCE_ARN": stage.app_instance,
        "APPLICATION_ARN": APPLICATION,
        "MANIFEST_BUCKET": "plain-manifests",
        "MANIFEST_KEY": "devices.jsonl",
        "MANIFEST_VERSION": version,
    }
    copy, provider, example = printed_calls(_printed(tmp_path), values, tmp_path)
    s3.upload_file(copy[2], "plain-code", Path(copy[2]).name)
    template = Path(provider[provider.index("--template-file") + 1])
    _create(stage, "ChimeEndpointFleets", template, overrides(provider))
    outputs = _create(stage, "Devices", ROOT / "examples" / "plain_fleet.yaml", overrides(example))
    assert (outputs["State"], outputs["Registered"]) == ("CONVERGED", str(COUNT))
    assert outputs["Fleet"].startswith("Devices-Devices-")
    assert len(stage.emulator_state()["endpoints"]) == COUNT
    for name in ("Devices", "ChimeEndpointFleets"):
        stage.clients.cloudformation.delete_stack(StackName=name)
        waiter = stage.clients.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
    assert stage.emulator_state()["endpoints"] == []


def _printed(directory: Path) -> str:
    """What `make fleet-provider-template` prints."""
    tool = [sys.executable, str(ROOT / "tools" / "fleet_provider_template.py"), str(directory / "provider")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    return subprocess.run(tool, check=True, capture_output=True, text=True, env=environment).stdout


def _create(stage: Stage, name: str, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create a stack, and return its outputs."""
    cloudformation = stage.clients.cloudformation
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
