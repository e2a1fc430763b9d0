"""What `drift` evaluates in templates: scalars, functions, and references to other stacks and regions."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_cli.commands.registered.drift.findings import Finding, State
from chime_endpoints_cli.commands.registered.drift.scan import compare_stacks
from chime_endpoints_cli.main import run
from commands.conftest import Account, declared, physical_id
from support.cloudformation import FakeStack
from support.identity import APPLICATION


def found(account: Account) -> Finding:
    """The finding for the only resource."""
    (finding,) = compare_stacks(account.services, names=(), regions=["us-east-1"], with_tokens=True)[1]
    return finding


def fields_not_compared(finding: Finding) -> list[str]:
    """The fields that only CloudFormation knows."""
    assert all(why == "only CloudFormation knows the declared value" for _, why in finding.not_compared)
    return [field for field, _ in finding.not_compared]


SCALARS = [
    ("true", "true"),
    ("Yes", "true"),
    ("off", "false"),
    ("4711", "4711"),
    ("1.10", "1.1"),
    ("1.10", "1.10"),
    ("2.0", "2.0"),
    ("1e3", "1e3"),
    ("1.0e+3", "1000.0"),
    ("0x1F", "31"),
    ("010", "8"),
    ("0899", "0899"),
    ("1_000", "1000"),
    ("12:30:45", "12:30:45"),
    ("2026-11-26", "2026-11-26"),
    ("2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z"),
    ("=", "="),
    ("'true'", "true"),
    ("!Sub '${AWS::Region}-1'", "us-east-1-1"),
    ("!Join [':', [a, 1, true]]", "a:1:true"),
    ("!Select [1, [a, 7]]", "7"),
    ("!FindInMap [M, x, y]", "5"),
    ("!If [Is, 1, 2]", "1"),
]


@pytest.mark.parametrize(("written", "registered"), SCALARS)
def test_a_scalar_of_yaml_is_compared_as_the_text_that_it_becomes(
    account: Account, written: str, registered: str
) -> None:
    """CloudFormation passes booleans and numbers on as text, and leaves dates as they are written."""
    user = account.user()
    stack = account.cloudformation.add("Push", {}, Tags=f"{user}/tags")
    stack.parameters = {"On": "true"}
    stack.template = f"""
        Mappings: {{M: {{x: {{y: 5}}}}}}
        Conditions: {{Is: !Equals [!Ref On, true]}}
        Resources:
          Tags:
            Type: Custom::ChimeIdentityTags
            Properties:
              ResourceARN: {user}
              Tags: [{{Key: value, Value: {written}}}]
    """
    account.cloudformation.types["Tags"] = "Custom::ChimeIdentityTags"
    account.backend.tag_resource(resource_arn=user, tags={"value": registered})
    assert found(account).state is State.IN_SYNC
    account.backend.tag_resource(resource_arn=user, tags={"value": f"{registered}!"})
    assert [(each.field, each.registered) for each in found(account).differences] == [("tags.value", f"{registered}!")]


@pytest.mark.parametrize(
    ("value", "registered"),
    [(True, "true"), (False, "false"), (4711, "4711"), (1.1, "1.1"), (1e20, "1.0E20"), ("1.10", "1.10")],
)
def test_a_scalar_of_json_is_compared_as_the_text_that_it_becomes(
    account: Account, value: object, registered: str
) -> None:
    """This also applies to an endpoint's name, which needs no quotes in a template."""
    endpoint = account.register(name=registered)
    resource = declared(endpoint, Name=value)
    account.cloudformation.add("Push", {"Phone": resource}, Phone=physical_id(endpoint))
    assert found(account).state is State.IN_SYNC
    endpoint.name = "other"
    assert [each.field for each in found(account).differences] == ["name"]


@pytest.mark.parametrize(("value", "registered"), [(4711, "4711"), ("1.10", "1.10")])
def test_a_device_token_of_digits_is_compared_as_text(account: Account, value: object, registered: str) -> None:
    """It needs no quotes in a template."""
    endpoint = account.register(registered)
    resource = declared(endpoint, EndpointAttributes={"DeviceToken": value})
    account.cloudformation.add("Push", {"Phone": resource}, Phone=physical_id(endpoint))
    assert found(account).state is State.IN_SYNC


def test_a_name_beyond_ascii_is_compared_as_far_as_cloudformation_shows_it(account: Account) -> None:
    """GetTemplate returns question marks for these characters, which is not a change. Any other character is."""
    endpoint = account.register(name="Zo\u00eb\u2019s \U0001f4f1")
    account.cloudformation.add("Push", {"Phone": declared(endpoint, Name="Zo??s ?")}, Phone=physical_id(endpoint))
    assert found(account).state is State.IN_SYNC
    endpoint.name = "Zo\u00eb\u2019s x"
    assert found(account).state is State.CHANGED


