"""Writes the provider as a CloudFormation template and a zip file, to deploy it without CDK.

The role's permissions are parameters, because the template does not know the templates that will use the provider.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import App, CfnCondition, CfnOutput, CfnParameter, DefaultStackSynthesizer, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from chime_endpoints import EndpointProvider
from chime_endpoints._cdk import acknowledged
from chime_endpoints._function.asset import staged
from chime_endpoints._iam.statements import ENDPOINT_ACTIONS, TAG_ACTIONS, document

DIRECTORY = Path(__file__).resolve().parent.parent / "dist" / "provider-template"
_Allowed = tuple[str, Sequence[str], str]
_REQUIRED: Sequence[_Allowed] = (
    (
        "Application",
        ["mobiletargeting:GetApp"],
        "the AWS End User Messaging applications that send pushes to the endpoints",
    ),
    (
        "Stack",
        [
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStacks",
        ],
        "the stacks that use this provider, in the form arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/*",
    ),
)
_OPTIONAL: Sequence[_Allowed] = (
    ("Secret", ["secretsmanager:GetSecretValue"], "the complete ARNs of the secrets with device tokens"),
    ("Parameter", ["ssm:GetParameter"], "the parameters with device tokens"),
    ("Key", ["kms:Decrypt"], "the customer managed KMS keys that encrypt these secrets and parameters"),
    ("AssumedRole", ["sts:AssumeRole"], "the roles in other accounts that the function assumes"),
    ("Tagged", TAG_ACTIONS, "the app instances, users and bots to tag, or APP-INSTANCE-ARN/user/* for all users"),
)
"""The role's permissions besides those on endpoints: policy name, actions, and a description of the resources."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of the zip format, so that the same code gives the same file


