"""Writes the provider of fleets as a CloudFormation template and a zip file, to deploy it without CDK.

The role's permissions are parameters, because the template does not know the templates that will use the provider.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import CfnOutput
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from chime_endpoints._cdk import acknowledged
from chime_endpoints._function.asset import staged
from chime_endpoints._iam.statements import ENDPOINT_ACTIONS
from chime_endpoints.fleet.infrastructure.acknowledged import EXECUTIONS
from chime_endpoints.fleet.infrastructure.provider import CODE, FleetProvider
from provider_template import ParameterStack, template_of, users_of, zipped

DIRECTORY = Path(__file__).resolve().parent.parent / "dist" / "fleet-provider-template"
_AT_ONCE = 4
_REQUIRED: Sequence[tuple[str, Sequence[str], str]] = (
    (
        "Application",
        ["mobiletargeting:GetApp"],
        "the AWS End User Messaging applications that send pushes to the endpoints",
    ),
    (
        "Manifest",
        ["s3:GetObject", "s3:GetObjectVersion"],
        "the manifests of the fleets, in the form arn:aws:s3:::BUCKET/KEY",
    ),
)
_OPTIONAL: Sequence[tuple[str, Sequence[str], str]] = (
    ("Secret", ["secretsmanager:GetSecretValue"], "the complete ARNs of the secrets with device tokens"),
    ("Parameter", ["ssm:GetParameter"], "the parameters with device tokens"),
    ("Key", ["kms:Decrypt"], "the customer managed KMS keys that encrypt manifests, secrets and parameters"),
)


def write(directory: Path) -> tuple[Path, Path]:
    """Write the template and the functions' zip file. The zip file's name changes with its content.

    Returns:
        The paths of the template and the zip file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for former in directory.glob("chime-endpoint-fleets-*.zip"):
        former.unlink()
    code = zipped(directory, staged(CODE), "chime-endpoint-fleets")
    template = directory / "template.yaml"
    content = fleet_provider_template(code.name)
    template.write_text(yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")
    return template, code


def fleet_provider_template(code_key: str) -> dict[str, Any]:
    """Return the template for the code with this name."""
    return template_of(lambda app: _FleetProvider(app, "Provider", code_key=code_key))


class _FleetProvider(ParameterStack):
    """A provider of fleets whose code and permissions are parameters."""

    def __init__(self, scope: Construct, name: str, *, code_key: str) -> None:
        super().__init__(scope, name, description="The provider of Custom::ChimeEndpointFleet")
        bucket = self.text("CodeBucket", "the S3 bucket with the functions' zip file, in this region")
        key = self.text("CodeKey", "the key of the zip file in the bucket", default=code_key)
        export_name = self.text(
            "ExportName",
            "the name of the export that publishes the ServiceToken",
            default="ChimeEndpointFleetsServiceToken",
        )
        provider = FleetProvider(self, "Provider", at_once=_AT_ONCE)
        for function in (provider.events, provider.worker):
            resource = function.node.default_child
            assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - for the type checker
            resource.code = lambda_.CfnFunction.CodeProperty(s3_bucket=bucket, s3_key=key)
        token = CfnOutput(self, "ServiceToken", value=provider.events.function_arn, export_name=export_name)
        token.override_logical_id("ServiceToken")
        role = provider.worker_role
        users = users_of(self.arns("AppInstanceArns", "the app instances whose users have endpoints"))
        policy = self.allow("User", role, ENDPOINT_ACTIONS, users)
        acknowledged.wildcards(policy, lambda: [users], acknowledged.USERS)
        policy = self.allow("Clock", role, ["states:StopExecution"], [provider.executions])
        acknowledged.wildcards(policy, lambda: [provider.executions], EXECUTIONS)
        for name, actions, what in _REQUIRED:
            self.allow(name, role, actions, self.arns(f"{name}Arns", what))
        for name, actions, what in _OPTIONAL:
            self.allow_if_given(name, role, actions, what)


def main(directory: Path = DIRECTORY) -> None:
    """Write both files, and print how to deploy them and a template that uses them."""
    template, code = write(directory)
    print(_STEPS.format(template=template, code=code, code_key=code.name))


_STEPS = """\
{template}
{code}

1. Set your own values. The buckets must be in the region of the stacks; the bucket of the manifest needs versioning.
   Separate multiple ARNs with commas.

BUCKET=BUCKET-NAME
APP_INSTANCE_ARN=arn:aws:chime:REGION:ACCOUNT:app-instance/ID
APPLICATION_ARN=arn:aws:mobiletargeting:REGION:ACCOUNT:apps/ID
MANIFEST_BUCKET=BUCKET-NAME
MANIFEST_KEY=devices.jsonl
MANIFEST_VERSION=VERSION-ID

2. Deploy the provider. If needed, add SecretArns or ParameterArns (device tokens that are not in the manifest), KeyArns
   (customer managed KMS keys) or ExportName (a different name for the export).

aws s3 cp "{code}" "s3://$BUCKET/"
aws cloudformation deploy --stack-name ChimeEndpointFleets --capabilities CAPABILITY_IAM \\
  --template-file "{template}" --parameter-overrides \\
  CodeBucket="$BUCKET" CodeKey="{code_key}" \\
  AppInstanceArns="$APP_INSTANCE_ARN" ApplicationArns="$APPLICATION_ARN" \\
  ManifestArns="arn:aws:s3:::$MANIFEST_BUCKET/$MANIFEST_KEY"

3. Deploy a template that uses the provider.

aws cloudformation deploy --stack-name Devices --template-file examples/plain_fleet.yaml \\
  --parameter-overrides AppInstanceArn="$APP_INSTANCE_ARN" ApplicationArn="$APPLICATION_ARN" \\
  ManifestBucket="$MANIFEST_BUCKET" ManifestKey="$MANIFEST_KEY" ManifestVersion="$MANIFEST_VERSION"
"""


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