def of_stack(account: Account, **changes: Any) -> FakeStack:
    """A stack that declares the endpoint as it is registered, except for these properties."""
    endpoint = account.register(name="Phone")
    return account.cloudformation.add("Push", {"Phone": declared(endpoint, **changes)}, Phone=physical_id(endpoint))


@pytest.mark.parametrize("region", [{}, {"Region": {"Ref": "AWS::Region"}}, {"Region": "eu-central-1"}], ids=str)
@pytest.mark.parametrize("role", [{}, {"RoleArn": "arn:aws:iam::123456789012:role/Reader"}], ids=["no role", "a role"])
def test_a_weak_reference_is_followed_to_the_output_of_another_stack(
    account: Account, region: dict[str, Any], role: dict[str, str]
) -> None:
    """CDK generates Fn::GetStackOutput for references between regions, and between stacks if configured."""
    reference = {"StackName": "Producer", "OutputName": "App", **region, **role}
    of_stack(account, ResourceArn={"Fn::GetStackOutput": reference})
    there = account.services.elsewhere if region.get("Region") == "eu-central-1" else account.cloudformation
    producer = there.add("Producer", {})
    assert fields_not_compared(found(account)) == ["application"]
    producer.outputs["App"] = APPLICATION
    assert found(account).state is State.IN_SYNC
    producer.outputs["App"] = APPLICATION.replace("/0", "/f")
    assert [each.field for each in found(account).differences] == ["application"]


def test_a_stack_of_another_account_is_not_looked_for_in_this_one(account: Account) -> None:
    """A stack with the same name in this account is a different stack."""
    reference = {"StackName": "P", "OutputName": "App", "RoleArn": "arn:aws:iam::999999999999:role/Reader"}
    of_stack(account, ResourceArn={"Fn::GetStackOutput": reference})
    account.cloudformation.add("P", {}).outputs["App"] = APPLICATION
    assert fields_not_compared(found(account)) == ["application"]


def test_a_list_of_a_weak_reference_is_split(account: Account) -> None:
    """CDK joins the elements of a list with two bars."""
    output = {"Fn::GetStackOutput": {"StackName": "P", "OutputName": "Both"}}
    of_stack(account, Name={"Fn::Select": [1, {"Fn::Split": ["||", output]}]})
    account.cloudformation.add("P", {}).outputs["Both"] = "x||Phone"
    assert found(account).state is State.IN_SYNC


def test_a_reference_to_another_region_is_read_from_its_parameter(account: Account) -> None:
    """The attribute of CDK's export reader names the parameter."""
    name = "/cdk/exports/Push/ProducereucentralRefApp"
    stack = of_stack(account, ResourceArn={"Fn::GetAtt": ["ExportsReader8B249524", name]})
    stack.template["Resources"]["ExportsReader8B249524"] = {"Type": "Custom::CrossRegionExportReader"}
    stack.physical_ids["ExportsReader8B249524"] = "reader"
    assert fields_not_compared(found(account)) == ["application"]
    account.services.parameters("us-east-1").put_parameter(Name=name, Value=APPLICATION, Type="String")
    assert found(account).state is State.IN_SYNC


def test_an_output_of_a_nested_stack_is_read_there(account: Account) -> None:
    """The output is never mistaken for the nested stack's ARN, whatever its name is."""
    stack = of_stack(account, ResourceArn={"Fn::GetAtt": ["Nested", "Outputs.AppArn"]})
    nested = account.cloudformation.add("Nested", {})
    nested.outputs["AppArn"] = APPLICATION
    stack.template["Resources"]["Nested"] = {"Type": "AWS::CloudFormation::Stack"}
    stack.physical_ids["Nested"] = nested.id
    assert found(account).state is State.IN_SYNC


def test_an_attribute_of_another_endpoint_is_in_its_id(account: Account) -> None:
    """The attributes are the ARN of its user and its endpoint ID."""
    endpoint, other = account.register("a"), account.register("b")
    reference = {"Fn::GetAtt": ["Other", "AppInstanceUserArn"]}
    resources = {"Phone": declared(endpoint, AppInstanceUserArn=reference), "Other": declared(other)}
    account.cloudformation.add("Push", resources, Phone=physical_id(endpoint), Other=physical_id(other))
    findings = compare_stacks(account.services, names=(), regions=["us-east-1"], with_tokens=True)[1]
    assert [finding.state for finding in findings] == [State.IN_SYNC, State.IN_SYNC]


