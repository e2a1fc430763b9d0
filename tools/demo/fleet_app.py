"""A CDK app with one fleet, for the demo and for tests. The context has its options."""

from __future__ import annotations

import json

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from chime_endpoints import EndpointFleet, EndpointType, FleetDefaults, FleetWait, Manifest

app = App()
given = json.loads(app.node.get_context("fleet"))
stack = Stack(app, "Chat")
bucket = s3.Bucket.from_bucket_name(stack, "Manifests", given["bucket"])
waits = {"hour": FleetWait.AN_HOUR, "not": FleetWait.NOT_AT_ALL, "condition": FleetWait.up_to(Duration.hours(6))}
fleet = EndpointFleet(
    stack,
    "Devices",
    manifest=Manifest.in_bucket(bucket, "devices.jsonl", version_id=given["version"]),
    app_instances=[given["app_instance"]],
    applications=[given["application"]],
    defaults=FleetDefaults(app_instance=given["app_instance"], application=given["application"], type=EndpointType.GCM),
    requests_per_second=given.get("rate", 50),
    wait=waits[given.get("wait", "hour")],
)
# The functions' own settings: a small fleet has several parts only with smaller ones.
for function in fleet.node.find_all():
    if isinstance(function, lambda_.Function):
        for name, value in given.get("environment", {}).items():
            function.add_environment(name, json.dumps(value))
for name, value in (("Run", fleet.run_id), ("State", fleet.state), ("Registered", fleet.registered)):
    CfnOutput(stack, name, value=value)
CfnOutput(stack, "Fleet", value=fleet.fleet_id)
CfnOutput(stack, "Machine", value=fleet.state_machine_arn)
app.synth()
