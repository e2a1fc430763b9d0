"""A fleet: endpoints declared by a file in S3, as one resource, with an alarm for failures."""

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from chime_endpoints import EndpointFleet, EndpointType, FleetDefaults, FleetWait, Manifest

APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/0123"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef"

app = App()
stack = Stack(app, "Fleet")
manifests = s3.Bucket.from_bucket_name(stack, "Manifests", "chat-manifests")  # with versioning
fleet = EndpointFleet(
    stack,
    "Devices",
    # One line for each endpoint: {"key": "alice-phone", "user": "alice", "device_token": "…", "name": "Alice's phone"}
    manifest=Manifest.in_bucket(manifests, "devices.jsonl", version_id="3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"),
    app_instances=[APP_INSTANCE],
    applications=[APPLICATION],
    defaults=FleetDefaults(app_instance=APP_INSTANCE, application=APPLICATION, type=EndpointType.GCM),
    requests_per_second=40,
    wait=FleetWait.NOT_AT_ALL,
)
operators = sns.Topic(stack, "Operators", enforce_ssl=True)
alarm = fleet.metric_failed().create_alarm(stack, "Failed", threshold=1, evaluation_periods=1)
alarm.add_alarm_action(actions.SnsAction(operators))
CfnOutput(stack, "Run", value=fleet.run_id)
app.synth()
