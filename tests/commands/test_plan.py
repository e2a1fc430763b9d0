"""What `plan` says about a deployment, in the emulated account."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.local_addresses import Addresses
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.plan.checks.service_checks import ServiceChecks
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import ChannelType, Endpoint, Fault, push_backend
from commands.conftest import Account, AccountServices, declared, physical_id
from support.identity import APPLICATION

USER = "arn:aws:chime:us-east-1:123456789012:app-instance/0123/user/alice"
GRANT = {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        "Roles": ["handler"],
    },
}
"""The deployment extends the role of a shared function."""


def assembly(directory: Path, stacks: dict[str, dict[str, Any]], account: str = "unknown-account") -> Path:
    """A synthesized app with these resources in its stacks, which depend on one another in this order."""
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        (directory / f"{name}.json").write_text(json.dumps({"Resources": resources}))
        artifacts = {
            name: {
                "type": "aws:cloudformation:stack",
                "environment": f"aws://{account}/unknown-region",
                "properties": {"templateFile": f"{name}.json"},
                "dependencies": list(artifacts),
            }
        } | artifacts
    (directory / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return directory


class Planner:
    """Plans a deployment of resources to the account."""

    def __init__(self, account: Account, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self.directory, self.capsys = account, directory, capsys
        self.services: Services = account.services
        self.code = 0

    def __call__(self, *arguments: str, **stacks: dict[str, Any]) -> str:
        """What the command prints."""
        app = ["--app", str(assembly(self.directory, stacks))] if stacks else []
        self.code = run(["plan", *app, *arguments], services=self.services)
        captured = self.capsys.readouterr()
        assert "canary" not in captured.out + captured.err
        return captured.out + captured.err

    def entries(self, **stacks: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The entries by key."""
        return {each["key"]: each for each in json.loads(self("--json", **stacks))["entries"]}

    def entry(self, **stacks: dict[str, Any]) -> dict[str, Any]:
        """The only entry."""
        (entry,) = self.entries(**stacks).values()
        return entry


