"""Spread more endpoints than fit into one stack (500 resources) over several stacks.

The stack of an endpoint depends only on its user, so adding or removing other endpoints does not move it. An endpoint
that moves to another stack is registered again. The `stacks` field of `endpoints.yaml` does the same without a program.
"""

from hashlib import sha256

from aws_cdk import App, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef"
TOKENS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf"
STACKS = 4
USERS = [f"user{number}" for number in range(40)]  # replace with your own list of users

app = App()
stacks = [Stack(app, f"Endpoints{number}") for number in range(STACKS)]
tokens = [secretsmanager.Secret.from_secret_complete_arn(stack, "Tokens", TOKENS) for stack in stacks]
for user in USERS:
    place = int(sha256(user.encode()).hexdigest(), 16) % STACKS
    AppInstanceUserEndpoint(
        stacks[place],
        f"Phone{user}",
        app_instance_user=f"{APP_INSTANCE}/user/{user}",
        endpoint_type=EndpointType.GCM,
        application=APPLICATION,
        device_token=DeviceToken.from_secrets_manager(tokens[place], user),
    )
app.synth()
