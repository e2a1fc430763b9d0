"""Declare everything that push notifications need in one stack, including an alarm on pushes that are not delivered.

Before you send the first message, add your APNs or FCM credentials to the application.
"""

from aws_cdk import Acknowledgment, App, Duration, Stack, Validations
from aws_cdk import aws_chime as chime
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType, PushDeliveryRole

app = App()
stack = Stack(app, "Messaging")

chat = chime.CfnAppInstance(stack, "Chat", name="chat")
alice = chime.CfnAppInstanceUser(
    stack, "Alice", app_instance_arn=chat.attr_app_instance_arn, app_instance_user_id="alice", name="Alice"
)
application = pinpoint.CfnApp(stack, "Application", name="chat")
# AWS has ended Amazon Pinpoint. Push applications continue as AWS End User Messaging, with the same API and type.
application.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3696"]}})
Validations.of(application).acknowledge(
    Acknowledgment(id="CloudFormation-Validate::W3696", reason="Push applications continue as AWS End User Messaging.")
)
PushDeliveryRole(stack, "Delivery", applications=[application])

endpoints = [
    AppInstanceUserEndpoint(
        stack,
        f"Alice{device}",
        app_instance_user=alice,
        endpoint_type=EndpointType.GCM,
        application=application,
        device_token=DeviceToken.from_ssm_parameter(
            ssm.StringParameter.from_secure_string_parameter_attributes(
                stack, f"{device}Token", parameter_name=f"/chat/alice/{device.lower()}"
            )
        ),
        endpoint_name=f"Alice's {device.lower()}",
        tags={"team": "chat"},
    )
    for device in ("Phone", "Tablet")
]

operators = sns.Topic(stack, "Operators", enforce_ssl=True)
lost = endpoints[0].on_delivery_failure("Lost")
Validations.of(lost.node.find_child("Resource")).acknowledge(
    Acknowledgment(id="Serverless::Serverless-EventBusDLQ", reason="The rule has no target that could fail.")
)
alarm = lost.metric_failures(period=Duration.minutes(5)).create_alarm(
    stack,
    "PushesLost",
    threshold=1,
    evaluation_periods=1,
    comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
)
alarm.add_alarm_action(actions.SnsAction(operators))
app.synth()
