"""The same endpoint, declared in each of the ways that are compared."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as cr

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

OURS, SDK_CALL = "ours", "AwsCustomResource"
APP_INSTANCE = "arn:aws:chime:us-east-1:000000000000:app-instance/bench"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/0123456789abcdef0123456789abcdef"


def ours(stack: Stack, number: int, name: str, *, app_instance: str = APP_INSTANCE) -> None:
    """Declare an endpoint with this project's construct."""
    AppInstanceUserEndpoint(
        stack,
        f"Phone{number}",
        app_instance_user=f"{app_instance}/user/user-{number}",
        endpoint_type=EndpointType.APNS,
        application=APPLICATION,
        device_token=DeviceToken.unsafe_plain_text(f"token-{number}"),
        endpoint_name=name,
    )


def by_sdk_call(stack: Stack, number: int, name: str, *, app_instance: str = APP_INSTANCE) -> None:
    """Declare an endpoint with CDK's AwsCustomResource: no replacement, no recovery, and a plain-text token."""
    user = f"{app_instance}/user/user-{number}"
    reference = cr.PhysicalResourceIdReference()

    def call(action: str, physical_id: cr.PhysicalResourceId | None = None, **members: Any) -> cr.AwsSdkCall:
        return cr.AwsSdkCall(
            service="chime-sdk-identity",
            action=action,
            parameters={"AppInstanceUserArn": user, **members},
            physical_resource_id=physical_id,
        )

    changeable: dict[str, Any] = {"Name": name, "AllowMessages": "ALL"}
    cr.AwsCustomResource(
        stack,
        f"Phone{number}",
        on_create=call(
            "RegisterAppInstanceUserEndpoint",
            cr.PhysicalResourceId.from_response("EndpointId"),
            Type="APNS",
            ResourceArn=APPLICATION,
            EndpointAttributes={"DeviceToken": f"token-{number}"},
            ClientRequestToken=f"request-{number}",
            **changeable,
        ),
        on_update=call("UpdateAppInstanceUserEndpoint", EndpointId=reference, **changeable),
        on_delete=call("DeregisterAppInstanceUserEndpoint", EndpointId=reference),
        install_latest_aws_sdk=False,
        policy=cr.AwsCustomResourcePolicy.from_statements(
            [
                iam.PolicyStatement(
                    actions=[
                        "chime:RegisterAppInstanceUserEndpoint",
                        "chime:UpdateAppInstanceUserEndpoint",
                        "chime:DeregisterAppInstanceUserEndpoint",
                    ],
                    resources=[user],
                ),
                iam.PolicyStatement(actions=["mobiletargeting:GetApp"], resources=[APPLICATION]),
            ]
        ),
    )


ALTERNATIVES = {OURS: ours, SDK_CALL: by_sdk_call}
ONE_STACK = {OURS: 490, SDK_CALL: 248}
"""The number of endpoints that fit into one stack with their shared resources (at most 500 resources)."""
