"""A full stack stays within the quotas of CloudFormation and IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_secretsmanager as secretsmanager

from chime_endpoints import DeviceToken
from synth.stage import APP_INSTANCE, ENDPOINT, TAGS, endpoint, resources, stack_in, template_of

pytestmark = pytest.mark.slow

ID = "01234567-89ab-cdef-0123-"


def filled(count: int, *, tags: bool) -> dict[str, Any]:
    """A template of many endpoints, each with its own user and its own secret."""
    stack = stack_in()
    for number in range(count):
        arn = f"arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push/{ID}{number:012}-AbCdEf"
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, f"Secret{number}", arn)
        endpoint(
            stack,
            f"Phone{number}",
            app_instance_user=f"{APP_INSTANCE}/user/{ID}{number:012}",
            device_token=DeviceToken.from_secrets_manager(secret),
            tags={"team": "chat"} if tags else None,
        )
    return template_of(stack)


@pytest.fixture(scope="module", params=[(450, False), (230, True)], ids=["450", "230 with tags"])
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The template of a full stack."""
    count, tags = request.param
    made = filled(count, tags=tags)
    assert len(resources(made, ENDPOINT)) == count
    assert len(resources(made, TAGS)) == (count if tags else 0)
    return made


def size(policy: Any) -> int:
    """The characters of a policy as IAM counts them."""
    return len(json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":")))


def test_a_stack_has_at_most_500_resources(template: dict[str, Any]) -> None:
    """This is CloudFormation's quota."""
    assert len(template["Resources"]) <= 500


def test_a_template_has_at_most_1_mb(template: dict[str, Any]) -> None:
    """This is CloudFormation's quota, and the template has CDK's indentation."""
    assert len(json.dumps(template, indent=1)) <= 1_000_000


def test_the_roles_inline_policies_have_at_most_10240_characters(template: dict[str, Any]) -> None:
    """The tags policy counts twice, because both versions exist while it changes."""
    inline = resources(template, "AWS::IAM::Policy")
    total = sum(size(policy) * (2 if "Tagging" in name else 1) for name, policy in inline.items())
    assert total <= 10_240


def test_a_managed_policy_has_at_most_6144_characters(template: dict[str, Any]) -> None:
    """A role has at most ten of them."""
    managed = resources(template, "AWS::IAM::ManagedPolicy")
    assert len(managed) <= 10
    assert all(size(policy) <= 6_144 for policy in managed.values())


def test_a_resource_depends_only_on_the_policies_it_needs(template: dict[str, Any]) -> None:
    """One of them is the policy that allows it to read its secret."""
    for endpoint_resource in resources(template, ENDPOINT).values():
        depends = endpoint_resource["DependsOn"]
        assert len(depends) == 3
        secret = endpoint_resource["Properties"]["EndpointAttributes"]["DeviceTokenSource"]["SecretArn"]
        assert any(secret in json.dumps(template["Resources"][policy]) for policy in depends)


def test_an_endpoint_takes_1000_bytes_of_the_template() -> None:
    """This is less than half the size of three SDK calls of AwsCustomResource."""
    few, more = filled(10, tags=False), filled(20, tags=False)
    each = (len(json.dumps(more, indent=1)) - len(json.dumps(few, indent=1))) / 10
    assert each <= 1_000


def test_more_secrets_than_a_role_can_be_allowed_are_refused() -> None:
    """The error has a remedy. Otherwise, IAM would refuse the policy halfway through a deployment."""
    stack = stack_in()
    for number in range(450):
        arn = f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{'x' * 90}{number:012}-AbCdEf"
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, f"Secret{number}", arn)
        endpoint(stack, f"Phone{number}", device_token=DeviceToken.from_secrets_manager(secret))
    with pytest.raises(RuntimeError, match=r"need 1\d managed policies, but IAM allows a role only 10\. Spread"):
        template_of(stack)
