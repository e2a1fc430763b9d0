"""The metrics of a provider, and the options that every metric of this package accepts."""

from __future__ import annotations

from typing import TypedDict, Unpack, cast

from aws_cdk import Duration, Names
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from ._validation.option_types import check_options
from .errors import InvalidDeclarationError

NAMESPACE = "ChimeEndpoints"


class MetricOptions(TypedDict, total=False):
    """The options of a metric, all optional, as in `aws_cloudwatch.MetricOptions`."""

    account: str
    """The account that publishes the metric. Default: the account of the stack that uses it."""
    color: str
    """The color in graphs, as `#RRGGBB`. Default: chosen by CloudWatch."""
    label: str
    """The label in graphs. Default: chosen by CloudWatch."""
    period: Duration
    """The period over which values are aggregated. Default: 5 minutes."""
    region: str
    """The region that publishes the metric. Default: the region of the stack that uses it."""
    statistic: str
    """The statistic that aggregates the values, such as `Sum` or `p99`. Default: depends on the method."""
    unit: cloudwatch.Unit
    """The unit by which values are filtered. Default: all units."""


def options_of(of: IConstruct, given: MetricOptions, **defaults: Unpack[MetricOptions]) -> MetricOptions:
    """Return the given options of a metric, with defaults for options that are missing or None.

    Raises:
        InvalidDeclarationError: an option has the wrong type.
    """
    if problems := check_options(MetricOptions, given).problems:
        raise InvalidDeclarationError(of.node.path, problems)
    chosen = {name: value for name, value in given.items() if value is not None}
    return cast(MetricOptions, {**defaults, **chosen})


class ProviderMetrics(Construct):
    """The metrics of a function that handles custom resources.

    No data is published while the function handles no resource. In an alarm, treat missing data as not breaching.
    """

    function: lambda_.Function
    """The Lambda function."""
    log_group: logs.LogGroup
    """The function's log group. Each log event is one JSON object."""

    def metric_failures(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of failures that the function has logged.

        A failure is a FAILED response, or a response that was not accepted. CloudFormation reports failures only to the
        person who deploys. If a deletion fails after an update, CloudFormation reports it, continues, and leaves the
        endpoint behind. With an alarm on this metric, your team learns of both.

        AWS publishes no such metric, so the first call adds a metric filter to the log group. If `log_level` is FATAL,
        the filter matches nothing.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        is_error = logs.FilterPattern.string_value("$.level", "=", "ERROR")
        return self._counted("Failures", is_error, options)

    def metric_registrations(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of endpoints that the function has registered, also in place of another one.

        AWS publishes no such metric, so the first call adds a metric filter to the log group. If `log_level` is higher
        than INFO, the filter matches nothing.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        return self._counted("Registrations", _says("*: SUCCESS, registered *"), options)

    def metric_throttled_events(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of events during which a service throttled a call, so that the function made it again.

        Amazon Chime SDK allows 50 requests a second for the whole account. AWS publishes no such metric, so the first
        call adds a metric filter to the log group. If `log_level` is higher than INFO, the filter matches only events
        that failed.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        return self._counted("ThrottledEvents", _says("* throttled, *"), options)

    def metric_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of invocations that ended in an error or a timeout (`AWS/Lambda` `Errors`).

        Such an invocation sends no response to CloudFormation.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        return self.function.metric_errors(**options_of(self, options))

    def metric_throttles(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of invocations that Lambda delayed because too many ran at once (`AWS/Lambda` `Throttles`).

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        return self.function.metric_throttles(**options_of(self, options))

    def metric_duration(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of the time to handle an event, in milliseconds (`AWS/Lambda` `Duration`).

        Args:
            options: see `MetricOptions`. Default statistic: `Average`.
        """
        return self.function.metric_duration(**options_of(self, options))

    def metric_events_dropped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of events that Lambda dropped after its last retry (`AWS/Lambda` `AsyncEventsDropped`).

        CloudFormation receives no response to a dropped event and waits until it times out.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        given = options_of(self, options, statistic="Sum")
        return self.function.metric("AsyncEventsDropped", **given)

    def _counted(self, name: str, pattern: logs.JsonPattern, options: MetricOptions) -> cloudwatch.Metric:
        """Return a metric of the function's log events that match a pattern."""
        given = options_of(self, options, statistic="Sum")
        there = self.node.try_find_child(name)
        if isinstance(there, logs.MetricFilter):
            return there.metric(**given)
        ours = logs.FilterPattern.string_value("$.logger", "=", "chime_endpoints")
        return logs.MetricFilter(
            self,
            name,
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.all(ours, pattern),
            metric_namespace=NAMESPACE,
            metric_name=f"{Names.unique_resource_name(self, max_length=200)}{name}",
        ).metric(**given)


def _says(text: str) -> logs.JsonPattern:
    return logs.FilterPattern.string_value("$.message", "=", text)
