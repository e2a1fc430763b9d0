"""What the endpoint construct writes into the template."""

from __future__ import annotations

from pathlib import Path

import jsii
import pytest
from aws_cdk import App, CfnOutput, CfnParameter, Fn, RemovalPolicy, Stack
from aws_cdk import aws_chime as chime
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.interfaces import ResourceEnvironment
from aws_cdk.interfaces.aws_chime import AppInstanceUserReference, IAppInstanceUserRef
from constructs import Construct

from chime_endpoints import (
    AllowMessages,
    AppInstanceUserEndpoint,
    DeviceToken,
    EndpointType,
    InvalidDeclarationError,
)
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from chime_endpoints_handler.model.rules.violations import violations
from synth.stage import (
    ALICE,
    APP_INSTANCE,
    APPLICATION,
    ENDPOINT,
    SECRET,
    endpoint,
    only,
    properties,
    resources,
    secret_token,
    stack_in,
    template_of,
)


def test_an_endpoint_is_one_resource_with_the_apis_own_property_names() -> None:
    """F2: Defaults are omitted, and the token stays in its source."""
    stack = stack_in()
    endpoint(stack, "Phone")
    template = template_of(stack)
    written = dict(properties(template))
    assert "Fn::GetAtt" in written.pop("ServiceToken")
    assert written == {
        "ServiceTimeout": 600,
        "AppInstanceUserArn": ALICE,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceTokenSource": {"SecretArn": SECRET, "Field": "Phone"}},
    }


def test_one_more_endpoint_is_one_more_resource() -> None:
    """Its user and its secret can be its own."""
    counts = []
    for count in (1, 2):
        stack = stack_in()
        for number in range(count):
            endpoint(stack, f"Phone{number}", app_instance_user=f"{ALICE}{number}")
        counts.append(len(template_of(stack)["Resources"]))
    assert counts[1] - counts[0] == 1


def test_every_parameter_ends_in_its_property() -> None:
    """The handler's rules find no mistake in the properties."""
    stack = stack_in()
    endpoint(
        stack,
        endpoint_type=EndpointType.APNS_SANDBOX,
        device_token=DeviceToken.from_secrets_manager(
            secretsmanager.Secret.from_secret_complete_arn(stack, "S", SECRET), "apns", "v" * 32
        ),
        voip_device_token=secret_token(stack, "voip"),
        endpoint_name="Alice's phone",
        allow_messages=AllowMessages.NONE,
        adopt_existing=True,
        require_active=True,
    )
    written = dict(properties(template_of(stack)))
    assert violations(ENDPOINT_TYPE, written) == []
    assert written["Type"] == "APNS_SANDBOX"
    assert written["EndpointAttributes"] == {
        "DeviceTokenSource": {"SecretArn": SECRET, "Field": "apns", "VersionId": "v" * 32},
        "VoipDeviceTokenSource": {"SecretArn": SECRET, "Field": "voip"},
    }
    assert (written["Name"], written["AllowMessages"]) == ("Alice's phone", "NONE")
    assert written["AdoptExisting"] is True
    assert written["RequireActive"] is True


def test_a_token_may_be_in_a_parameter() -> None:
    """The version is optional."""
    stack = stack_in()
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "P", parameter_name="/alice/apns")
    endpoint(stack, "One", device_token=DeviceToken.from_ssm_parameter(parameter))
    endpoint(stack, "Two", device_token=DeviceToken.from_ssm_parameter(parameter, 2))
    one, two = resources(template_of(stack), ENDPOINT).values()
    assert one["Properties"]["EndpointAttributes"] == {"DeviceTokenSource": {"ParameterName": "/alice/apns"}}
    assert two["Properties"]["EndpointAttributes"]["DeviceTokenSource"]["Version"] == "2"


def test_a_plain_text_token_needs_its_unsafe_name() -> None:
    """F2: The token is then in the template, and the role needs no permission for it."""
    stack = stack_in()
    token = DeviceToken.unsafe_plain_text("canary")
    endpoint(stack, device_token=token)
    assert properties(template_of(stack))["EndpointAttributes"] == {"DeviceToken": "canary"}
    assert "canary" not in repr(token)


