"""The EventBridge rule for pushes that could not be delivered."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from chime_endpoints._cdk.tree import child_path
from chime_endpoints._validation.option_types import check_options
from chime_endpoints.errors import InvalidDeclarationError
from chime_endpoints.metrics import MetricOptions, options_of

SOURCE = "aws.chime"
DETAIL_TYPE = "Chime Messaging AppInstanceUserEndpoint Delivery Failure"
"""As the EventBridge Events Reference names it, under "Amazon Chime events"."""


class DeliveryFailureRule(events.Rule):
    """An EventBridge rule for pushes that Amazon Chime SDK messaging could not deliver.

    `AppInstanceUserEndpoint.on_delivery_failure` creates it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        target: events.IRuleTarget | None = None,
        description: str | None = None,
        event_pattern: events.EventPattern | None = None,
        rule_name: str | None = None,
    ) -> None:
        """See `AppInstanceUserEndpoint.on_delivery_failure`."""
        if problems := check_options(DeliveryFailureRule.__init__, locals()).problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id, description=description, event_pattern=event_pattern, rule_name=rule_name)
        self.add_event_pattern(source=[SOURCE], detail_type=[DETAIL_TYPE])
        self.add_target(target)

    def metric_failures(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the metric of the failures that the rule matched (`AWS/Events` `TriggeredRules`).

        No data is published while nothing fails. In an alarm, treat missing data as not breaching.

        Args:
            options: see `MetricOptions`. Default statistic: `Sum`.
        """
        given = options_of(self, options, statistic="Sum")
        metric = cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="TriggeredRules",
            dimensions_map={"RuleName": self.rule_name},
            **given,
        )
        return metric.attach_to(self)
