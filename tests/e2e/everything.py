"""A stack that needs every kind of permission, with a secret and a key of its own."""

from aws_cdk import App, Stack
from aws_cdk import aws_chime as chime
from aws_cdk import aws_kms as kms
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

DAVE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef/user/dave"

app = App()
stack = Stack(app, "Everything")
chat = chime.CfnAppInstance(stack, "Chat", name="own")
alice = chime.CfnAppInstanceUser(
    stack, "User", app_instance_arn=chat.attr_app_instance_arn, app_instance_user_id="alice", name="Alice"
)
application = pinpoint.CfnApp(stack, "Application", name="own")
pinpoint.CfnGCMChannel(stack, "Channel", application_id=application.ref, api_key="made-up", enabled=True)
secret = secretsmanager.Secret(
    stack,
    "Token",
    encryption_key=kms.Key(stack, "Key"),
    generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
)
parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Parameter", parameter_name="/chat/dave")
AppInstanceUserEndpoint(
    stack,
    "Own",
    app_instance_user=alice,
    endpoint_type=EndpointType.GCM,
    application=application,
    device_token=DeviceToken.from_secrets_manager(secret),
)
# CDK makes an ARN without a suffix, which AWS takes for a complete one: the name ends in a hyphen and six characters.
named = secretsmanager.Secret.from_secret_name_v2(stack, "Named", "chime/push-tokens")
for name, token in (
    ("Phone", DeviceToken.from_ssm_parameter(parameter)),
    ("Tablet", DeviceToken.from_secrets_manager(named, "dave")),
):
    AppInstanceUserEndpoint(
        stack,
        f"Daves{name}",
        app_instance_user=DAVE,
        endpoint_type=EndpointType.GCM,
        application=application,
        device_token=token,
        tags={"team": "chat"},
    )
app.synth()
