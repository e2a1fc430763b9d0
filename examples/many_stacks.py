"""More endpoints than one stack holds (500 resources): as many stacks as they need, from one list.

An endpoint's stack follows from its own name, so that no other entry's coming or going moves it: moved to another
stack, an endpoint is registered anew. `endpoints.yaml` and its `stacks` do the same without a program.
"""

from hashlib import sha256

from aws_cdk import App, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef"
TOKENS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf"
STACKS = 4
USERS = [f"user{number}" for number in range(40)]  # read yours from where you keep them

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