def write(directory: Path) -> tuple[Path, Path]:
    """Write the template and the function's zip file. The zip file's name changes with its content.

    Returns:
        The paths of the template and the zip file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for former in directory.glob("chime-endpoints-*.zip"):
        former.unlink()
    code = zipped(directory, staged(), "chime-endpoints")
    template = directory / "template.yaml"
    template.write_text(yaml.safe_dump(provider_template(code.name), sort_keys=False, width=120), encoding="utf-8")
    return template, code


def provider_template(code_key: str) -> dict[str, Any]:
    """Return the template for the code with this name."""
    return template_of(lambda app: _Provider(app, "Provider", code_key=code_key))


def template_of(make: Callable[[App], object]) -> dict[str, Any]:
    """Return the template of a stack named Provider, with its sections in the usual order."""
    with tempfile.TemporaryDirectory() as assembly:
        app = App(outdir=assembly, analytics_reporting=False)
        make(app)
        written = app.synth().get_stack_by_name("Provider").template_full_path
        template: dict[str, Any] = json.loads(Path(written).read_text(encoding="utf-8"))
    sections = ("Description", "Parameters", "Conditions", "Resources", "Outputs")
    return {"AWSTemplateFormatVersion": "2010-09-09"} | {section: template[section] for section in sections}


class ParameterStack(Stack):
    """A stack whose code and permissions are parameters."""

    def __init__(self, scope: Construct, name: str, *, description: str) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, name, description=description, synthesizer=synthesizer)

    def text(self, name: str, description: str, *, default: str | None = None) -> str:
        """Add a parameter with a text."""
        return CfnParameter(self, name, description=description, default=default).value_as_string

    def arns(self, name: str, description: str, *, default: str | None = None) -> list[str]:
        """Add a parameter with a list."""
        parameter = CfnParameter(
            self, name, type="CommaDelimitedList", description=f"{description}, separated by commas", default=default
        )
        return parameter.value_as_list

    def allow(
        self,
        name: str,
        role: iam.IRole,
        actions: Sequence[str],
        resources: list[str],
        *,
        condition: CfnCondition | None = None,
    ) -> iam.CfnPolicy:
        """Add a policy of a role."""
        policy = iam.CfnPolicy(
            self,
            f"Allow{name}",
            policy_name=f"Allow{name}",
            policy_document=document([{"Action": list(actions), "Effect": "Allow", "Resource": resources}]),
            roles=[role.role_name],
        )
        policy.cfn_options.condition = condition
        return policy

    def allow_if_given(self, name: str, role: iam.IRole, actions: Sequence[str], what: str) -> None:
        """Add a policy for the resources in an optional parameter."""
        arns = self.arns(f"{name}Arns", f"{what}; none by default", default="")
        nothing = Fn.condition_equals(Fn.join("", arns), "")
        given = CfnCondition(self, f"Has{name}Arns", expression=Fn.condition_not(nothing))
        self.allow(name, role, actions, arns, condition=given)


class _Provider(ParameterStack):
    """A provider whose code and permissions are parameters."""

    def __init__(self, scope: Construct, name: str, *, code_key: str) -> None:
        super().__init__(
            scope,
            name,
            description="The provider of Custom::ChimeAppInstanceUserEndpoint and Custom::ChimeIdentityTags",
        )
        bucket = self.text("CodeBucket", "the S3 bucket with the function's zip file, in this region")
        key = self.text("CodeKey", "the key of the zip file in the bucket", default=code_key)
        export_name = self.text(
            "ExportName", "the name of the export that publishes the ServiceToken", default="ChimeEndpointsServiceToken"
        )
        provider = EndpointProvider(self, "Provider", export_name=export_name)
        function, token = provider.function.node.default_child, provider.node.find_child("ServiceToken")
        assert isinstance(function, lambda_.CfnFunction)  # noqa: S101 - for the type checker
        assert isinstance(token, CfnOutput)  # noqa: S101 - for the type checker
        function.code = lambda_.CfnFunction.CodeProperty(s3_bucket=bucket, s3_key=key)
        token.override_logical_id("ServiceToken")
        users = users_of(self.arns("AppInstanceArns", "the app instances whose users have endpoints"))
        acknowledged.wildcards(
            self.allow("User", provider.role, ENDPOINT_ACTIONS, users), lambda: [users], acknowledged.USERS
        )
        for name, actions, what in _REQUIRED:
            self.allow(name, provider.role, actions, self.arns(f"{name}Arns", what))
        for name, actions, what in _OPTIONAL:
            self.allow_if_given(name, provider.role, actions, what)


def users_of(app_instances: list[str]) -> list[str]:
    """Return the users of each app instance in a list that is known only at deployment."""
    return Fn.split(",", f"{Fn.join('/user/*,', app_instances)}/user/*")


def zipped(directory: Path, code: Path, name: str) -> Path:
    """Write a zip file of a function's code. Its name contains a digest of its content."""
    files = sorted(path for path in code.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(code).as_posix().encode() + b"\0" + path.read_bytes())
    target = directory / f"{name}-{digest.hexdigest()[:12]}.zip"
    with zipfile.ZipFile(target, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(code).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def main(directory: Path = DIRECTORY) -> None:
    """Write both files, and print how to deploy them and a template that uses them."""
    template, code = write(directory)
    print(_STEPS.format(template=template, code=code, code_key=code.name))


_STEPS = """\
{template}
{code}

1. Set your own values. The bucket must be in the region of the stacks. The secret must be a JSON object with the fields
   phone and tablet, given by its complete ARN. Separate multiple ARNs with commas.

BUCKET=BUCKET-NAME
APP_INSTANCE_ARN=arn:aws:chime:REGION:ACCOUNT:app-instance/ID
USER_ARN=$APP_INSTANCE_ARN/user/USER-ID
APPLICATION_ARN=arn:aws:mobiletargeting:REGION:ACCOUNT:apps/ID
PUSH_SECRET_ARN=arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-AbCdEf
STACK_ARN="arn:aws:cloudformation:REGION:ACCOUNT:stack/Chat/*"

2. Deploy the provider. If needed, add ParameterArns (device tokens in Parameter Store), KeyArns (customer managed KMS
   keys) or ExportName (a different name for the export).

aws s3 cp "{code}" "s3://$BUCKET/"
aws cloudformation deploy --stack-name ChimeEndpointsProvider --capabilities CAPABILITY_IAM \\
  --template-file "{template}" --parameter-overrides \\
  CodeBucket="$BUCKET" CodeKey="{code_key}" \\
  AppInstanceArns="$APP_INSTANCE_ARN" ApplicationArns="$APPLICATION_ARN" StackArns="$STACK_ARN" \\
  SecretArns="$PUSH_SECRET_ARN" TaggedArns="$USER_ARN"

3. Deploy a template that uses the provider.

aws cloudformation deploy --stack-name Chat --template-file examples/plain_cloudformation.yaml \\
  --parameter-overrides AppInstanceUserArn="$USER_ARN" ApplicationArn="$APPLICATION_ARN" \\
  TokensSecretArn="$PUSH_SECRET_ARN"
"""


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
