"""Delivery of pushes: its role, and the reporting of failures."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_sns as sns
from moto.events.models import EventPattern
from moto.events.utils import EventMessageType

from chime_endpoints import AppInstanceUserEndpoint, InvalidDeclarationError, PushDeliveryRole
from chime_endpoints.monitoring import delivery_failure
from chime_endpoints_cli.account.roles import push_role
from chime_endpoints_cli.commands.registered.doctor.links import recorded
from synth.stage import ALICE, APPLICATION, endpoint, only, properties, stack_in, template_of

ROLE, RULE, ALARM = "AWS::IAM::Role", "AWS::Events::Rule", "AWS::CloudWatch::Alarm"
FAILURE: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000000",
    "detail-type": "Chime Messaging AppInstanceUserEndpoint Delivery Failure",
    "source": "aws.chime",
    "account": "111122223333",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"anything": "at all"},
}
"""The envelope that EventBridge documents around a detail that the service does not."""


def test_the_command_looks_for_what_the_constructs_make() -> None:
    """`chime-endpoints doctor` does not import CDK, so it has the names of the role and of the event itself."""
    assert PushDeliveryRole.NAME == push_role.PUSH_ROLE
    assert (delivery_failure.SOURCE, delivery_failure.DETAIL_TYPE) == (recorded.SOURCE, recorded.DETAIL_TYPE)


def test_the_role_is_the_one_that_the_service_takes_on() -> None:
    """Its name, trust and permission are those of the Developer Guide."""
    stack = stack_in()
    PushDeliveryRole(stack, "Delivery", applications=[APPLICATION])
    role = properties(template_of(stack), ROLE)
    assert role["RoleName"] == "ServiceRoleForAmazonChimePushNotification"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "messaging.chime.amazonaws.com"},
        }
    ]
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "mobiletargeting:SendMessages", "Effect": "Allow", "Resource": f"{APPLICATION}/messages"}
    ]


def test_the_role_serves_applications_of_the_app() -> None:
    """A `CfnApp` works like its ARN."""
    stack = stack_in()
    application = pinpoint.CfnApp(stack, "Application", name="chat")
    PushDeliveryRole(stack, "Delivery", applications=[application, APPLICATION])
    statement = properties(template_of(stack), ROLE)["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == [
        {"Fn::Join": ["", [{"Fn::GetAtt": ["Application", "Arn"]}, "/messages"]]},
        f"{APPLICATION}/messages",
    ]


@pytest.mark.parametrize("wrong", [[], APPLICATION, [ALICE], ["arn:aws:mobiletargeting:us-east-1:1:apps/x"]])
def test_the_role_is_only_for_applications(wrong: Any) -> None:
    """F6: No application, a string that is not an ARN, and another ARN are refused."""
    with pytest.raises(InvalidDeclarationError, match=r"^Stack/Delivery: applications"):
        PushDeliveryRole(stack_in(), "Delivery", applications=wrong)


def test_an_account_has_the_role_once() -> None:
    """The role's name is fixed, so a second role would fail at deployment in any region."""
    app = App()
    here, there = (
        Stack(app, region, env=Environment(account="111122223333", region=region))
        for region in ("us-east-1", "eu-central-1")
    )
    PushDeliveryRole(here, "Delivery", applications=[APPLICATION])
    with pytest.raises(
        InvalidDeclarationError, match=r"^eu-central-1/Again: us-east-1/Delivery already creates this role"
    ):
        PushDeliveryRole(there, "Again", applications=[APPLICATION])
    other = Stack(app, "Other", env=Environment(account="444455556666", region="us-east-1"))
    PushDeliveryRole(other, "Delivery", applications=[APPLICATION])


def test_stacks_whose_account_is_not_known_may_each_have_the_role() -> None:
    """They may be in different accounts. Two roles in one stack are refused."""
    app = App()
    first, second = stack_in(app, "First"), stack_in(app, "Second")
    for stack in (first, second):
        PushDeliveryRole(stack, "Delivery", applications=[APPLICATION])
    with pytest.raises(InvalidDeclarationError, match="First/Delivery already creates this role"):
        PushDeliveryRole(first, "Again", applications=[APPLICATION])


def test_a_rule_matches_the_services_event() -> None:
    """The match follows EventBridge's rules, as moto implements them. Similar events do not match."""
    stack = stack_in()
    endpoint(stack).on_delivery_failure("Failures")
    pattern = EventPattern.load(json.dumps(properties(template_of(stack), RULE)["EventPattern"]))
    sibling = FAILURE | {"detail-type": "Chime Messaging AppInstanceBot Lex Failure"}
    matches = [
        pattern.matches_event(cast(EventMessageType, event))
        for event in (FAILURE, sibling, FAILURE | {"source": "own.app"})
    ]
    assert matches == [True, False, False]


def test_a_rule_takes_what_other_rules_take() -> None:
    """These are the target, the description, the name and a narrower pattern."""
    stack = stack_in()
    topic = sns.Topic(stack, "Topic")
    endpoint(stack).on_delivery_failure(
        "Failures",
        target=targets.SnsTopic(topic),
        description="pushes lost",
        event_pattern=events.EventPattern(detail={"reason": ["throttled"]}),
        rule_name="lost-pushes",
    )
    rule = properties(template_of(stack), RULE)
    assert (rule["Name"], rule["Description"]) == ("lost-pushes", "pushes lost")
    assert rule["EventPattern"] == {
        "source": ["aws.chime"],
        "detail-type": ["Chime Messaging AppInstanceUserEndpoint Delivery Failure"],
        "detail": {"reason": ["throttled"]},
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "TopicBFC7AF6E"}]


def test_an_endpoint_that_was_registered_elsewhere_has_the_rule_too() -> None:
    """The service sends the same events for it."""
    stack = stack_in()
    there = AppInstanceUserEndpoint.from_endpoint_attributes(
        stack, "There", app_instance_user_arn=ALICE, endpoint_id="1"
    )
    there.on_delivery_failure("Failures")
    assert properties(template_of(stack), RULE)["EventPattern"]["source"] == ["aws.chime"]


def test_a_rule_in_another_region_would_never_see_an_event() -> None:
    """The service sends events in its own region."""
    stack = Stack(App(), "Stack", env=Environment(account="111122223333", region="eu-central-1"))
    declared = endpoint(stack)
    with pytest.raises(
        InvalidDeclarationError, match=r"Stack/Phone/Failures: the stack is in .* sends the events in us-east-1"
    ):
        declared.on_delivery_failure("Failures")


def test_failures_can_be_alarmed_on() -> None:
    """A matched event is counted under the rule's name (EventBridge User Guide, "Monitoring")."""
    stack = stack_in()
    rule = endpoint(stack).on_delivery_failure("Failures")
    rule.metric_failures(period=Duration.minutes(1)).create_alarm(
        stack,
        "Lost",
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    template = template_of(stack)
    (name,) = [name for name, each in template["Resources"].items() if each["Type"] == RULE]
    alarm = only(template, ALARM)["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "TriggeredRules")
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 60)
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": name}}]
