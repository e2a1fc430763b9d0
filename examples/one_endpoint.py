"""Register one phone of one user, with its device token in AWS Secrets Manager."""

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef"
TOKENS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf"

app = App()
stack = Stack(app, "OneEndpoint")
tokens = secretsmanager.Secret.from_secret_complete_arn(stack, "Tokens", TOKENS)
phone = AppInstanceUserEndpoint(
    stack,
    "AlicePhone",
    app_instance_user=f"{APP_INSTANCE}/user/alice",
    endpoint_type=EndpointType.APNS,
    application=APPLICATION,
    device_token=DeviceToken.from_secrets_manager(tokens, "alice-phone"),
    endpoint_name="Alice's phone",
)
CfnOutput(stack, "EndpointId", value=phone.endpoint_id)
app.synth()
