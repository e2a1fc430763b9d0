"""The metrics of a provider, and how any metric of this package may be asked for, as CDK's own constructs have it."""

from __future__ import annotations

from typing import TypedDict, Unpack, cast

from aws_cdk import Duration, Names
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from .errors import InvalidDeclarationError
from .kinds import check

NAMESPACE = "ChimeEndpoints"


class MetricOptions(TypedDict, total=False):
    """How a metric is to be read and drawn; all of it optional, as in `aws_cloudwatch.MetricOptions`."""

    account: str
    """The account that it comes from. Default: that of the stack which uses it."""
    color: str
    """Its color in graphs, as `#RRGGBB`. Default: CloudWatch's."""
    label: str
    """Its name in graphs. Default: CloudWatch's."""
    period: Duration
    """The time that one value covers. Default: 5 minutes."""
    region: str
    """The region that it comes from. Default: that of the stack which uses it."""
    statistic: str
    """How values become one, as `Sum` or `p99`. Default: the method's own."""
    unit: cloudwatch.Unit
    """The unit that values must have to count. Default: any."""


def options_of(of: IConstruct, given: MetricOptions, **defaults: Unpack[MetricOptions]) -> MetricOptions:
    """The options of a metric: those given, and for what is not given or None the defaults.

    Raises:
        InvalidDeclarationError: an option is of the wrong kind.
    """
    if problems := check(MetricOptions, given).problems:
        raise InvalidDeclarationError(of.node.path, problems)
    chosen = {name: value for name, value in given.items() if value is not None}
    return cast(MetricOptions, {**defaults, **chosen})


class ProviderMetrics(Construct):
    """The metrics of a function that handles custom resources.

    Nothing is published while no resource is handled, so let an alarm treat missing data as not breaching.
    """

    function: lambda_.Function
    """The function."""
    log_group: logs.LogGroup
    """What the function logs: one JSON object a line."""

    def metric_failures(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The failures that the function has logged: resources that it answered FAILED for, answers nobody accepted.

        CloudFormation tells the person who deploys. This tells everybody else, and also of what CloudFormation
        leaves behind: after an update, it reports a deletion that failed, and goes on. AWS publishes no such metric
        for a function that answers; so the first use adds a metric filter on the log group, which finds nothing where
        `log_level` is FATAL.

        Args:
            options: see `MetricOptions`. Statistic: `Sum` unless given.
        """
        there = self.node.try_find_child("Failures")
        found = there if isinstance(there, logs.MetricFilter) else self._filter()
        given = options_of(self, options, statistic="Sum")
        return found.metric(**given)

    def metric_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The invocations that ended in an error or a timeout, `AWS/Lambda` `Errors`: nobody got an answer from them.

        Args:
            options: see `MetricOptions`. Statistic: `Sum` unless given.
        """
        return self.function.metric_errors(**options_of(self, options))

    def metric_throttles(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The invocations that Lambda put off since too many ran at once, `AWS/Lambda` `Throttles`.

        Args:
            options: see `MetricOptions`. Statistic: `Sum` unless given.
        """
        return self.function.metric_throttles(**options_of(self, options))

    def metric_duration(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The time that handling an event took, in milliseconds, `AWS/Lambda` `Duration`.

        Args:
            options: see `MetricOptions`. Statistic: `Average` unless given.
        """
        return self.function.metric_duration(**options_of(self, options))

    def metric_events_dropped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The events that Lambda gave up, `AWS/Lambda` `AsyncEventsDropped`: CloudFormation waits for them in vain.

        Args:
            options: see `MetricOptions`. Statistic: `Sum` unless given.
        """
        given = options_of(self, options, statistic="Sum")
        return self.function.metric("AsyncEventsDropped", **given)

    def _filter(self) -> logs.MetricFilter:
        level = logs.FilterPattern.string_value("$.level", "=", "ERROR")
        ours = logs.FilterPattern.string_value("$.logger", "=", "chime_endpoints")
        return logs.MetricFilter(
            self,
            "Failures",
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.all(ours, level),
            metric_namespace=NAMESPACE,
            metric_name=f"{Names.unique_resource_name(self, max_length=200)}Failures",
        )
