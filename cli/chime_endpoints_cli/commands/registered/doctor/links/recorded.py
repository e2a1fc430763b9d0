"""Failed deliveries that an EventBridge rule has recorded, such as one of `on_delivery_failure`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.output.console.terminal import counted

from .link import Link, Place, broken, ok
from .looking import Record, Unseen, not_visible

SOURCE = "aws.chime"
DETAIL_TYPE = "Chime Messaging AppInstanceUserEndpoint Delivery Failure"
"""The event of the service, as `DeliveryFailureRule` of the constructs matches it."""
DAYS = 7
"""How far back failures are looked up."""
_HOUR = 3600
_MOST_EVENTS = 10_000


@dataclass(frozen=True, kw_only=True)
class _Failure:
    at: datetime
    reason: str


def failures_link(
    services: Services, *, region: str, user_arn: str, endpoint_ids: list[str], secrets: list[str]
) -> Link:
    """Look for recorded failures of the user's endpoints in the last seven days.

    Args:
        services: the account.
        region: the region of the user, to which the service sends its events.
        user_arn: the user.
        endpoint_ids: the endpoints; AWS does not document how an event names them.
        secrets: the device tokens, which are not shown if an event contains them.
    """
    subject = f"EventBridge in {region}"
    look = Record()
    since = datetime.now(UTC) - timedelta(days=DAYS)
    rules = _rules(services, region, look)
    groups = [group for rule in rules for group in _log_groups(services, region, rule, look)]
    names = [user_arn, *endpoint_ids]
    failures = [each for group in groups for each in _failures(services, region, group, names, since, look)]
    if failures:
        last = max(failures, key=lambda failure: failure.at)
        reason = last.reason
        for secret in secrets:
            reason = reason.replace(secret, "…")
        return broken(
            Place.FAILURES,
            subject,
            f"{counted(len(failures), 'failure')} recorded in the last {DAYS} days, the last at"
            f" {last.at:%Y-%m-%d %H:%M} UTC: {reason}",
            "If the cause has been removed since, send a test push: chime-endpoints doctor --send",
        )
    numbers = {rule: number for rule in rules if (number := _count(services, region, rule, since, look))}
    if look.unseen:
        return not_visible(Place.FAILURES, subject, look.unseen)
    if numbers and not groups:
        return not_visible(Place.FAILURES, subject, _of_any_endpoint(numbers))
    if not rules:
        return ok(
            Place.FAILURES,
            subject,
            "no rule records failed deliveries",
            "`on_delivery_failure` of an endpoint creates one.",
        )
    return ok(Place.FAILURES, subject, f"no failed delivery was recorded in the last {DAYS} days")


def _of_any_endpoint(numbers: Mapping[str, int]) -> Unseen:
    rules = ", ".join(f"{rule} ({number})" for rule, number in numbers.items())
    return Unseen(
        reason=f"rules counted failed deliveries in the last {DAYS} days, but do not record of which endpoint: {rules}",
        remedy="Add a log group of CloudWatch Logs as a target of the rule, and send a message.",
    )


def _rules(services: Services, region: str, look: Record) -> list[str]:
    """Return the names of the enabled rules that match the service's event."""
    rules = services.rules(region)
    found = look(
        "events:ListRules",
        lambda: {"Rules": [each for page in _pages(rules, "list_rules") for each in page["Rules"]]},
    )
    return [each["Name"] for each in (found or {}).get("Rules", []) if _matches(each)]


def _matches(rule: Mapping[str, Any]) -> bool:
    if rule.get("State") == "DISABLED":
        return False
    try:
        pattern = json.loads(rule.get("EventPattern") or "{}")
    except ValueError:
        return False
    return SOURCE in pattern.get("source", []) and DETAIL_TYPE in pattern.get("detail-type", [])


def _log_groups(services: Services, region: str, rule: str, look: Record) -> list[str]:
    """Return the names of the log groups that a rule writes its events to."""
    found = look("events:ListTargetsByRule", lambda: services.rules(region).list_targets_by_rule(Rule=rule))
    arns = [target["Arn"] for target in (found or {}).get("Targets", [])]
    return [arn.partition(":log-group:")[2].removesuffix(":*") for arn in arns if ":log-group:" in arn]


def _failures(
    services: Services, region: str, group: str, names: list[str], since: datetime, look: Record
) -> list[_Failure]:
    logs = services.logs(region)
    found = look(
        "logs:FilterLogEvents",
        lambda: {
            "events": [
                event
                for page in logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group,
                    startTime=int(since.timestamp() * 1000),
                    PaginationConfig={"MaxItems": _MOST_EVENTS},
                )
                for event in page["events"]
            ]
        },
    )
    events = (found or {}).get("events", [])
    return [_failure(event) for event in events if any(name in event["message"] for name in names)]


def _failure(event: Mapping[str, Any]) -> _Failure:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    try:
        detail = json.loads(event["message"]).get("detail") or {}
        reason = str(detail.get("failureReason") or "without a reason")
    except (ValueError, AttributeError):
        reason = "without a reason"
    return _Failure(at=at, reason=reason)


def _count(services: Services, region: str, rule: str, since: datetime, look: Record) -> int:
    """Return how many events a rule has matched."""
    found = look(
        "cloudwatch:GetMetricStatistics",
        lambda: services.metrics(region).get_metric_statistics(
            Namespace="AWS/Events",
            MetricName="TriggeredRules",
            Dimensions=[{"Name": "RuleName", "Value": rule}],
            StartTime=since,
            EndTime=datetime.now(UTC),
            Period=24 * _HOUR,
            Statistics=["Sum"],
        ),
    )
    points: list[dict[str, float]] = (found or {}).get("Datapoints", [])
    return round(sum(point["Sum"] for point in points))


def _pages(client: Any, operation: str) -> Iterator[Mapping[str, Any]]:
    yield from client.get_paginator(operation).paginate()
