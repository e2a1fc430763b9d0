"""The minimal handler: bare boto3, one call, one response, no error handling."""

import json
import urllib.request

import boto3

client = boto3.client("chime-sdk-identity")


def handler(event, context):
    """Register an endpoint or change its name."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Create":
        answer = client.register_app_instance_user_endpoint(
            AppInstanceUserArn=properties["AppInstanceUserArn"],
            Type=properties["Type"],
            ResourceArn=properties["ResourceArn"],
            EndpointAttributes=properties["EndpointAttributes"],
            Name=properties["Name"],
            AllowMessages="ALL",
            ClientRequestToken=event["RequestId"],
        )
    else:
        answer = client.update_app_instance_user_endpoint(
            AppInstanceUserArn=properties["AppInstanceUserArn"],
            EndpointId=event["PhysicalResourceId"].rpartition("/")[2],
            Name=properties["Name"],
            AllowMessages="ALL",
        )
    body = {
        "Status": "SUCCESS",
        "PhysicalResourceId": answer["EndpointId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(body).encode(), {"content-type": ""}, method="PUT"
    )
    urllib.request.urlopen(request).close()
