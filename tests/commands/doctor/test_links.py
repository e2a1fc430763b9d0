"""The doctor finds the link at which a push ends."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_cli.account.roles.push_role import PUSH_ROLE
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import ChannelType, Credentials
from commands.conftest import declared, physical_id
from commands.doctor.set_up import (
    FAILURE,
    ID,
    SEND,
    TOKEN,
    TRUST,
    Breakage,
    PushSetUp,
    deny,
    deny_iam,
    deny_identity,
    deny_push,
    deregister,
    examine,
    make_inactive,
    states,
    without_channel,
)
from support.identity import APPLICATION

pytestmark = pytest.mark.slow

OTHER = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/fedcba9876543210fedcba9876543210"


def test_every_link_of_a_working_set_up_is_in_order(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """The links are in the order in which a push passes them, and nothing is changed."""
    code, found = examine(set_up, capsys)
    assert (code, found["state"], found["causes"]) == (ExitCode.DONE, "ok", [])
    assert [*states(found)] == [
        *("user", "endpoint", "state", "messages", "device token"),
        *("application", "channel", "channel enabled", "channel credentials"),
        *("push role", "role trust", "role permissions", "recorded failures"),
    ]
    called = [call.operation for call in (*set_up.push.calls, *set_up.account.backend.calls)]
    assert all(operation.startswith(("Get", "List", "Describe")) for operation in called)


BREAKAGES: dict[str, tuple[Breakage, str, str]] = {
    "user gone": (
        lambda it: it.account.backend.delete_app_instance_user(app_instance_user_arn=it.account.user()),
        "user",
        "does not exist",
    ),
    "app instance gone": (
        lambda it: it.account.backend.delete_app_instance(app_instance_arn=it.account.app_instance),
        "user",
        "does not exist",
    ),
    "endpoint gone": (deregister, "endpoint", "not registered"),
    "endpoint INACTIVE, token": (make_inactive("INVALID_DEVICE_TOKEN"), "state", "refused the device token"),
    "endpoint INACTIVE, application": (make_inactive("INVALID_PINPOINT_ARN"), "state", "application was deleted"),
    "AllowMessages NONE": (lambda it: setattr(it.endpoint, "allow_messages", "NONE"), "messages", "NONE"),
    "token in quotes": (
        lambda it: setattr(it.endpoint, "device_token", f'"{TOKEN}"'),
        "device token",
        "quotation marks",
    ),
    "application gone": (
        lambda it: it.push.delete_app(application_id=ID),
        "application",
        "does not exist",
    ),
    "no channel": (without_channel, "channel", "no APNS channel"),
    "no VoIP channel": (
        lambda it: setattr(it.endpoint, "voip_device_token", "cafe"),
        "channel",
        "no APNS_VOIP channel",
    ),
    "channel disabled": (
        lambda it: it.channel(enabled=False, credentials=Credentials(token_key=True)),
        "channel enabled",
        "disabled",
    ),
    "no credentials": (lambda it: it.channel(), "channel credentials", "no credentials"),
    "role missing": (lambda it: it.delete_role(), "push role", "does not exist"),
    "trust of another service": (
        lambda it: it.trust(TRUST | {"Principal": {"Service": "lambda.amazonaws.com"}}),
        "role trust",
        "messaging.chime.amazonaws.com",
    ),
    "trust of another action": (lambda it: it.trust(TRUST | {"Action": "sts:TagSession"}), "role trust", "assume"),
    "trust denied": (lambda it: it.trust(TRUST, TRUST | {"Effect": "Deny"}), "role trust", "assume"),
    "trust of another account": (
        lambda it: it.trust(TRUST | {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}),
        "role trust",
        "assume",
    ),
    "policy of another application": (
        lambda it: it.allow(SEND | {"Resource": f"{OTHER}/messages"}),
        "role permissions",
        "no policy",
    ),
    "policy without /messages": (
        lambda it: it.allow(SEND | {"Resource": APPLICATION}),
        "role permissions",
        "no policy",
    ),
    "policy of another action": (
        lambda it: it.allow(SEND | {"Action": "mobiletargeting:GetApp"}),
        "role permissions",
        "no policy",
    ),
    "policy with a denial": (
        lambda it: it.manage({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
        "role permissions",
        "denies",
    ),
    "permissions boundary": (
        lambda it: it.bound({"Effect": "Allow", "Action": "chime:*", "Resource": "*"}),
        "role permissions",
        "boundary",
    ),
}


@pytest.mark.parametrize(
    ("breakage", "missing"),
    [
        *((breakage, "forbidden") for breakage in BREAKAGES),
        *((f"{what} gone", how) for what in ("user", "endpoint") for how in ("not_found", "bad_request")),
    ],
)
def test_the_link_that_is_broken_is_named(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], breakage: str, missing: str
) -> None:
    """It is the only broken link, with what to do about it, and the exit code is 2."""
    set_up.account.backend.switches.change({"missing_user": missing, "missing_endpoint": missing})
    break_it, place, words = BREAKAGES[breakage]
    break_it(set_up)
    code, found = examine(set_up, capsys)
    assert (code, found["state"], found["causes"]) == (ExitCode.FOUND, "broken", [place])
    [link] = [link for link in found["links"] if link["state"] == "broken"]
    assert words in link["detail"]
    assert link["remedy"]
    assert "not visible" not in states(found).values()


DENIALS: dict[str, tuple[Breakage, str]] = {
    "chime:DescribeAppInstanceUser": (deny_identity("DescribeAppInstanceUser"), "user"),
    "chime:DescribeAppInstanceUserEndpoint": (deny_identity("DescribeAppInstanceUserEndpoint"), "application"),
    "mobiletargeting:GetApp": (deny_push("GetApp"), "application"),
    "mobiletargeting:GetApnsChannel": (deny_push("GetApnsChannel"), "channel"),
    "iam:GetRole": (deny_iam("GetRole"), "push role"),
    "iam:ListRolePolicies": (deny_iam("ListRolePolicies"), "role permissions"),
    "iam:GetRolePolicy": (deny_iam("GetRolePolicy"), "role permissions"),
    "iam:ListAttachedRolePolicies": (deny_iam("ListAttachedRolePolicies"), "role permissions"),
    "iam:GetPolicy": (deny_iam("GetPolicy"), "role permissions"),
    "iam:GetPolicyVersion": (deny_iam("GetPolicyVersion"), "role permissions"),
    "events:ListRules": (deny("rules", "ListRules"), "recorded failures"),
    "events:ListTargetsByRule": (deny("rules", "ListTargetsByRule"), "recorded failures"),
    "logs:FilterLogEvents": (deny("logs", "FilterLogEvents"), "recorded failures"),
    "cloudwatch:GetMetricStatistics": (deny("metrics", "GetMetricStatistics"), "recorded failures"),
}


@pytest.mark.parametrize("permission", DENIALS)
def test_a_missing_permission_makes_its_link_not_visible(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], permission: str
) -> None:
    """The link names the permission that would show it, and the exit code is 1: it could not be told."""
    set_up.rule()
    refuse, place = DENIALS[permission]
    refuse(set_up)
    code, found = examine(set_up, capsys)
    assert (code, found["state"], found["causes"]) == (ExitCode.FAILED, "not visible", [])
    [link] = [link for link in found["links"] if link["state"] == "not visible"]
    assert (link["link"], link["permissions"]) == (place, [permission])
    assert permission in link["remedy"]


def test_an_endpoint_is_seen_by_either_of_two_permissions(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str]
) -> None:
    """Describe alone shows everything about one endpoint. Without both, the endpoint is not visible."""
    deny_identity("ListAppInstanceUserEndpoints")(set_up)
    assert examine(set_up, capsys)[0] == ExitCode.DONE
    _, found = examine(set_up, capsys, set_up.endpoint.app_instance_user_arn)
    assert states(found)["endpoint"] == "not visible"
    deny_identity("DescribeAppInstanceUserEndpoint")(set_up)
    code, found = examine(set_up, capsys)
    [link] = [link for link in found["links"] if link["link"] == "endpoint"]
    assert (code, link["permissions"]) == (
        ExitCode.FAILED,
        ["chime:ListAppInstanceUserEndpoints", "chime:DescribeAppInstanceUserEndpoint"],
    )


def test_a_cause_counts_more_than_what_is_not_visible(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2 as soon as one cause is found, and every other link is still looked at."""
    deny_push("GetApp")(set_up)
    without_channel(set_up)
    set_up.delete_role()
    set_up.endpoint.allow_messages = "NONE"
    code, found = examine(set_up, capsys)
    assert (code, found["causes"]) == (ExitCode.FOUND, ["messages", "channel", "push role"])
    assert states(found)["application"] == "not visible"


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}, "ok"),
        ({"Condition": {"StringLike": {"AWS:SourceAccount": ["1*", "2*"]}}}, "ok"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "not visible"),
        ({"Principal": "*"}, "ok"),
        ({"Principal": {"AWS": "*"}}, "ok"),
        ({"Principal": {"Service": ["lambda.amazonaws.com", "messaging.chime.amazonaws.com"]}}, "ok"),
        ({"Action": ["sts:AssumeRoleWithSAML", "sts:AssumeRole"]}, "ok"),
    ],
    ids=str,
)
def test_a_trust_policy_is_read_as_iam_reads_it(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], policy: dict[str, Any], state: str
) -> None:
    """What depends on conditions that only AWS can evaluate is not visible."""
    set_up.trust(TRUST | policy)
    assert states(examine(set_up, capsys)[1])["role trust"] == state


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ({"Action": "MobileTargeting:*", "Resource": "*"}, "ok"),
        ({"Resource": [f"{OTHER}/messages", "arn:aws:mobiletargeting:*:123456789012:apps/*"]}, "ok"),
        ({"Resource": f"{APPLICATION}/message?"}, "ok"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "not visible"),
    ],
    ids=str,
)
def test_permissions_are_read_as_iam_reads_them(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], policy: dict[str, Any], state: str
) -> None:
    """Wildcards match, actions in any case, and lists are alternatives."""
    set_up.allow(SEND | policy)
    set_up.bound({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"})
    assert states(examine(set_up, capsys)[1])["role permissions"] == state


def test_a_managed_policy_allows_as_well(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """The default version of the policy counts."""
    set_up.iam.delete_role_policy(RoleName=PUSH_ROLE, PolicyName="Send")
    set_up.manage(SEND)
    assert examine(set_up, capsys)[0] == ExitCode.DONE


def test_a_legacy_key_of_google_is_no_credential(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Google shut down the API that accepted it."""
    set_up.endpoint.type = "GCM"
    for credentials, expected in ((Credentials(api_key=True), "broken"), (Credentials(service_json=True), "ok")):
        set_up.push.update_channel(
            application_id=ID, channel_type=ChannelType.GCM, enabled=True, credentials=credentials
        )
        assert states(examine(set_up, capsys)[1])["channel credentials"] == expected


def test_a_user_without_endpoints_has_a_cause(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is registered, so nothing can arrive."""
    code, found = examine(set_up, capsys, set_up.account.user("bob"))
    assert (code, found["causes"]) == (ExitCode.FOUND, ["endpoint"])


def test_every_endpoint_of_a_user_is_examined(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Each application and each channel is looked at once, also if several endpoints use it."""
    set_up.account.register("two")
    set_up.account.register("three", endpoint_type="GCM", allow_messages="NONE")
    _, found = examine(set_up, capsys, set_up.endpoint.app_instance_user_arn)
    assert [link["link"] for link in found["links"]].count("endpoint") == 3
    assert [call.operation for call in set_up.push.calls] == ["GetApp", "GetApnsChannel", "GetGcmChannel"]
    assert found["causes"] == ["messages", "channel"]


@pytest.mark.parametrize("given", ["phone", "Phone", "ref", "id", "user", "alice"])
def test_what_is_examined_is_found_by_any_of_its_names(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    """The key of an entry, the logical id if there is no key, the ref, the ids, and the ARN of the user."""
    if given == "Phone":
        set_up.account.cloudformation.stacks[0].template["Resources"]["Phone"].pop("Metadata")
    names = {"ref": set_up.ref, "id": set_up.endpoint.endpoint_id, "user": set_up.endpoint.app_instance_user_arn}
    code, found = examine(set_up, capsys, names.get(given, given))
    assert (code, found["user_arn"]) == (ExitCode.DONE, set_up.endpoint.app_instance_user_arn)
    assert found["endpoint_id"] == (None if given in ("user", "alice") else set_up.endpoint.endpoint_id)


def test_an_endpoint_of_no_stack_is_found_by_its_id(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Every user of every app instance is searched."""
    stray = set_up.account.register("stray", user_id="bob")
    _, found = examine(set_up, capsys, stray.endpoint_id)
    assert (found["user_arn"], found["endpoint_id"]) == (stray.app_instance_user_arn, stray.endpoint_id)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nobody", "no deployed entry, endpoint or user is called 'nobody' in us-east-1"),
        ("00000000-0000-4000-8000-000000000000", "no deployed entry, endpoint or user is called"),
        (" ", "no user or endpoint to examine"),
        ("two", "'two' means several"),
        (APPLICATION, "is the ARN of an application"),
        ("app-instance", "is an app instance"),
    ],
)
def test_what_is_not_one_user_or_endpoint_is_refused(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], given: str, message: str
) -> None:
    """The message says what to give instead, and nothing is examined."""
    for name in ("One", "Two"):
        endpoint = set_up.account.register(name)
        resource = declared(endpoint) | {"Metadata": {"aws:cdk:path": f"{name}/Endpoints/two/Resource"}}
        set_up.account.cloudformation.add(name, {"Phone": resource}, Phone=physical_id(endpoint))
    name = set_up.account.app_instance if given == "app-instance" else given
    assert run(["doctor", name], services=set_up.account.services) == ExitCode.FAILED
    assert message in capsys.readouterr().err
    assert not set_up.push.calls


def test_a_recorded_failure_is_a_cause(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule of `on_delivery_failure` that writes to a log group shows the last reason, without the token."""
    set_up.rule()
    assert examine(set_up, capsys)[0] == ExitCode.DONE
    set_up.record("another user", reason="stray")
    assert examine(set_up, capsys)[0] == ExitCode.DONE
    set_up.record(set_up.ref, reason=f"the token {TOKEN} was refused")
    code, found = examine(set_up, capsys)
    assert (code, found["causes"]) == (ExitCode.FOUND, ["recorded failures"])
    assert found["links"][-1]["detail"].endswith("the token … was refused")


def test_failures_that_are_only_counted_may_be_of_any_endpoint(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule without a log group does not record which endpoint an event is about."""
    set_up.rule(has_log=False)
    assert examine(set_up, capsys)[0] == ExitCode.DONE
    set_up.count(3)
    code, found = examine(set_up, capsys)
    assert (code, states(found)["recorded failures"]) == (ExitCode.FAILED, "not visible")
    assert "Lost (3)" in found["links"][-1]["detail"]


@pytest.mark.parametrize("pattern", ["{}", '{"source": ["aws.s3"]}', FAILURE.replace("UserEndpoint", "User")])
def test_other_rules_record_no_failed_deliveries(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], pattern: str
) -> None:
    """Only a rule for the service's own event counts."""
    set_up.rule(pattern=pattern)
    set_up.count(3)
    _, found = examine(set_up, capsys)
    assert found["links"][-1]["detail"] == "no rule records failed deliveries"
