"""Take over an endpoint that the mobile app registered.

The stack does not register the device token again. The existing endpoint keeps its id, gets the declared name, and is
managed by the stack. Because of RemovalPolicy.RETAIN, it stays registered when the stack is deleted.
"""

from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef"
TOKENS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf"

app = App()
stack = Stack(app, "Adopt")
tokens = secretsmanager.Secret.from_secret_complete_arn(stack, "Tokens", TOKENS)
AppInstanceUserEndpoint(
    stack,
    "AlicePhone",
    app_instance_user=f"{APP_INSTANCE}/user/alice",
    endpoint_type=EndpointType.APNS,
    application=APPLICATION,
    device_token=DeviceToken.from_secrets_manager(tokens, "alice-phone"),
    adopt_existing=True,
    removal_policy=RemovalPolicy.RETAIN,
)
app.synth()
