"""Alarms and a dashboard of push endpoints."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from chime_endpoints import (
    DeliveryFailureRule,
    EndpointAlarms,
    EndpointDashboard,
    EndpointProvider,
    InvalidDeclarationError,
)
from synth.stage import endpoint, only, resources, stack_in, template_of

ALARM, DASHBOARD = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"


def deliveries_of(stack: Stack) -> DeliveryFailureRule:
    """The rule of an endpoint."""
    return endpoint(stack).on_delivery_failure("Lost")


def alarms_of(stack: Stack) -> dict[str, dict[str, Any]]:
    """The alarms in a template by the metric that they watch."""
    made = [each["Properties"] for each in resources(template_of(stack), ALARM).values()]
    return {re.sub(r"^Stack\w*?(?=Failures$)", "", each["MetricName"]): each for each in made}


def test_each_kind_of_failure_has_an_alarm() -> None:
    """Each goes off at the first failure within five minutes, and not while nothing happens."""
    stack = stack_in()
    made = EndpointAlarms(stack, "Alarms", provider=EndpointProvider(stack, "P"))
    alarms = alarms_of(stack)
    assert alarms.keys() == {"Failures", "Errors", "AsyncEventsDropped"}
    assert made.delivery_failures is None
    for each in alarms.values():
        assert (each["Threshold"], each["Period"], each["Statistic"], each["EvaluationPeriods"]) == (1, 300, "Sum", 1)
        assert each["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert each["TreatMissingData"] == "notBreaching"
        assert "AlarmActions" not in each


def test_undelivered_pushes_have_an_alarm_with_a_number_of_their_own() -> None:
    """A rule counts them."""
    stack = stack_in()
    EndpointAlarms(stack, "Alarms", provider=EndpointProvider.of(stack), deliveries=deliveries_of(stack), lost_pushes=7)
    assert alarms_of(stack)["TriggeredRules"]["Threshold"] == 7


def test_every_alarm_has_the_actions() -> None:
    """An operator learns of all of them in one place."""
    stack = stack_in()
    topic = sns.Topic(stack, "Operators")
    provider = EndpointProvider.of(stack)
    EndpointAlarms(
        stack, "Alarms", provider=provider, deliveries=deliveries_of(stack), actions=[actions.SnsAction(topic)]
    )
    (name,) = resources(template_of(stack), "AWS::SNS::Topic")
    assert [each["AlarmActions"] for each in alarms_of(stack).values()] == [[{"Ref": name}]] * 4


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"lost_pushes": 0}, "lost_pushes is 0; the smallest number is 1."),
        ({"lost_pushes": 5, "deliveries": None}, "lost_pushes is set without deliveries"),
    ],
)
def test_a_number_of_lost_pushes_needs_a_rule_and_is_at_least_one(options: dict[str, Any], problem: str) -> None:
    """Otherwise the alarm would always be on, or never."""
    stack = stack_in()
    given = {"provider": EndpointProvider.of(stack), "deliveries": deliveries_of(stack)} | options
    with pytest.raises(InvalidDeclarationError, match=problem):
        EndpointAlarms(stack, "Alarms", **given)


def body_of(stack: Stack) -> list[dict[str, Any]]:
    """The widgets of the only dashboard, with references as their names."""
    body = only(template_of(stack), DASHBOARD)["Properties"]["DashboardBody"]
    parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
    text = "".join(part if isinstance(part, str) else next(iter(part.values()))[0][:20] for part in parts)
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def test_a_dashboard_shows_what_an_operator_looks_for() -> None:
    """The widgets are side by side without gaps, and each is as wide as the others of its kind."""
    stack = stack_in()
    provider, deliveries = EndpointProvider.of(stack), deliveries_of(stack)
    alarms = EndpointAlarms(stack, "Alarms", provider=provider, deliveries=deliveries)
    EndpointDashboard(
        stack, "Dashboard", provider=provider, deliveries=deliveries, alarms=alarms, dashboard_name="Chat"
    )
    places = {each["properties"]["title"]: (each["x"], each["y"], each["width"]) for each in body_of(stack)}
    assert places == {
        "Alarms": (0, 0, 24),
        "Registrations and failures": (0, 3, 12),
        "Throttling": (12, 3, 12),
        "No response to CloudFormation": (0, 9, 12),
        "Duration": (12, 9, 12),
        "Undelivered pushes, all endpoints of the account and region": (0, 15, 24),
    }
    assert only(template_of(stack), DASHBOARD)["Properties"]["DashboardName"] == "Chat"


def test_a_dashboard_needs_only_a_provider() -> None:
    """Without a rule and alarms, their widgets are left out."""
    stack = stack_in()
    dashboard = EndpointDashboard(stack, "Dashboard", provider=EndpointProvider.of(stack))
    dashboard.add_widgets(cloudwatch.TextWidget(markdown="# Ours"))
    assert [each["properties"].get("title") for each in body_of(stack)] == [
        "Registrations and failures",
        "Throttling",
        "No response to CloudFormation",
        "Duration",
        None,
    ]
    assert Duration.days(1).to_iso_string() in str(only(template_of(stack), DASHBOARD))
