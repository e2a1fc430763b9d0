"""An app that uses what the examples omit: a provider's options, explicit tags, long lists of tagged users."""

from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, ChimeIdentityTags, DeviceToken, EndpointProvider, EndpointType

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
app.synth()
