"""Share one provider among several stacks, and export it for templates written without CDK."""

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointProvider, EndpointType

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef"
TOKENS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf"

app = App()
provider = EndpointProvider(
    Stack(app, "Provider"),
    "Endpoints",
    timeout=Duration.minutes(5),
    log_retention=logs.RetentionDays.THREE_MONTHS,
    export_name="ChimeEndpointsServiceToken",
)
for user in ("alice", "bob"):
    stack = Stack(app, user.capitalize())
    tokens = secretsmanager.Secret.from_secret_complete_arn(stack, "Tokens", TOKENS)
    AppInstanceUserEndpoint(
        stack,
        "Phone",
        app_instance_user=f"{APP_INSTANCE}/user/{user}",
        endpoint_type=EndpointType.APNS,
        application=APPLICATION,
        device_token=DeviceToken.from_secrets_manager(tokens, user),
        provider=provider,
    )
app.synth()