@pytest.fixture
def plan(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Planner:
    """The planner; the application exists, with working channels."""
    channels(APNS=True, GCM=True)
    return Planner(account, tmp_path, capsys)


def channels(**enabled: bool) -> None:
    """Set the channels of the application."""
    push_backend().ensure_app(application_arn=APPLICATION)
    for kind, is_enabled in enabled.items():
        push_backend().update_channel(
            application_id=APPLICATION.rpartition("/")[2], channel_type=ChannelType(kind), enabled=is_enabled
        )


def resource(endpoint: Endpoint, **changes: Any) -> dict[str, Any]:
    """A declared endpoint, for which the deployment extends the function's role."""
    return declared(endpoint, **changes) | {"DependsOn": ["Grant"]}


def deployed(account: Account, *endpoints: Endpoint, name: str = "Push", **changes: Any) -> dict[str, Any]:
    """The template of a deployed stack with these endpoints."""
    resources = {"Grant": GRANT} | {
        f"Phone{number}": resource(each, **changes) for number, each in enumerate(endpoints)
    }
    ids = {f"Phone{number}": physical_id(each) for number, each in enumerate(endpoints)}
    account.cloudformation.add(name, copy.deepcopy(resources), **ids)
    return resources


def new_phone(account: Account, **changes: Any) -> dict[str, Any]:
    """A declared endpoint that is not registered."""
    endpoint = account.register("canary-new", user_id="bob")
    account.backend.endpoints.pop(endpoint.endpoint_id)
    return resource(endpoint, **changes)


def test_an_unchanged_stack_has_nothing_to_deploy(account: Account, plan: Planner) -> None:
    """The exit code is 0, and no call was made about the endpoints."""
    resources = deployed(account, account.register())
    account.backend.calls.clear()
    assert "1 unchanged" in plan(Push=resources)
    assert (plan.code, account.backend.calls) == (ExitCode.DONE, [])


def test_every_kind_of_change_has_its_sign(account: Account, plan: Planner) -> None:
    """The exit code is 2, and nothing is changed."""
    resources = deployed(account, *(account.register(f"canary-{number}", name=f"N{number}") for number in range(4)))
    resources["New"] = new_phone(account)
    before = dict(account.backend.endpoints)
    resources["Phone0"]["Properties"]["Name"] = "New"
    resources["Phone1"]["Properties"]["EndpointAttributes"] = {"DeviceToken": "canary-other"}
    del resources["Phone2"]
    entries = plan.entries(Push=resources)
    assert {key: entry["action"] for key, entry in entries.items()} == {
        "Phone0": "update",
        "Phone1": "replace",
        "Phone2": "delete",
        "Phone3": "unchanged",
        "New": "create",
    }
    assert entries["Phone0"]["differences"] == [{"field": "name", "old": "N0", "new": "New"}]
    assert [each["field"] for each in entries["Phone1"]["differences"]] == ["device_token"]
    assert (entries["Phone1"]["is_deregistered"], entries["Phone0"]["is_deregistered"]) == (True, False)
    assert plan.code == ExitCode.FOUND
    plan("--allow-changes", Push=resources)
    assert plan.code == ExitCode.DONE
    assert account.backend.endpoints == before
    text = plan(Push=resources)
    assert [line for line in text.splitlines() if line.startswith("  -/+")] == ["  -/+  Phone1  user/alice, APNS"]
    assert "this deregisters 1 of 4 endpoints (25 %)" in text


def test_the_markdown_has_a_row_for_each_change(account: Account, plan: Planner) -> None:
    """What Markdown would interpret is escaped; unchanged entries are only counted."""
    resources = deployed(account, account.register(name="a|b <i>_x_"), account.register("canary-2"))
    resources["Phone0"]["Properties"]["Name"] = "c"
    text = plan("--format", "markdown", Push=resources)
    (row,) = [line for line in text.splitlines() if line.startswith("| `")]
    assert row.startswith("| `~` | Phone0 | user/alice, APNS | endpoint ")
    assert row.endswith("name: a\\|b \\<i\\>\\_x\\_ → c |")


def test_a_rotated_secret_is_the_replacement_that_it_will_be(account: Account, plan: Planner) -> None:
    """An unchanged declaration is not resent; the plan says so. Any other change of the resource replaces it."""
    secret = account.secret("canary-old")
    source = {"DeviceTokenSource": {"SecretArn": secret}}
    resources = deployed(account, account.register("canary-old"), EndpointAttributes=source)
    assert plan.entry(Push=resources)["remarks"] == []
    account.services.secrets("us-east-1").put_secret_value(SecretId=secret, SecretString="canary-new")
    entry = plan.entry(Push=resources)
    assert (entry["action"], "CloudFormation does not resend" in entry["remarks"][0]) == ("unchanged", True)
    resources["Phone0"]["Properties"]["Name"] = "Other"
    entry = plan.entry(Push=resources)
    assert (entry["action"], [each["field"] for each in entry["differences"]]) == ("replace", ["name", "device_token"])


def test_a_renamed_resource_would_fail_with_the_code_of_the_deployment(account: Account, plan: Planner) -> None:
    """CloudFormation creates the new resource first."""
    resources = deployed(account, account.register())
    entry = plan.entry(Push={"Grant": GRANT, "Renamed": resources["Phone0"]})
    assert (entry["action"], entry["moved_from"], entry["fails"]["code"]) == ("move", "Phone0", "CE-411")
    assert "belongs to Phone0 in stack Push" in entry["fails"]["reason"]
    assert "override_logical_id('Phone0')" in entry["remarks"][0]
    assert plan.code == ExitCode.FOUND
    plan("--allow-changes")
    assert plan.code == ExitCode.FOUND


@pytest.mark.parametrize(("first", "code"), [("From", None), ("Into", "CE-411")])
def test_a_move_to_another_stack_depends_on_the_order(
    account: Account, plan: Planner, first: str, code: str | None
) -> None:
    """If the former stack is deployed first, the token is free; either way, the plan shows the way without a gap."""
    resources = deployed(account, account.register(), account.register("canary-2"), name="From")
    stacks = {"From": resources, "Into": {"Grant": GRANT, "Phone": resources.pop("Phone0")}}
    entry = plan.entries(**{name: stacks[name] for name in sorted(stacks, key=lambda name: name != first)})["Phone"]
    assert (entry["action"], entry["moved_from"]) == ("move", "Phone0 in From")
    assert (entry["fails"] or {}).get("code") == code
    assert "three deployments" in entry["remarks"][0]


def test_what_retain_leaves_is_said(account: Account, plan: Planner) -> None:
    """A removed and a replaced endpoint stay registered, and do not count as deregistered."""
    resources = deployed(account, account.register(), account.register("canary-2"))
    for each in (resources["Phone0"], account.cloudformation.stacks[0].template["Resources"]["Phone1"]):
        each |= {"UpdateReplacePolicy": "Retain", "DeletionPolicy": "Retain"}
    del resources["Phone1"]
    resources["Phone0"]["Properties"]["Type"] = "GCM"
    entries = plan.entries(Push=resources)
    assert [(each["action"], each["is_deregistered"]) for each in entries.values()] == [
        ("replace", False),
        ("delete", False),
    ]
    assert all("stays registered" in each["remarks"][0] for each in entries.values())


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ({"APNS": False}, "The APNS channel of Application 0123"),
        ({"GCM": True}, "has no APNS channel."),
        (None, "Application 0123456789abcdef0123456789abcdef does not exist."),
    ],
)
def test_an_application_that_cannot_deliver_fails(
    account: Account, plan: Planner, kinds: dict[str, bool] | None, reason: str
) -> None:
    """The reason names what is missing, before the words of the deployment."""
    push_backend().delete_app(application_id=APPLICATION.rpartition("/")[2])
    if kinds is not None:
        channels(**kinds)
    fails = plan.entry(Push={"Grant": GRANT, "Phone": new_phone(account)})["fails"]
    assert (fails["code"], reason in fails["reason"]) == ("CE-304", True)


