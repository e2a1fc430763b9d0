"""Apps as users write them, synthesized, with later versions of their stacks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aws_cdk import App, Stack, Tags
from aws_cdk import aws_chime as chime
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from chime_endpoints import AppInstanceUserEndpoint, ChimeIdentityTags, DeviceToken, EndpointProvider
from permissions.cloudformation import Template
from support.stage import ACCOUNT, APPLICATION, OTHER_APPLICATION, REGION
from synth.stage import ENDPOINT, TAGS, endpoint, template_of

Templates = Mapping[str, Template]
"""The stacks of an app, in the order in which they are deployed."""

FIRST = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/01234567-89ab-cdef-0123-456789abcdef"
SECOND = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/fedcba98-7654-3210-fedc-ba9876543210"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
SECRET, SECURE_PARAMETER, PARAMETER = "chime/bobs-tokens", "/push/carol", "/push/carol-voip"
TEXT = DeviceToken.unsafe_plain_text


def templates_of(app: App) -> Templates:
    """The template of every stack."""
    return {stack.node.id: template_of(stack) for stack in app.node.children if isinstance(stack, Stack)}


def alice(scope: Construct, **changes: Any) -> AppInstanceUserEndpoint:
    """An endpoint of the first app instance."""
    given = {"app_instance_user": f"{FIRST}/user/alice", "application": APPLICATION, "device_token": TEXT("a")}
    return endpoint(scope, "Alice", **given | changes)


def carol(scope: Construct, **changes: Any) -> AppInstanceUserEndpoint:
    """An endpoint of the second app instance, with another application."""
    given = {"app_instance_user": f"{SECOND}/user/carol", "application": OTHER_APPLICATION, "device_token": TEXT("c")}
    return endpoint(scope, "Carol", **given | changes)


@cache
def chat(*endpoints: Callable[[Construct], AppInstanceUserEndpoint]) -> Template:
    """A stack of endpoints."""
    stack = Stack(App(), "Chat")
    for each in endpoints:
        each(stack)
    return template_of(stack)


def every_source() -> Templates:
    """Two app instances and applications, each kind of token source with and without a key, and tags."""
    app = App()
    elsewhere, stack = Stack(app, "Tokens"), Stack(app, "Chat")
    encrypted = secretsmanager.Secret(elsewhere, "Encrypted", encryption_key=kms.Key(elsewhere, "Key"))
    named = secretsmanager.Secret.from_secret_name_v2(stack, "Named", SECRET)
    secure = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack, "Secure", parameter_name=SECURE_PARAMETER, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY)
    )
    plain = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Plain", parameter_name=PARAMETER)
    phone = alice(stack, device_token=DeviceToken.from_secrets_manager(encrypted))
    untagged = endpoint(
        stack,
        "Bob",
        app_instance_user=f"{FIRST}/user/bob",
        application=OTHER_APPLICATION,
        device_token=DeviceToken.from_secrets_manager(named, "bob"),
    )
    Tags.of(phone).add("team", "chat")
    Tags.of(untagged).remove("team")
    carol(
        stack,
        device_token=DeviceToken.from_ssm_parameter(secure),
        voip_device_token=DeviceToken.from_ssm_parameter(plain),
    )
    ChimeIdentityTags(stack, "Tags", resource_arn=SECOND, tags={"team": "chat"})
    return templates_of(app)


def shared_provider() -> Templates:
    """One function for the endpoints of two stacks."""
    app = App()
    provider = EndpointProvider(Stack(app, "Provider"), "Endpoints")
    alice(Stack(app, "One"), provider=provider, tags={"team": "chat"})
    carol(Stack(app, "Two"), provider=provider)
    return templates_of(app)


def only_tags() -> Templates:
    """Tags without endpoints, in the provider's stack and in a stack that shares the provider."""
    app = App()
    own, other = Stack(app, "Own"), Stack(app, "Other")
    provider = EndpointProvider(own, "Endpoints")
    ChimeIdentityTags(own, "Tags", resource_arn=FIRST, tags={"team": "chat"})
    ChimeIdentityTags(other, "Tags", resource_arn=SECOND, tags={"team": "chat"}, provider=provider)
    return templates_of(app)


def in_a_vpc() -> Templates:
    """A traced function in a VPC."""
    app = App()
    stack = Stack(app, "Chat")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-1"]
    )
    alice(stack, provider=EndpointProvider(stack, "Endpoints", vpc=vpc, tracing=lambda_.Tracing.ACTIVE))
    return templates_of(app)


def all_in_one_stack() -> Templates:
    """An app instance, user, application, key and secret in one stack."""
    app = App()
    stack = Stack(app, "Chat")
    instance = chime.CfnAppInstance(stack, "Instance", name="chat")
    user = chime.CfnAppInstanceUser(
        stack, "User", app_instance_arn=instance.attr_app_instance_arn, app_instance_user_id="dave", name="Dave"
    )
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    alice(
        stack,
        app_instance_user=user,
        application=pinpoint.CfnApp(stack, "App", name="chat"),
        device_token=DeviceToken.from_secrets_manager(secret),
    )
    return templates_of(app)


def changed(template: Template, resource_type: str, **changes: Any) -> Template:
    """A template with other properties of all resources of a type."""
    other = copy.deepcopy(dict(template))
    for resource in other["Resources"].values():
        if resource["Type"] == resource_type:
            resource["Properties"] |= changes
    return other


def renamed(template: Template) -> Template:
    """Every endpoint with another name: an update in place."""
    return changed(template, ENDPOINT, Name="canary tablet")


def replaced(template: Template) -> Template:
    """Every endpoint with another type and the same device token."""
    return changed(template, ENDPOINT, Type="APNS_SANDBOX")


def retagged(template: Template) -> Template:
    """Every tag with another key."""
    return changed(template, TAGS, Tags=[{"Key": "group", "Value": "chat"}])


def without_dependencies(template: Template) -> Template:
    """Custom resources that depend only on their function."""
    other = copy.deepcopy(dict(template))
    for resource in other["Resources"].values():
        if resource["Type"] in (ENDPOINT, TAGS):
            resource.pop("DependsOn")
    return other


def without_endpoints(template: Template) -> Template:
    """The template without endpoints and tags: only the function, its role and its policies."""
    resources = {name: each for name, each in template["Resources"].items() if each["Type"] not in (ENDPOINT, TAGS)}
    return {**template, "Resources": resources}
