"""All endpoints of a full stack have their permissions, within the quotas of IAM and CloudFormation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import DeviceToken
from permissions.cloudformation import CloudFormation, Template
from permissions.policies import Permission, permits
from permissions.stacks import without_endpoints
from support.stage import ACCOUNT, APPLICATION, REGION
from synth.stage import ENDPOINT, TAGS, endpoint, policies, resources, template_of

ID = "01234567-89ab-cdef-0123-"


def filled(*, endpoints: int, users: int, app_instances: int, tags: dict[str, str]) -> Template:
    """A stack of endpoints of several users and app instances, each with its own secret."""
    stack = Stack(App(), "Chat")
    for number in range(endpoints):
        user = number % users
        instance = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/{ID}{user % app_instances:012}"
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:chime/push/{ID}{number:012}-AbCdEf"
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, f"Secret{number}", arn)
        endpoint(
            stack,
            f"Phone{number}",
            app_instance_user=f"{instance}/user/{ID}{user:012}",
            application=APPLICATION,
            device_token=DeviceToken.from_secrets_manager(secret),
            tags=tags,
        )
    return template_of(stack)


@pytest.fixture(
    scope="module",
    params=[
        {"endpoints": 450, "users": 450, "app_instances": 16, "tags": {}},
        {"endpoints": 440, "users": 40, "app_instances": 4, "tags": {"team": "chat"}},
    ],
    ids=["450 users of 16 app instances", "40 users of 4 app instances with tags"],
)
def template(request: pytest.FixtureRequest) -> Template:
    """The template of a full stack."""
    return filled(**request.param)


def characters(document: object) -> int:
    """The characters of a policy as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def needed(resource: Any) -> set[Permission]:
    """The permissions for creating a custom resource."""
    declared = resource["Properties"]
    if resource["Type"] == TAGS:
        return {Permission("chime:TagResource", declared["ResourceARN"])}
    return {
        Permission("chime:RegisterAppInstanceUserEndpoint", declared["AppInstanceUserArn"]),
        Permission("mobiletargeting:GetApp", declared["ResourceArn"]),
        Permission("secretsmanager:GetSecretValue", declared["EndpointAttributes"]["DeviceTokenSource"]["SecretArn"]),
    }


def test_a_full_stack_is_within_every_quota(cloud: CloudFormation, template: Template) -> None:
    """The quotas are CloudFormation's, and IAM's for the inline and managed policies of a role."""
    cloud.deploy("Chat", without_endpoints(template))
    inline, managed = (cloud.documents(kind) for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"))
    assert len(template["Resources"]) <= 500
    assert len(json.dumps(template, indent=1)) <= 1_000_000
    assert sum(map(characters, inline)) <= 10_240
    assert [each for each in managed if characters(each) > 6_144] == []
    assert len(managed) <= 10


def test_every_endpoint_of_a_full_stack_is_allowed_what_it_needs(template: Template) -> None:
    """The policies on which they depend grant it, also for the tags."""
    there = policies(template)
    made = resources(template, ENDPOINT) | resources(template, TAGS)
    assert made
    for resource in made.values():
        documents = [there[name]["Properties"]["PolicyDocument"] for name in resource["DependsOn"] if name in there]
        assert {each for each in needed(resource) if not permits(documents, each)} == set()