def test_a_missing_user_is_named(account: Account, plan: Planner) -> None:
    """The service forbids the call for a missing user, and so does the code of the deployment."""
    phone = new_phone(account, AppInstanceUserArn=USER.replace("alice", "nobody"))
    fails = plan.entry(Push={"Grant": GRANT, "Phone": phone})["fails"]
    assert fails["code"] == "CE-302"
    assert fails["reason"].startswith("The user does not exist, or belongs to another account.")


def test_the_quota_of_a_user_is_counted_over_all_entries(account: Account, plan: Planner) -> None:
    """The tenth is accepted, the eleventh is not, because the quota is the default."""
    for number in range(9):
        account.register(f"canary-{number}", user_id="bob")
    phone = new_phone(account)
    second = copy.deepcopy(phone)
    second["Properties"]["EndpointAttributes"] = {"DeviceToken": "canary-second"}
    plan.services = Allowed(account.cloudformation)
    entries = plan.entries(Push={"Grant": GRANT, "Phone": phone, "Second": second})
    assert entries["Phone"]["fails"] is None
    assert entries["Second"]["fails"]["code"] == "CE-305"
    assert entries["Second"]["fails"]["reason"].startswith("The user has 10 endpoints, and may have 10.")


def test_the_local_cloud_has_the_default_quota(account: Account) -> None:
    """It has no Service Quotas, and nothing listens at these addresses."""
    services = Services(local=Addresses(aws_url="http://127.0.0.1:1", chime_url="http://127.0.0.1:1"))
    assert ServiceChecks(services).quota(account.user(), needed=11) == 10


