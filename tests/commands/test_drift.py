"""What `drift` reports about deployed stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.registered.drift import report
from chime_endpoints_cli.commands.registered.drift.command import exit_code
from chime_endpoints_cli.commands.registered.drift.findings import Difference, Finding, State
from chime_endpoints_cli.commands.registered.drift.scan import compare_stacks
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_emulator import Fault
from commands.conftest import Account, declared, physical_id

ELSEWHERE = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/fedcba9876543210fedcba9876543210"


def found(account: Account, *names: str, with_tokens: bool = True) -> list[Finding]:
    """The findings for the stacks."""
    return compare_stacks(account.services, names=names, regions=["us-east-1"], with_tokens=with_tokens)[1]


def one_found(account: Account, endpoint: Any, **changes: Any) -> Finding:
    """The finding for an endpoint that a stack declares with these changes."""
    account.cloudformation.add("Push", {"Phone": declared(endpoint, **changes)}, Phone=physical_id(endpoint))
    (finding,) = found(account)
    return finding


def test_what_is_registered_as_declared_is_in_sync(account: Account) -> None:
    """The exit code is 0."""
    finding = one_found(account, account.register())
    assert (finding.state, finding.differences, finding.repair) == (State.IN_SYNC, (), "")
    assert exit_code([finding]) == ExitCode.DONE


def test_an_endpoint_without_a_declared_name_has_its_stacks(account: Account) -> None:
    """The name is derived from the stack's ID and the logical ID."""
    endpoint = account.register(name=None)
    stack = account.cloudformation.add("Push", {"Phone": declared(endpoint)}, Phone=physical_id(endpoint))
    (finding,) = found(account)
    assert [difference.field for difference in finding.differences] == ["name"]
    endpoint.name = finding.differences[0].declared
    assert endpoint.name.startswith(f"{stack.name}-Phone-")
    assert found(account)[0].state is State.IN_SYNC


@pytest.mark.parametrize(
    ("declaration", "state"),
    [
        ({"AdoptExisting": "true"}, State.IN_SYNC),
        ({"AdoptExisting": True}, State.IN_SYNC),
        ({"AdoptExisting": "false"}, State.CHANGED),
        ({"AdoptExisting": "true", "Name": "Other"}, State.CHANGED),
    ],
    ids=str,
)
def test_an_adopted_endpoint_without_a_declared_name_keeps_its_name(
    account: Account, declaration: dict[str, Any], state: State
) -> None:
    """The name may be different from the one that the stack would generate."""
    assert one_found(account, account.register(name="theirs"), **{"Name": None} | declaration).state is state


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Name": "Other"}, "name"),
        ({"AllowMessages": "NONE"}, "allow_messages"),
        ({"Type": "APNS_SANDBOX"}, "type"),
        ({"ResourceArn": ELSEWHERE}, "application"),
        ({"AppInstanceUserArn": "another"}, "user"),
    ],
)
def test_a_field_that_differs_is_named_with_both_values(account: Account, change: dict[str, str], field: str) -> None:
    """The report names the deployment that corrects it, and the exit code is 2."""
    finding = one_found(account, account.register(), **change)
    (difference,) = finding.differences
    assert (finding.state, difference.field, difference.declared) == (State.CHANGED, field, *change.values())
    assert difference.registered not in ("", difference.declared)
    assert "cdk deploy Push" in finding.repair
    assert exit_code([finding]) == ExitCode.FOUND


def test_a_missing_endpoint_is_reported(account: Account) -> None:
    """F34: The decision depends on List, not on the service's error code."""
    endpoint = account.register()
    account.backend.endpoints.clear()
    for answer in ("forbidden", "not_found", "bad_request", "success"):
        account.backend.switches.change({"missing_endpoint": answer})
        account.cloudformation.stacks.clear()
        finding = one_found(account, endpoint)
        assert (finding.state, "cdk deploy Push" in finding.repair) == (State.GONE, True)


def test_an_inactive_endpoint_is_reported_with_its_reason(account: Account) -> None:
    """F35: It counts as drift although every field matches, because it receives no pushes."""
    endpoint = account.register()
    endpoint.status, endpoint.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    finding = one_found(account, endpoint)
    assert (finding.state, finding.reason) == (State.INACTIVE, "INVALID_DEVICE_TOKEN")
    assert exit_code([finding]) == ExitCode.FOUND


