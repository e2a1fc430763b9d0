"""Functions on the local cloud run from their uploaded package and nothing else."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from support.deployment import CREDENTIALS, Stage

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/any"
TRUST = {
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]
}

LOOK = """
import importlib, os, sys

def handler(event, context):
    found = {}
    for name in event["modules"]:
        try:
            found[name] = importlib.import_module(name).__file__
        except ImportError:
            found[name] = None
    return {"modules": found, "environment": dict(os.environ), "path": sys.path}
"""
EMPTY = b"PK\x05\x06" + bytes(18)
BROKEN = "import not_in_the_package"

OF_THE_RUNTIME = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]
OF_THE_DEVELOPER = ["chime_endpoints", "chime_endpoints_handler", "crhelper", "aws_cdk", "ministack", "moto", "pytest"]


def package(code: str) -> bytes:
    """A zip with index.py."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", code)
    return content.getvalue()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a function can see if the cloud was started from an environment with many developer settings."""
    settings = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "CDK_DEFAULT_ACCOUNT": "111122223333",
        "PYTHONPATH": str(tmp_path_factory.mktemp("developers")),
        "PUSH_SECRET_ARN": "arn:of:the:developer",
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    with contextlib.ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            cloud = running.enter_context(LocalCloud(directory=tmp_path_factory.mktemp("cloud")))
        where = {"endpoint_url": cloud.addresses.aws_url, "region_name": "us-east-1", **CREDENTIALS}
        boto3.client("iam", **where).create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(TRUST))
        client = boto3.client("lambda", **where)
        client.create_function(
            FunctionName="look",
            Runtime="python3.13",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": package(LOOK)},
            Environment={"Variables": {"OWN": "yes"}},
        )
        event = {"modules": OF_THE_RUNTIME + OF_THE_DEVELOPER}
        answer = json.load(client.invoke(FunctionName="look", Payload=json.dumps(event))["Payload"])
        yield answer | {"settings": settings}


def test_a_function_finds_what_aws_provides(seen: dict[str, Any]) -> None:
    """The SDK is available, as in the AWS runtime."""
    assert [name for name in OF_THE_RUNTIME if seen["modules"][name] is None] == []


def test_a_function_finds_no_package_of_the_developers(seen: dict[str, Any]) -> None:
    """In particular, it does not find the handler, which its own package must contain."""
    assert [name for name in OF_THE_DEVELOPER if seen["modules"][name]] == []


def test_a_function_sees_no_setting_of_the_developers(seen: dict[str, Any]) -> None:
    """It has its own variables and those of the local cloud, but no credentials, paths or other variables."""
    values = seen["environment"]
    assert {name for name, setting in seen["settings"].items() if values.get(name) == setting} == set()
    assert not values.keys() & (seen["settings"].keys() - {"AWS_SESSION_TOKEN"})  # that of the function's role
    assert values["OWN"] == "yes"
    assert values["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert values["AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (EMPTY, "Uploaded file must be a non-empty zip"),
        (package(BROKEN), "No module named 'not_in_the_package'"),
        (package("def handler(event, context): raise ValueError('no')"), "no"),
        (package("import os\ndef handler(event, context): os._exit(1)"), "Worker process died"),
    ],
    ids=["empty", "module missing", "raises", "dies"],
)
def test_a_package_that_does_not_work_fails_the_deployment_at_once(stage: Stage, code: bytes, reason: str) -> None:
    """CloudFormation reports the reason, and does not wait for a response that cannot come."""
    s3, cloudformation = stage.client("s3"), stage.client("cloudformation")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="package.zip", Body=code)
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Role": ROLE,
            "Handler": "index.handler",
            "Code": {"S3Bucket": "packages", "S3Key": "package.zip"},
        },
    }
    custom = {
        "Type": "Custom::Anything",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": "600"},
    }
    template = json.dumps({"Resources": {"Function": function, "Custom": custom}})
    began = time.monotonic()
    cloudformation.create_stack(StackName="Broken", TemplateBody=template)
    try:
        with pytest.raises(Exception, match="ROLLBACK"):
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName="Broken", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
        events = cloudformation.describe_stack_events(StackName="Broken")["StackEvents"]
    finally:
        cloudformation.delete_stack(StackName="Broken")
    assert time.monotonic() - began < 60
    assert any(reason in event.get("ResourceStatusReason", "") for event in events), events
