"""The templates that the suite deploys, besides the provider's."""

from __future__ import annotations

from typing import Any

SERVICE_TIMEOUT = 600
"""Seconds, as the provider itself advises."""


def endpoint_stack(
    logical_id: str,
    *,
    service_token: str,
    user: str,
    application: str,
    secret: str,
    field: str,
    name: str,
    breaks: bool = False,
) -> dict[str, Any]:
    """Return a template with one endpoint, and after it a resource that fails if `breaks`."""
    endpoint = {
        "Type": "Custom::ChimeAppInstanceUserEndpoint",
        "Properties": {
            "ServiceToken": service_token,
            "ServiceTimeout": SERVICE_TIMEOUT,
            "AppInstanceUserArn": user,
            "Type": "APNS",
            "ResourceArn": application,
            "EndpointAttributes": {"DeviceTokenSource": {"SecretArn": secret, "Field": field}},
            "Name": name,
        },
    }
    broken = {
        "Type": "Custom::ChimeAppInstanceUserEndpoint",
        "DependsOn": logical_id,
        "Properties": {
            "ServiceToken": service_token,
            "ServiceTimeout": SERVICE_TIMEOUT,
            "Type": "TELEGRAPH",
        },
    }
    return {
        "Resources": {logical_id: endpoint, **({f"{logical_id}Broken": broken} if breaks else {})},
        "Outputs": {
            "Ref": {"Value": {"Ref": logical_id}},
            "EndpointId": {"Value": {"Fn::GetAtt": [logical_id, "EndpointId"]}},
        },
    }


def trace_stack(function_name: str) -> dict[str, Any]:
    """Return a template with a function that says what it received, as a custom resource and in its log."""
    log_group = f"/aws/lambda/{function_name}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    write = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": ["Log", "Arn"]},
    }
    return {
        "Resources": {
            "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": log_group, "RetentionInDays": 1}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {"PolicyName": "Log", "PolicyDocument": {"Version": "2012-10-17", "Statement": [write]}}
                    ],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": function_name,
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Timeout": 30,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": _CODE},
                    "LoggingConfig": {"LogGroup": {"Ref": "Log"}},
                },
            },
            "Told": {
                "Type": "Custom::LiveTrace",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "ServiceTimeout": 120,
                    "Number": 5,
                    "Flag": True,
                    "Empty": {"Items": ["a"]},
                },
            },
        },
        "Outputs": {name: {"Value": {"Fn::GetAtt": ["Told", name]}} for name in ("Trace", "Entered", "Properties")},
    }


_CODE = '''\
"""Says what Lambda hands to a function. An event of the suite fails at its first delivery."""
import json
import os
import time
import urllib.request


def handler(event, context):
    told = {"Trace": os.environ.get("_X_AMZN_TRACE_ID", ""), "Entered": str(time.time())}
    if "ResponseURL" not in event:
        print(json.dumps({"live": told, "sent": event["sent"]}))
        if time.time() - event["sent"] < 30:
            raise RuntimeError("on purpose, so that Lambda delivers the event again")
        return
    properties = {name: event["ResourceProperties"].get(name) for name in ("Number", "Flag", "Empty")}
    members = ("StackId", "RequestId", "LogicalResourceId")
    answer = {member: event[member] for member in members} | {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", "told"),
        "Data": {**told, "Properties": json.dumps(properties)},
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""}
    )
    urllib.request.urlopen(request, timeout=20).read()
'''
