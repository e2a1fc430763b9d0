"""Deploys the provider as `make provider-template` writes it, which needs no `cdk bootstrap` in the account."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from live.sandbox.sandbox import Sandbox
from live.sandbox.stacks import deploy, outputs
from provider_template import write


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A deployed provider."""

    stack_id: str
    service_token: str
    log_group: str


class NotDeployedError(Exception):
    """A stack that the suite needs was not created; the message says why."""


def deploy_provider(sandbox: Sandbox, *, secret: str) -> Provider:
    """Upload the function's code and deploy the provider.

    Raises:
        NotDeployedError: CloudFormation did not create the stack.
    """
    account, run = sandbox.account, sandbox.run
    with tempfile.TemporaryDirectory() as directory:
        template, code = write(Path(directory))
        bucket, s3 = run.name("code"), account.client("s3")
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
        s3.create_bucket(Bucket=bucket, **({} if account.region == "us-east-1" else elsewhere))
        s3.put_object(Bucket=bucket, Key=code.name, Body=code.read_bytes())
        parameters = _parameters(sandbox, secret) | {"CodeBucket": bucket, "CodeKey": code.name}
        stack = deploy(
            account, "create", run.name("provider"), template.read_text(), parameters=parameters, tags=run.tags
        )
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise NotDeployedError(f"the provider's stack is {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")
    found = account.client("cloudformation").describe_stack_resources(StackName=stack["StackId"])["StackResources"]
    [log_group] = [each for each in found if each["ResourceType"] == "AWS::Logs::LogGroup"]
    return Provider(
        stack_id=stack["StackId"],
        service_token=outputs(stack)["ServiceToken"],
        log_group=log_group["PhysicalResourceId"],
    )


def _parameters(sandbox: Sandbox, secret: str) -> dict[str, str]:
    _, partition, _, region, account_id, _ = sandbox.app_instance.split(":", 5)
    return {
        "ExportName": sandbox.run.name("token"),
        "AppInstanceArns": sandbox.app_instance,
        "ApplicationArns": sandbox.application(),
        "StackArns": f"arn:{partition}:cloudformation:{region}:{account_id}:stack/{sandbox.run.name('life')}*/*",
        "SecretArns": secret,
    }
