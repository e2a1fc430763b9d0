"""A user's project for a type checker: correct code passes, and each wrong argument is found.

It never runs. mypy reports an unnecessary ignore comment, so each of them is a test.
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_chime as chime
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef
from aws_cdk.interfaces.aws_pinpoint import IAppRef

from chime_endpoints import (
    AllowMessages,
    AppInstanceUserEndpoint,
    ChimeIdentityTags,
    CrossAccountRole,
    DeviceToken,
    EndpointProvider,
    EndpointType,
    IAppInstanceUserEndpoint,
    IEndpointProvider,
    InvalidDeclarationError,
    PushDeliveryRole,
)


def right(stack: Stack, secret: secretsmanager.ISecret, parameter: ssm.IStringParameter) -> str:
    """Every public name, used correctly."""
    user = chime.CfnAppInstanceUser(stack, "User", app_instance_arn="arn", app_instance_user_id="alice", name="Alice")
    application = pinpoint.CfnApp(stack, "App", name="app")
    provider = EndpointProvider(
        stack,
        "Provider",
        timeout=Duration.minutes(5),
        memory_size=512,
        architecture=lambda_.Architecture.X86_64,
        log_retention=logs.RetentionDays.ONE_WEEK,
        log_level=lambda_.ApplicationLogLevel.WARN,
        tracing=lambda_.Tracing.ACTIVE,
        role=iam.Role.from_role_name(stack, "Role", "role"),
        export_name="Export",
    )
    imported: IEndpointProvider = EndpointProvider.from_service_token(stack, "Imported", "arn", role=provider.role)
    phone = AppInstanceUserEndpoint(
        stack,
        "Phone",
        app_instance_user=user,
        endpoint_type=EndpointType.APNS,
        application=application,
        device_token=DeviceToken.from_secrets_manager(secret, field="phone", version_stage="AWSCURRENT"),
        voip_device_token=DeviceToken.from_ssm_parameter(parameter, version=3),
        endpoint_name="Phone",
        allow_messages=AllowMessages.NONE,
        adopt_existing=True,
        require_active=True,
        assumed_role_arn="arn",
        external_id="chat-7",
        tags={"team": "chat"},
        removal_policy=RemovalPolicy.RETAIN,
        update_replace_policy=RemovalPolicy.DESTROY,
        provider=imported,
    )
    Tags.of(phone).add("plan", "trial")
    elsewhere = AppInstanceUserEndpoint.from_endpoint_attributes(
        stack, "Elsewhere", app_instance_user_arn=phone.app_instance_user_arn, endpoint_id="0123"
    )
    both: list[IAppInstanceUserEndpoint] = [phone, elsewhere]
    lost = both[0].on_delivery_failure("Lost", target=targets.SnsTopic(sns.Topic(stack, "Topic")))
    metric: cloudwatch.Metric = lost.metric_failures(period=Duration.minutes(1))
    metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
    provider.metric_failures(label="Failures", statistic="Sum").create_alarm(
        stack, "Failures", threshold=1, evaluation_periods=1
    )
    tags = ChimeIdentityTags(stack, "Tags", resource_arn="arn", tags={"team": "chat"}, provider=provider)
    PushDeliveryRole(stack, "Delivery", applications=[application, "arn"])
    there = CrossAccountRole(
        stack,
        "There",
        trusted=iam.ArnPrincipal("arn"),
        app_instances=["arn"],
        applications=[application],
        external_id="chat-7",
        allow_tags=True,
        role_name="Endpoints",
    )
    ChimeIdentityTags(
        stack, "More", resource_arn="arn2", tags={}, assumed_role_arn=there.role_arn, external_id="chat-7"
    )
    return f"{phone.endpoint_ref} {elsewhere.endpoint_id} {tags.tags_ref} {provider.service_token}"


def any_reference(stack: Stack, user: IAppInstanceUserRef, application: IAppRef, token: DeviceToken) -> None:
    """Every implementation of CDK's interfaces is accepted."""
    try:
        AppInstanceUserEndpoint(
            stack,
            "Phone",
            app_instance_user=user,
            endpoint_type=EndpointType.GCM,
            application=application,
            device_token=token,
        )
    except InvalidDeclarationError as error:
        print(error.path, *error.problems)  # noqa: T201 - it is somebody else's program


def wrong(stack: Stack, user: str, application: str, token: DeviceToken, secret: secretsmanager.ISecret) -> None:
    """Common mistakes, one argument at a time."""
    AppInstanceUserEndpoint(
        stack,
        "Phone",
        app_instance_user=user,
        endpoint_type=EndpointType.APNS,
        application=application,
        device_token="0123abcd",  # type: ignore[arg-type]  # a string is not a device token
    )
    AppInstanceUserEndpoint(
        stack,
        "Phone",
        app_instance_user=user,
        endpoint_type="APNS",  # type: ignore[arg-type]  # nor a type
        application=secret,  # type: ignore[arg-type]  # nor is a secret an application
        device_token=token,
        allow_messages="ALL",  # type: ignore[arg-type]  # nor a string a choice of messages
    )
    AppInstanceUserEndpoint(  # type: ignore[call-arg]  # the token is required, and the name is called endpoint_name
        stack,
        "Phone",
        app_instance_user=user,
        endpoint_type=EndpointType.APNS,
        application=application,
        name="Phone",
    )
    AppInstanceUserEndpoint(stack, "Phone", user, EndpointType.APNS, application, token)  # type: ignore[call-arg]  # by name only
    DeviceToken.from_secrets_manager("arn")  # type: ignore[arg-type]  # a secret, so that its key is known
    DeviceToken.from_ssm_parameter("/name")  # type: ignore[arg-type]  # likewise
    ChimeIdentityTags(stack, "Tags", resource_arn=user, tags={"number": 1})  # type: ignore[dict-item]  # text only
    EndpointProvider(stack, "Provider", timeout=300)  # type: ignore[arg-type]  # a Duration says of what
    EndpointProvider.of(stack).metric_errors(period=60)  # type: ignore[arg-type]  # likewise
    PushDeliveryRole(stack, "Role", applications=[1])  # type: ignore[list-item]  # references or ARNs