class Allowed(AccountServices):
    """An account with a quota, and a function whose role lacks some actions."""

    def __init__(self, *args: Any, lacks: str = "", denies: str = "") -> None:
        super().__init__(*args)
        self.lacks, self.denies = lacks, denies

    def functions(self, region: str) -> Any:  # noqa: ARG002 - there is one
        """The stand-in of Lambda."""
        return self

    def roles(self) -> Any:
        """The stand-in of IAM."""
        return self

    def quotas(self, region: str) -> Any:  # noqa: ARG002
        """The stand-in of Service Quotas."""
        return self

    def get_service_quota(self, **_: str) -> dict[str, Any]:
        """The operation of this name."""
        return {"Quota": {"Value": 10.0}}

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        return {"Role": FunctionName.replace("lambda:us-east-1", "iam:").replace("function:", "role/")}

    def simulate_principal_policy(self, *, ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        if self.denies:
            message = f"User me is not authorized to perform: {self.denies} on resource: it"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "SimulatePrincipalPolicy")
        decisions = {each: "implicitDeny" if each == self.lacks else "allowed" for each in ActionNames}
        return {
            "EvaluationResults": [{"EvalActionName": each, "EvalDecision": said} for each, said in decisions.items()]
        }


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ("", None),
        ("chime:RegisterAppInstanceUserEndpoint", "CE-301"),
        ("mobiletargeting:GetApp", "CE-301"),
        ("secretsmanager:GetSecretValue", "CE-202"),
    ],
)
def test_a_function_that_the_deployment_does_not_extend_may_lack_permissions(
    account: Account, plan: Planner, lacks: str, code: str | None
) -> None:
    """IAM says what the role of a shared function is allowed."""
    plan.services = Allowed(account.cloudformation, lacks=lacks)
    source = {"DeviceTokenSource": {"SecretArn": account.secret("canary-secret")}}
    phone = new_phone(account, EndpointAttributes=source)
    del phone["DependsOn"]
    entry = plan.entry(Push={"Phone": phone})
    assert ((entry["fails"] or {}).get("code"), entry["not_known"]) == (code, None)


def statement(actions: list[str]) -> dict[str, Any]:
    """A statement that allows actions on everything of a service."""
    return {"Effect": "Allow", "Action": actions, "Resource": {"Fn::Sub": "arn:${AWS::Partition}:*"}}


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ("", None),
        ("chime:ListAppInstanceUserEndpoints", None),
        ("mobiletargeting:GetApp", "CE-301"),
        ("ssm:*", "CE-202"),
    ],
)
def test_the_policies_of_a_template_are_evaluated(
    account: Account, plan: Planner, lacks: str, code: str | None
) -> None:
    """A function, its role and its policies are all in the template; nothing of that is deployed."""
    account.services.parameters("us-east-1").put_parameter(Name="/push", Value="canary-x", Type="SecureString")
    phone = new_phone(account, EndpointAttributes={"DeviceTokenSource": {"ParameterName": "/push"}})
    phone["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    actions = [
        "chime:*AppInstanceUserEndpoint",
        "mobiletargeting:GetApp",
        "chime:ListAppInstanceUserEndpoints",
        "ssm:*",
    ]
    document = {"Statement": [statement([each for each in actions if each != lacks])]}
    resources = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": "Role.Arn"}}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": document}]}},
        "Phone": phone,
    }
    entry = plan.entry(Push=resources)
    assert ((entry["fails"] or {}).get("code"), entry["not_known"]) == (code, None)
    resources["Role"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    entry = plan.entry(Push=resources)
    assert (entry["fails"], bool(entry["not_known"])) == (None, code is not None)


LOG_GROUP = {"Fn::GetAtt": ["Log", "Arn"]}


@pytest.mark.parametrize(
    ("statements", "code", "is_known"),
    [
        ([{"Action": "logs:PutLogEvents", "Resource": LOG_GROUP}], "CE-301", True),
        ([{"Action": "mobiletargeting:*", "Resource": LOG_GROUP}], None, False),
        ([{"Action": "mobiletargeting:GetApp", "Resource": [LOG_GROUP, APPLICATION]}], None, True),
        ([{"NotAction": "s3:*", "Resource": LOG_GROUP}], None, False),
        ([{"Action": "mobiletargeting:GetApp", "Resource": "*"}], None, True),
        (
            [
                {"Action": "mobiletargeting:GetApp", "Resource": "*"},
                {"Effect": "Deny", "Action": "mobiletargeting:*", "Resource": LOG_GROUP},
            ],
            None,
            False,
        ),
    ],
)
def test_a_resource_that_only_cloudformation_knows_leaves_other_statements_known(
    account: Account, plan: Planner, statements: list[dict[str, Any]], code: str | None, *, is_known: bool
) -> None:
    """The function's log group is in every template; its ARN decides nothing about endpoints."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    phone = new_phone(account)
    phone["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    resources = {
        "Log": {"Type": "AWS::Logs::LogGroup"},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Role": role}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Policy": policy([{"Action": "chime:*", "Resource": "*"}, *statements]),
        "Phone": phone,
    }
    entry = plan.entry(Push=resources)
    assert ((entry["fails"] or {}).get("code"), not entry["not_known"]) == (code, is_known)


def test_a_changed_policy_no_longer_grants_what_it_did(account: Account, plan: Planner) -> None:
    """CloudFormation changes policies before the resources that depend on them; removed ones it deletes at the end."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    resources = deployed(account, account.register())
    stack = account.cloudformation.stacks[-1].template["Resources"]
    function = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Role": role}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
    }
    stack |= copy.deepcopy(function) | {"Policy": policy([{"Action": "*", "Resource": "*"}])}
    for each in (stack["Phone0"], resources["Phone0"]):
        each["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    resources = {"Phone0": resources["Phone0"]} | function
    resources["Phone0"]["Properties"]["Name"] = "Other"
    assert plan.entry(Push=resources)["fails"] is None
    changed = policy([{"Action": "chime:Describe*", "Resource": "*"}])
    assert plan.entry(Push=resources | {"Policy": changed})["fails"]["code"] == "CE-301"


def policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """A policy of the role in the template."""
    document = {"Statement": [{"Effect": "Allow"} | each for each in statements]}
    return {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}}


