"""Alarms on what an operator of push endpoints has to look into."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from chime_endpoints._cdk.tree import child_path
from chime_endpoints._validation.option_type_names import OPTION_TYPES
from chime_endpoints._validation.option_types import check_options
from chime_endpoints.errors import InvalidDeclarationError
from chime_endpoints.provider import EndpointProvider

from .delivery_failure import DeliveryFailureRule

OPTION_TYPES[EndpointProvider] = ("an EndpointProvider", "Use EndpointProvider.of(construct).")
OPTION_TYPES[DeliveryFailureRule] = ("a DeliveryFailureRule", "Use the result of endpoint.on_delivery_failure.")


class EndpointAlarms(Construct):
    """An alarm for each kind of failure that nobody would notice otherwise.

    - `failures`: the function has failed, also where CloudFormation goes on.
    - `errors`: an invocation ended without a response, so that CloudFormation waits until it times out.
    - `events_dropped`: Lambda has given up an event, with the same effect.
    - `delivery_failures`: pushes could not be delivered. Only with a rule for them.

    Each alarm goes off at the first failure within five minutes, and missing data is not a failure.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        provider: EndpointProvider,
        deliveries: DeliveryFailureRule | None = None,
        lost_pushes: int | None = None,
        actions: Sequence[cloudwatch.IAlarmAction] | None = None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: the stack or construct to create the alarms in.
            id: the construct id within the scope.
            provider: the provider whose function is watched.
            deliveries: the rule from `AppInstanceUserEndpoint.on_delivery_failure`. Default: no alarm on deliveries.
            lost_pushes: the number of undelivered pushes in five minutes at which the alarm goes off. Default: 1.
            actions: what happens when an alarm goes off, from `aws_cdk.aws_cloudwatch_actions`. Default: nothing.

        Raises:
            InvalidDeclarationError: an option has the wrong type, or `lost_pushes` is less than 1 or has no rule.
        """
        checked = check_options(EndpointAlarms.__init__, locals())
        problems = checked.problems
        if checked.is_number(lost_pushes, "lost_pushes") and lost_pushes < 1:
            problems.append(f"lost_pushes is {lost_pushes}; the smallest number is 1.")
        elif deliveries is None and lost_pushes is not None and not checked.wrong:
            problems.append("lost_pushes is set without deliveries; pass the rule that counts them.")
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        period = Duration.minutes(5)
        self.failures = self._alarm(
            "Failures",
            provider.metric_failures(period=period),
            "The function failed to manage a push endpoint or its tags. Its log says why.",
        )
        """The alarm on failures of the function."""
        self.errors = self._alarm(
            "Errors",
            provider.metric_errors(period=period),
            "An invocation of the function ended without a response to CloudFormation.",
        )
        """The alarm on invocations without a response."""
        self.events_dropped = self._alarm(
            "EventsDropped",
            provider.metric_events_dropped(period=period),
            "AWS Lambda gave up an event, and CloudFormation waits for its response.",
        )
        """The alarm on events that Lambda gave up."""
        self.delivery_failures: cloudwatch.Alarm | None = None
        """The alarm on undelivered pushes, if there is a rule for them."""
        if deliveries is not None:
            self.delivery_failures = self._alarm(
                "DeliveryFailures",
                deliveries.metric_failures(period=period),
                "Amazon Chime SDK could not deliver pushes. `chime-endpoints doctor` finds the reason.",
                threshold=1 if lost_pushes is None else lost_pushes,
            )
        for alarm in self.all:
            alarm.add_alarm_action(*(actions or ()))

    @property
    def all(self) -> list[cloudwatch.Alarm]:
        """All alarms."""
        alarms = (self.failures, self.errors, self.events_dropped, self.delivery_failures)
        return [alarm for alarm in alarms if alarm is not None]

    def _alarm(self, name: str, metric: cloudwatch.Metric, about: str, *, threshold: int = 1) -> cloudwatch.Alarm:
        return metric.create_alarm(
            self,
            name,
            alarm_description=about,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
