"""An app that uses what the examples omit: a provider's options, explicit tags, long lists of tagged users."""

from aws_cdk import Acknowledgment, App, Duration, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import (
    AllowMessages,
    AppInstanceUserEndpoint,
    ChimeIdentityTags,
    DeviceToken,
    EndpointFleet,
    EndpointProvider,
    EndpointType,
    FleetDefaults,
    FleetWait,
    Manifest,
)

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/0123"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:push-AbCdEf"

app = App()
here = Environment(account="111122223333", region="us-east-1")
provided = Stack(app, "Provided", env=here)
key = kms.Key(provided, "Key", enable_key_rotation=True)
provider = EndpointProvider(
    provided,
    "Endpoints",
    vpc=ec2.Vpc.from_vpc_attributes(
        provided,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
        private_subnet_route_table_ids=["rtb-0123456789abcdef0"],
    ),
    tracing=lambda_.Tracing.ACTIVE,
    encryption_key=key,
    permissions_boundary=iam.ManagedPolicy.from_managed_policy_name(provided, "Boundary", "boundary"),
    reserved_concurrent_executions=10,
    export_name="Endpoints",
)
provider.metric_failures().create_alarm(provided, "Failures", threshold=1, evaluation_periods=1)
stack = Stack(app, "Users", env=here)
token_key = kms.Key.from_key_arn(stack, "TokenKey", "arn:aws:kms:us-east-1:111122223333:key/0123")
secret = secretsmanager.Secret.from_secret_attributes(
    stack, "Secret", secret_complete_arn=SECRET, encryption_key=token_key
)
for number in range(40):
    AppInstanceUserEndpoint(
        stack,
        f"Phone{number}",
        app_instance_user=f"{APP_INSTANCE}/user/user-{number}",
        endpoint_type=EndpointType.APNS,
        application=APPLICATION,
        device_token=DeviceToken.from_secrets_manager(secret, f"phone-{number}"),
        voip_device_token=DeviceToken.from_secrets_manager(secret, f"voip-{number}"),
        tags={"number": str(number)},
        provider=provider,
    )
ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"}, provider=provider)
fleets = Stack(app, "Fleets", env=here)
manifest_key = kms.Key.from_key_arn(fleets, "ManifestKey", "arn:aws:kms:us-east-1:111122223333:key/4567")
manifests = s3.Bucket.from_bucket_attributes(fleets, "Manifests", bucket_name="manifests", encryption_key=manifest_key)
fleet = EndpointFleet(
    fleets,
    "Fleet",
    manifest=Manifest.in_bucket(manifests, "devices.jsonl"),
    app_instances=[APP_INSTANCE, f"{APP_INSTANCE}4567"],
    applications=[APPLICATION],
    defaults=FleetDefaults(
        app_instance=APP_INSTANCE, application=APPLICATION, type=EndpointType.GCM, allow_messages=AllowMessages.NONE
    ),
    requests_per_second=40,
    at_once=8,
    tolerated_failures=10,
    most_deletions_percent=50,
    wait=FleetWait.up_to(Duration.hours(12)),
    encryption_key=kms.Key(fleets, "Key", enable_key_rotation=True),
    removal_policy=RemovalPolicy.RETAIN,
)
fleet.metric_failed().create_alarm(fleets, "Failed", threshold=1, evaluation_periods=1)
rule = fleet.on_run_failed("RunFailed")
Validations.of(rule.node.find_child("Resource")).acknowledge(
    Acknowledgment(id="Serverless::Serverless-EventBusDLQ", reason="The rule has no target that could fail.")
)
app.synth()