def test_a_role_that_may_not_be_looked_at_is_not_known(account: Account, plan: Planner) -> None:
    """The plan names the permission that is missing; such an entry is never fine."""
    plan.services = Allowed(account.cloudformation, denies="iam:SimulatePrincipalPolicy")
    phone = new_phone(account)
    del phone["DependsOn"]
    entry = plan.entry(Push={"Phone": phone})
    assert entry["not_known"] == "Your credentials lack iam:SimulatePrincipalPolicy on it."
    assert (entry["fails"], plan.code) == (None, ExitCode.FAILED)


@pytest.mark.parametrize(("lacks", "code"), [("", None), ("sts:AssumeRole", "CE-301")])
def test_what_a_role_of_another_account_allows_is_not_known(
    account: Account, plan: Planner, lacks: str, code: str | None
) -> None:
    """Only whether the function may assume it is visible."""
    plan.services = Allowed(account.cloudformation, lacks=lacks)
    phone = new_phone(account, AssumedRoleArn="arn:aws:iam::123456789012:role/chime")
    del phone["DependsOn"]
    entry = plan.entry(Push={"Phone": phone})
    assert ((entry["fails"] or {}).get("code"), "another account" in str(entry["not_known"])) == (code, not code)


@pytest.mark.parametrize("operation", ["ListAppInstanceUserEndpoints", "DescribeAppInstanceUserEndpoint"])
def test_an_endpoint_that_may_not_be_looked_at_is_not_known(account: Account, plan: Planner, operation: str) -> None:
    """IAM's denial is about our credentials, not about the endpoint."""
    account.backend.faults.append(Fault(operation, error="AccessDeniedException", status=403, times=None))
    resources = deployed(account, account.register())
    resources["Phone0"]["Properties"]["Type"] = "GCM"
    entry = plan.entry(Push=resources)
    assert (entry["action"], plan.code) == ("replace", ExitCode.FAILED)
    assert entry["not_known"].startswith(f"Your credentials lack chime:{operation} on ")


