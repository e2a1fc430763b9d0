"""An endpoint that the mobile app registered by itself, taken over by a stack.

The endpoint with this device token is not registered again: it keeps its id, takes the declared name, and belongs to
the stack from then on. Kept when the stack goes, it is the mobile app's again.
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
