"""The metrics of a provider, and alarms on them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from chime_endpoints import EndpointProvider
from chime_endpoints_emulator import Fault
from chime_endpoints_handler import index
from support.stage import Stage
from synth.stage import endpoint, only, properties, resources, stack_in, template_of

ALARM, FILTER, FUNCTION = "AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter", "AWS::Lambda::Function"


def alarm(stack: Stack, metric: cloudwatch.Metric) -> dict[str, Any]:
    """The alarm on a metric, as it is in the template."""
    metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
    return dict(properties(template_of(stack), ALARM))


@pytest.mark.parametrize(
    ("metric", "name", "statistic"),
    [
        (EndpointProvider.metric_errors, "Errors", "Sum"),
        (EndpointProvider.metric_throttles, "Throttles", "Sum"),
        (EndpointProvider.metric_duration, "Duration", "Average"),
        (EndpointProvider.metric_events_dropped, "AsyncEventsDropped", "Sum"),
    ],
)
def test_lambdas_own_metrics_are_those_of_the_function(metric: Any, name: str, statistic: str) -> None:
    """They have the names that AWS Lambda publishes, and need no resource."""
    stack = stack_in()
    made = alarm(stack, metric(EndpointProvider(stack, "P")))
    (function,) = resources(template_of(stack), FUNCTION)
    assert (made["Namespace"], made["MetricName"], made["Statistic"]) == ("AWS/Lambda", name, statistic)
    assert made["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]


def test_failures_are_counted_in_the_log() -> None:
    """F63: The filter counts the function's messages at level ERROR, under a name of this provider."""
    stack = stack_in()
    provider = EndpointProvider(stack, "P")
    made = alarm(stack, provider.metric_failures(period=Duration.minutes(1)))
    template = template_of(stack)
    (log_group,) = resources(template, "AWS::Logs::LogGroup")
    counted = properties(template, FILTER)
    assert counted["LogGroupName"] == {"Ref": log_group}
    assert counted["FilterPattern"] == f'{{ ($.logger = "{index.log.name}") && ($.level = "ERROR") }}'
    (transformation,) = counted["MetricTransformations"]
    assert transformation["MetricName"] == made["MetricName"]
    assert transformation["MetricNamespace"] == made["Namespace"]
    assert (made["Statistic"], made["Period"]) == ("Sum", 60)


@pytest.mark.parametrize(
    ("metric", "throttles", "expected"),
    [
        (EndpointProvider.metric_registrations, 0, ["Create"]),
        (EndpointProvider.metric_registrations, 1, ["Create"]),
        (EndpointProvider.metric_throttled_events, 0, []),
        (EndpointProvider.metric_throttled_events, 1, ["Create"]),
    ],
)
def test_what_the_function_logs_is_counted(
    stage: Stage, caplog: pytest.LogCaptureFixture, metric: Any, throttles: int, expected: list[str]
) -> None:
    """The filter matches the log events of a Create, or of one that was throttled, and not those of a Delete."""
    stack = stack_in()
    metric(EndpointProvider(stack, "P"))
    text = properties(template_of(stack), FILTER)["FilterPattern"]
    pattern = re.search(r'\(\$\.message = "(.*)"\)', text)
    assert pattern is not None
    if throttles:
        stage.backend.faults.append(Fault("RegisterAppInstanceUserEndpoint", error="ThrottledClientException"))
    with caplog.at_level("INFO", index.log.name):
        made = stage.create()
        stage.delete(made["PhysicalResourceId"])
    assert [each.split()[0] for each in caplog.messages if fnmatchcase(each, pattern[1])] == expected


def test_the_filter_is_made_once_and_only_when_it_is_asked_for() -> None:
    """An endpoint by itself creates none."""
    stack = stack_in()
    endpoint(stack)
    assert not resources(template_of(stack), FILTER)
    other = stack_in()
    provider = EndpointProvider(other, "P")
    assert provider.metric_failures().metric_name == provider.metric_failures().metric_name
    assert only(template_of(other), FILTER)


def test_two_providers_have_metrics_of_their_own() -> None:
    """Their failures are counted separately."""
    stack = stack_in()
    one, two = (EndpointProvider(stack, name).metric_failures() for name in ("One", "Two"))
    assert one.metric_name != two.metric_name


def test_options_are_cloudwatchs() -> None:
    """Each option reaches the metric."""
    metric = EndpointProvider(stack_in(), "P").metric_failures(
        label="Failures", color="#ff0000", statistic="Maximum", period=Duration.hours(1)
    )
    assert (metric.label, metric.color, metric.statistic) == ("Failures", "#ff0000", "Maximum")
    assert metric.period.to_seconds() == 3600