def test_a_plain_text_token_is_only_in_the_template(tmp_path: Path) -> None:
    """F2, F74: No other file of the cloud assembly contains it, nor does an endpoint's name or tag."""
    app = App(outdir=str(tmp_path))
    token = DeviceToken.unsafe_plain_text("canary-token")
    endpoint(stack_in(app), device_token=token, endpoint_name="canary phone", tags={"canary-key": "canary-value"})
    app.synth()
    holding = [path.name for path in tmp_path.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
    assert holding == ["Stack.template.json"]


def test_a_user_and_an_application_may_be_constructs() -> None:
    """ARNs also work. In both cases, CloudFormation knows the dependency."""
    stack = stack_in()
    user = chime.CfnAppInstanceUser(
        stack, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    application = pinpoint.CfnApp(stack, "App", name="chat")
    endpoint(stack, app_instance_user=user, application=application)
    written = properties(template_of(stack))
    assert written["AppInstanceUserArn"] == {"Ref": "User"}
    assert written["ResourceArn"] == {"Fn::GetAtt": ["App", "Arn"]}


def test_any_reference_to_a_user_or_an_application_is_taken() -> None:
    """Any implementation of CDK's interfaces works, and so does an imported application."""

    @jsii.implements(IAppInstanceUserRef)
    class Mine(Construct):
        env = ResourceEnvironment(account="111122223333", region="us-east-1")
        app_instance_user_ref = AppInstanceUserReference(app_instance_user_arn=ALICE)

    stack = stack_in()
    application = pinpoint.CfnApp.from_app_arn(stack, "Application", APPLICATION)
    endpoint(stack, app_instance_user=Mine(stack, "Mine"), application=application)
    declared = properties(template_of(stack))
    assert (declared["AppInstanceUserArn"], declared["ResourceArn"]) == (ALICE, APPLICATION)


def test_cdk_tokens_pass_synth() -> None:
    """F5: The function checks values that are unknown at synth."""
    stack = stack_in()
    parameter = CfnParameter(stack, "UserArn")
    name = CfnParameter(stack, "Name")
    endpoint(
        stack,
        app_instance_user=parameter.value_as_string,
        application=Fn.import_value("application"),
        endpoint_name=name.value_as_string,
    )
    written = properties(template_of(stack))
    assert written["AppInstanceUserArn"] == {"Ref": "UserArn"}
    assert written["ResourceArn"] == {"Fn::ImportValue": "application"}
    assert written["Name"] == {"Ref": "Name"}


def test_attributes_are_the_resources_own() -> None:
    """They are `Ref` and `Fn::GetAtt` of the custom resource."""
    stack = stack_in()
    phone = endpoint(stack, "Phone")
    (logical_id,) = resources(template_of(stack), ENDPOINT)
    assert stack.resolve(phone.endpoint_id) == {"Fn::GetAtt": [logical_id, "EndpointId"]}
    assert stack.resolve(phone.app_instance_user_arn) == {"Fn::GetAtt": [logical_id, "AppInstanceUserArn"]}
    assert stack.resolve(phone.endpoint_ref) == {"Ref": logical_id}


def test_an_endpoint_made_elsewhere_can_be_referred_to() -> None:
    """The template contains nothing of it."""
    stack = stack_in()
    phone = AppInstanceUserEndpoint.from_endpoint_attributes(
        stack, "Phone", app_instance_user_arn=ALICE, endpoint_id="e-1"
    )
    CfnOutput(stack, "Out", value=phone.endpoint_ref)
    assert (phone.endpoint_id, phone.app_instance_user_arn) == ("e-1", ALICE)
    assert phone.endpoint_ref == f"{ALICE}/endpoint/e-1"
    assert "Resources" not in template_of(stack)


@pytest.mark.parametrize("by_method", [False, True])
def test_a_retained_endpoint_stays_registered(by_method: bool) -> None:  # noqa: FBT001 - a parametrized case
    """F66: Use the parameter, or CDK's method for every resource."""
    stack = stack_in()
    phone = endpoint(stack, removal_policy=None if by_method else RemovalPolicy.RETAIN)
    if by_method:
        phone.apply_removal_policy(RemovalPolicy.RETAIN)
    assert only(template_of(stack), ENDPOINT)["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize(
    ("removed", "replaced", "expected"),
    [
        (None, None, (None, None)),
        (RemovalPolicy.RETAIN, None, ("Retain", "Retain")),
        (RemovalPolicy.RETAIN, RemovalPolicy.DESTROY, ("Retain", "Delete")),
        (RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, ("Delete", "Retain")),
        (None, RemovalPolicy.RETAIN, (None, "Retain")),
        (RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, RemovalPolicy.DESTROY, ("RetainExceptOnCreate", "Delete")),
    ],
)
def test_a_replaced_endpoint_has_a_policy_of_its_own(
    removed: RemovalPolicy | None, replaced: RemovalPolicy | None, expected: tuple[str | None, str | None]
) -> None:
    """F66: The default is the removal policy, as in CDK. Retained endpoints would fill the user's quota."""
    stack = stack_in()
    endpoint(stack, removal_policy=removed, update_replace_policy=replaced)
    resource = only(template_of(stack), ENDPOINT)
    assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == expected


def test_an_endpoint_has_no_snapshots() -> None:
    """F66: One error names both policies, and no resource is created."""
    stack = stack_in()
    policy = RemovalPolicy.SNAPSHOT
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack, removal_policy=policy, update_replace_policy=policy)
    assert [problem.partition(" ")[0] for problem in raised.value.problems] == [
        "removal_policy",
        "update_replace_policy",
    ]
    endpoint(stack)


def test_dependencies_that_a_user_adds_are_kept() -> None:
    """The dependencies on permissions stay as well."""
    stack = stack_in()
    parameter = ssm.StringParameter(stack, "Other", string_value="x")
    endpoint(stack).node.add_dependency(parameter)
    depends = only(template_of(stack), ENDPOINT)["DependsOn"]
    assert any(name.startswith("Other") for name in depends)
    assert any(name.startswith("ChimePermissionsAppInstance") for name in depends)


def test_endpoints_of_two_stacks_have_a_provider_each() -> None:
    """F13: Each stack can be deployed and deleted by itself."""
    app = App()
    stacks = [stack_in(app, "One"), stack_in(app, "Two")]
    for stack in stacks:
        endpoint(stack, app_instance_user=f"{ALICE}-{stack.node.id}")
    for stack in stacks:
        assert len(resources(template_of(stack), "AWS::Lambda::Function")) == 1


def test_a_stacks_name_may_have_128_characters() -> None:
    """F13: No name that is derived from the stack's name becomes too long."""
    stack = Stack(App(), "S" * 128)
    endpoint(stack)
    for policy in resources(template_of(stack), "AWS::IAM::Policy").values():
        assert len(policy["Properties"]["PolicyName"]) <= 128