def test_a_stack_of_another_account_is_not_compared_with_this_one(account: Account, plan: Planner) -> None:
    """A stack with the same name may exist here; `--stack` chooses among the stacks of an app."""
    other = str(assembly(plan.directory, {"Push": deployed(account, account.register())}, "999999999999"))
    assert run(["plan", "--app", other], services=plan.services) == ExitCode.FAILED
    assert "Push would be deployed to account 999999999999" in plan.capsys.readouterr().err
    assert run(["plan", "--app", other, "--stack", "Pull"], services=plan.services) == ExitCode.FAILED
    assert "has no stack Pull" in plan.capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "code", "fails"),
    [
        ("UPDATE_IN_PROGRESS", ExitCode.FAILED, False),
        ("REVIEW_IN_PROGRESS", ExitCode.FOUND, False),
        ("UPDATE_ROLLBACK_FAILED", ExitCode.FOUND, True),
        ("DELETE_FAILED", ExitCode.FOUND, True),
    ],
)
def test_a_stack_that_cannot_be_deployed_is_never_fine(
    account: Account, plan: Planner, status: str, code: ExitCode, *, fails: bool
) -> None:
    """CloudFormation refuses, whatever the declaration; while it works on a stack, the outcome is not known."""
    resources = deployed(account, account.register())
    account.cloudformation.stacks[-1].status = status
    resources["Phone0"]["Properties"]["Name"] = "Other"
    found = json.loads(plan("--json", Push=resources))
    assert (plan.code, found["fails"], status in " ".join(found["remarks"])) == (code, fails, "REVIEW" not in status)
    assert ("would fail. Nothing was changed." in plan(Push=resources)) is fails
    plan("--allow-changes", Push=resources)
    assert plan.code == (ExitCode.DONE if status.startswith("REVIEW") else code)


def test_a_stack_that_loses_its_last_endpoint_is_planned(account: Account, plan: Planner) -> None:
    """Its template has nothing of ours any more; stacks that never had are not shown, even of another account."""
    deployed(account, account.register())
    text = plan(Push={"Grant": GRANT}, Other={"Grant": GRANT})
    assert "Push (us-east-1): 1 to remove" in text
    assert "this deregisters 1 of 1 endpoint (100 %)" in text
    assert ("Other" in text, plan.code) == (False, ExitCode.FOUND)
    text = plan(Other={"Grant": GRANT})
    assert "has endpoints or tags, neither declared nor deployed" in " ".join(text.split())
    assert plan.code == ExitCode.DONE


@pytest.mark.parametrize(
    "manifest",
    ["[]", "{}", '{"artifacts": [1]}', '{"artifacts": {"Push": {"type": "aws:cloudformation:stack"}}}'],
)
def test_a_foreign_manifest_is_named(plan: Planner, manifest: str) -> None:
    """Web apps have a manifest.json, too; that must not pass for an app without endpoints."""
    (plan.directory / "manifest.json").write_text(manifest)
    text = plan("--app", str(plan.directory))
    assert "manifest.json is not the manifest of a synthesized app" in text
    assert ("CE-613" in text, plan.code) == (False, ExitCode.FAILED)


def test_nested_stacks_are_part_of_the_plan(account: Account, plan: Planner) -> None:
    """Their parameters come from the parent; what a removed nested stack has is deregistered."""
    first, second = account.register("canary-1"), account.register("canary-2")
    inner = {"Phone": resource(first, AppInstanceUserArn={"Ref": "User"}), "Grant": GRANT}
    kept = account.cloudformation.add("Push-Kept-1", copy.deepcopy(inner), Phone=physical_id(first))
    kept.parameters = {"User": first.app_instance_user_arn}
    gone = account.cloudformation.add("Push-Gone-1", {"Phone": resource(second)}, Phone=physical_id(second))
    parent = {"Kept": nested("kept.json", User=first.app_instance_user_arn), "Gone": nested("gone.json")}
    account.cloudformation.add("Push", parent, Kept=kept.id, Gone=gone.id)
    inner["Phone"]["Properties"]["Name"] = "Other"
    template = {"Resources": inner, "Parameters": {"User": {"Type": "String"}}}
    (plan.directory / "kept.json").write_text(json.dumps(template))
    entries = json.loads(plan("--json", Push={"Kept": parent["Kept"]}))["entries"]
    assert [(each["stack"], each["action"], each["subject"]) for each in entries] == [
        ("Push-Kept-1", "update", "user/alice, APNS"),
        ("Push-Gone-1", "delete", "user/alice, APNS"),
    ]
    del parent["Kept"]["Metadata"]
    text = plan(Push={"Kept": parent["Kept"], "Phone": resource(first)})
    assert "The template of the nested stack Kept of Push is not" in text
    assert plan.code == ExitCode.FAILED


def nested(path: str, **parameters: str) -> dict[str, Any]:
    """A nested stack whose template is a file of the app."""
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"Parameters": parameters},
        "Metadata": {"aws:asset:path": path},
    }