NOT_KNOWN: list[Any] = [
    {"Fn::GetAtt": ["Other", "Something"]},
    {"Fn::GetAtt": ["Gone", "/cdk/exports/x"]},
    {"Fn::GetStackOutput": {"StackName": "Nowhere", "OutputName": "x"}},
    {"Fn::GetStackOutput": "no map"},
    {"Fn::ImportValue": "nowhere"},
    {"Ref": "Hidden"},
    {"Ref": "Nothing"},
    {"Fn::Sub": "${Hidden} x"},
    {"Fn::Sub": "{{resolve:ssm:/${AWS::Region}}}"},
    {"Fn::Join": ["", ["a", {"Ref": "Hidden"}]]},
    {"Fn::Join": "no list"},
    {"Fn::Select": [9, ["a"]]},
    {"Fn::FindInMap": ["No", "such", "map"]},
    {"Fn::If": ["NoSuchCondition", "a", "b"]},
    {"Fn::If": ["Of", "a", "b"]},
    {"Fn::Cidr": ["10.0.0.0/8", 2, 3]},
    {"Fn::Transform": {"Name": "Mine"}},
    "{{resolve:ssm:/name}}",
    "{{resolve:ssm:/name:3}}",
    "{{resolve:secretsmanager:name:SecretString:field}}",
]


@pytest.mark.parametrize("value", NOT_KNOWN, ids=str)
def test_a_value_that_a_template_does_not_contain_is_reported_as_not_compared(account: Account, value: Any) -> None:
    """The value counts as neither equal nor changed, and the rest is compared. The endpoint's ID contains the user."""
    stack = of_stack(account, ResourceArn=value, AppInstanceUserArn=value)
    stack.parameters = {"Hidden": "****"}
    stack.template |= {"Conditions": {"Of": {"Fn::Contains": [["a"], "a"]}}}
    finding = found(account)
    assert finding.state is State.UNKNOWN
    assert fields_not_compared(finding) == ["application"]
    stack.template["Resources"]["Phone"]["Properties"]["Name"] = "Other"
    assert [each.field for each in found(account).differences] == ["name"]


def test_a_token_that_a_template_does_not_contain_does_not_hide_the_other(account: Account) -> None:
    """Each token is compared separately."""
    endpoint = account.register("a", voip_device_token="b")
    attributes = {"DeviceToken": {"Ref": "Hidden"}, "VoipDeviceToken": "other"}
    stack = account.cloudformation.add(
        "Push", {"Phone": declared(endpoint, EndpointAttributes=attributes)}, Phone=physical_id(endpoint)
    )
    stack.parameters = {"Hidden": "****"}
    finding = found(account)
    assert fields_not_compared(finding) == ["device_token"]
    assert [each.field for each in finding.differences] == ["voip_device_token"]


def test_a_tag_that_a_template_does_not_contain_does_not_hide_the_others(account: Account) -> None:
    """The unknown tag is named, and the others are compared."""
    user = account.user()
    tags = [{"Key": "a", "Value": {"Ref": "Hidden"}}, {"Key": "b", "Value": "2"}, {"Ref": "AWS::NoValue"}]
    resource = {"Type": "Custom::ChimeIdentityTags", "Properties": {"ResourceARN": user, "Tags": tags}}
    stack = account.cloudformation.add("Push", {"Tags": resource}, Tags=f"{user}/tags")
    stack.parameters = {"Hidden": "****"}
    finding = found(account)
    assert fields_not_compared(finding) == ["tags.a"]
    assert [each.field for each in finding.differences] == ["tags.b"]


def test_endpoints_and_tags_are_counted_apart(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """Each count has its states, with "in sync" first."""
    endpoints = [account.register(f"t{number}") for number in range(3)]
    resources = {f"E{number}": declared(each) for number, each in enumerate(endpoints)}
    resources["E2"]["Properties"]["Name"] = "Other"
    user = account.user()
    resources["T"] = {"Type": "Custom::ChimeIdentityTags", "Properties": {"ResourceARN": user, "Tags": []}}
    ids = {f"E{number}": physical_id(each) for number, each in enumerate(endpoints)}
    account.cloudformation.add("Push", resources, **ids, T=f"{user}/tags")
    run(["drift", "--region", "us-east-1"], services=account.services)
    assert "Push (us-east-1): 2 endpoints in sync, 1 changed; 1 tag resource in sync" in capsys.readouterr().out


def test_a_template_that_cannot_be_read_is_reported_with_its_stack(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message is a sentence."""
    of_stack(account).template = "a: b: c"
    run(["drift", "--region", "us-east-1"], services=account.services)
    assert "the template of the stack Push cannot be read as JSON or YAML" in capsys.readouterr().err


def test_a_registered_value_that_is_no_device_token_is_reported(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is reported even if it equals the declaration, because no push reaches it. The value is not shown."""
    endpoint = account.register("canary\n")
    account.cloudformation.add("Push", {"Phone": declared(endpoint)}, Phone=physical_id(endpoint))
    assert [each.field for each in found(account).differences] == ["device_token"]
    run(["drift", "--region", "us-east-1"], services=account.services)
    shown = capsys.readouterr().out
    assert "the registered DeviceToken has a line break at its end" in shown
    assert "canary" not in shown
