"""A handler written as in crhelper's documentation."""

import boto3
from crhelper import CfnResource

helper = CfnResource()
client = boto3.client("chime-sdk-identity")


def handler(event, context):
    """Pass the event to crhelper."""
    helper(event, context)


@helper.create
def create(event, _):
    """Register the endpoint."""
    properties = event["ResourceProperties"]
    answer = client.register_app_instance_user_endpoint(
        AppInstanceUserArn=properties["AppInstanceUserArn"],
        Type=properties["Type"],
        ResourceArn=properties["ResourceArn"],
        EndpointAttributes=properties["EndpointAttributes"],
        Name=properties["Name"],
        AllowMessages="ALL",
    )
    return answer["EndpointId"]


@helper.update
def update(event, _):
    """Change the name."""
    properties = event["ResourceProperties"]
    endpoint_id = event["PhysicalResourceId"].rpartition("/")[2]
    client.update_app_instance_user_endpoint(
        AppInstanceUserArn=properties["AppInstanceUserArn"],
        EndpointId=endpoint_id,
        Name=properties["Name"],
        AllowMessages="ALL",
    )
    return endpoint_id


@helper.delete
def delete(event, _):
    """Deregister the endpoint."""
    client.deregister_app_instance_user_endpoint(
        AppInstanceUserArn=event["ResourceProperties"]["AppInstanceUserArn"], EndpointId=event["PhysicalResourceId"]
    )