def test_a_rotated_secret_is_found_and_never_shown(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """F68, F74: Neither token appears on the terminal, in the JSON or in a repr."""
    source = {"SecretArn": account.secret(json.dumps({"phone": "canary-new"})), "Field": "phone"}
    endpoint = account.register("canary-old")
    finding = one_found(account, endpoint, EndpointAttributes={"DeviceTokenSource": source})
    assert [difference.field for difference in finding.differences] == ["device_token"]
    report.show([finding.held.stack], [finding])
    everything = capsys.readouterr().out + json.dumps(finding.to_json()) + repr(finding)
    assert "field phone" in everything
    assert "canary" not in everything


def test_tokens_that_are_equal_are_in_sync(account: Account) -> None:
    """The tokens come from a secret and a parameter, whose name is looked up in the stack's region."""
    account.services.parameters("us-east-1").put_parameter(Name="/voip", Value="voip", Type="SecureString")
    attributes = {
        "DeviceTokenSource": {"SecretArn": account.secret("token")},
        "VoipDeviceTokenSource": {"ParameterName": "/voip"},
    }
    endpoint = account.register("token", voip_device_token="voip")
    assert one_found(account, endpoint, EndpointAttributes=attributes).state is State.IN_SYNC


def test_a_voip_token_that_only_one_side_has_is_a_difference(account: Account) -> None:
    """Neither token is shown."""
    attributes = {"DeviceToken": "token", "VoipDeviceToken": "canary"}
    finding = one_found(account, account.register("token"), EndpointAttributes=attributes)
    (difference,) = finding.differences
    assert (difference.field, difference.registered) == ("voip_device_token", "none")
    assert "canary" not in repr(finding)


def test_a_secret_that_cannot_be_read_is_not_in_sync(account: Account) -> None:
    """F23: The command never claims what it could not check. The exit code is 1, unless tokens are excluded."""
    missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:missing-AbCdEf"
    finding = one_found(account, account.register(), EndpointAttributes={"DeviceTokenSource": {"SecretArn": missing}})
    assert (finding.state, finding.not_compared[0][0]) == (State.UNKNOWN, "device_token")
    assert exit_code([finding]) == ExitCode.FAILED
    assert [each.state for each in found(account, with_tokens=False)] == [State.IN_SYNC]


@pytest.mark.parametrize("place", ["plain", "secret"])
def test_what_is_no_device_token_is_not_in_sync(account: Account, place: str) -> None:
    """It is registered as declared, for example by an earlier release, but no push arrives."""
    value = '{"alice": "canary-a", "bob": "canary-b"}'
    attributes = {
        "plain": {"DeviceToken": value},
        "secret": {"DeviceTokenSource": {"SecretArn": account.secret(value)}},
    }[place]
    finding = one_found(account, account.register(value), EndpointAttributes=attributes)
    (difference,) = finding.differences
    assert difference.field == "device_token"
    assert "is a JSON object, not a device token" in difference.registered
    assert "canary" not in repr(finding)


def test_a_source_without_a_device_token_is_reported_as_by_a_deployment(account: Account) -> None:
    """A list with one element is also a list. The exit code is 1, because the token cannot be compared."""
    account.services.parameters("us-east-1").put_parameter(Name="/push", Value="canary-a", Type="StringList")
    attributes = {"DeviceTokenSource": {"ParameterName": "/push"}}
    finding = one_found(account, account.register("canary-a"), EndpointAttributes=attributes)
    ((field, reason),) = finding.not_compared
    assert (finding.state, field) == (State.UNKNOWN, "device_token")
    assert "DeviceTokenSource: parameter /push is a StringList." in reason
    assert exit_code([finding]) == ExitCode.FAILED


def test_a_secret_may_be_declared_by_its_name(account: Account) -> None:
    """The secret is looked up in the stack's region, as the function does."""
    account.services.secrets("us-east-1").create_secret(Name="chime/push-tokens", SecretString='{"phone": "token"}')
    attributes = {"DeviceTokenSource": {"SecretArn": "chime/push-tokens", "Field": "phone"}}
    assert one_found(account, account.register("token"), EndpointAttributes=attributes).state is State.IN_SYNC


def test_what_only_cloudformation_knows_is_said_not_to_be_compared(account: Account) -> None:
    """An example is an attribute of another resource."""
    finding = one_found(account, account.register(), ResourceArn={"Fn::GetAtt": ["Other", "Something"]})
    assert finding.not_compared == (("application", "only CloudFormation knows the declared value"),)
    assert finding.state is State.UNKNOWN


def test_a_refusal_is_reported_and_the_others_are_still_compared(account: Account) -> None:
    """One endpoint that cannot be read does not hide the others."""
    first, second = account.register("a", user_id="alice"), account.register("b", user_id="bob")
    resources = {"First": declared(first), "Second": declared(second)}
    account.cloudformation.add("Push", resources, First=physical_id(first), Second=physical_id(second))
    account.backend.delete_app_instance_user(app_instance_user_arn=first.app_instance_user_arn)
    assert [finding.state for finding in found(account)] == [State.UNKNOWN, State.IN_SYNC]


def test_a_create_that_failed_has_no_endpoint(account: Account) -> None:
    """Its physical ID does not identify an endpoint."""
    stack = account.cloudformation.add("Push", {"Phone": declared(account.register())}, Phone="not-applied/x")
    stack.statuses["Phone"] = "CREATE_FAILED"
    (finding,) = found(account)
    assert (finding.state, "CREATE_FAILED" in finding.reason) == (State.GONE, True)


def test_declared_tags_are_looked_for_and_others_are_not(account: Account) -> None:
    """A missing tag or another value is drift. A tag that was never declared is not."""
    user = account.user()
    tags = {"ResourceARN": user, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    resource = {"Type": "Custom::ChimeIdentityTags", "Properties": tags}
    account.cloudformation.add("Push", {"Tags": resource}, Tags=f"{user}/tags")
    account.backend.tag_resource(resource_arn=user, tags={"a": "1", "b": "2", "else": "x"})
    assert [finding.state for finding in found(account)] == [State.IN_SYNC]
    account.backend.tag_resource(resource_arn=user, tags={"a": "other"})
    account.backend.untag_resource(resource_arn=user, tag_keys=["b"])
    (finding,) = found(account)
    assert finding.differences == (
        Difference(field="tags.a", declared="1", registered="other"),
        Difference(field="tags.b", declared="2", registered="none"),
    )


def test_a_stack_is_named_or_all_of_them_are_looked_at(account: Account) -> None:
    """Nested stacks are included. Stacks without our resources are skipped unless they are named."""
    endpoint = account.register()
    inner = account.cloudformation.add("Inner", {"Phone": declared(endpoint)}, Phone=physical_id(endpoint))
    account.cloudformation.add("Outer", {"Nested": {"Type": "AWS::CloudFormation::Stack"}}, Nested=inner.id)
    account.cloudformation.add("Other", {"Role": {"Type": "AWS::IAM::Role"}}, Role="role")
    stacks, findings = compare_stacks(account.services, names=["Outer"], regions=(), with_tokens=True)
    assert ([stack.name for stack in stacks], len(findings)) == (["Outer", "Inner"], 1)
    stacks, _ = compare_stacks(account.services, names=(), regions=["us-east-1"], with_tokens=True)
    assert [stack.name for stack in stacks] == ["Inner"]
    with pytest.raises(CommandError, match="stack Nowhere does not exist"):
        found(account, "Nowhere")


def test_a_template_in_yaml_is_read_with_its_short_forms(account: Account) -> None:
    """Templates from a deployment without CDK can use parameters, joins and imports in their short form."""
    endpoint = account.register(name="Alice in us-east-1")
    stack = account.cloudformation.add("Push", {}, Phone=physical_id(endpoint))
    stack.parameters = {"Name": "Alice"}
    account.cloudformation.exported["Application"] = endpoint.resource_arn
    stack.template = f"""
        Resources:
          Phone:
            Type: Custom::ChimeAppInstanceUserEndpoint
            Properties:
              ServiceToken: !ImportValue ChimeEndpoints
              AppInstanceUserArn: !Join ["/", [{account.app_instance}, user, alice]]
              Type: !If [IsProduction, APNS, APNS_SANDBOX]
              ResourceArn: !ImportValue Application
              EndpointAttributes: {{DeviceToken: {endpoint.device_token}}}
              Name: !Sub "${{Name}} in ${{AWS::Region}}"
        Conditions:
          IsProduction: !Not [!Equals [!Ref Name, Bob]]
    """
    (finding,) = found(account)
    assert (finding.state, finding.differences, finding.not_compared) == (State.IN_SYNC, (), ())


@pytest.mark.slow
def test_a_call_to_a_busy_service_is_retried(account: Account) -> None:
    """F24: botocore does not retry a call that this service has throttled."""
    endpoint = account.register()
    account.backend.faults.append(Fault("DescribeAppInstanceUserEndpoint", error="ThrottledClientException", times=3))
    assert one_found(account, endpoint).state is State.IN_SYNC
