"""The least that one could write: a boto3 client at the top, one call, one answer; no failure is thought of."""

import json
import urllib.request

import boto3

client = boto3.client("chime-sdk-identity")


def handler(event, context):
    """Registers, or changes the name of, one endpoint."""
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
