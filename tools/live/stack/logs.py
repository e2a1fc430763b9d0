"""What the function's log contains, and whether the filter of the failure metric finds its failures."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints import EndpointProvider
from live.account import Account

from .checks import Check, checked

LONGEST = 90.0
"""Seconds until an event is in the log; the local cloud writes it at once, or never."""
_POLL = 3.0
_KEYS = {"level", "logger", "message", "timestamp"}


def log_events(account: Account, log_group: str, needed: str, *, patience: float) -> list[str]:
    """Return the messages of a log group, the oldest first, as soon as one contains this text or time is up."""
    deadline = time.monotonic() + patience
    while True:
        pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=log_group)
        found = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
        messages = [str(event["message"]) for event in found]
        if any(needed in message for message in messages) or time.monotonic() > deadline:
            return messages
        time.sleep(_POLL)


def checks_of_log(account: Account, log_group: str) -> Iterator[Check]:
    """Check the form of the log, and what it says about the rollbacks."""
    messages = log_events(account, log_group, "Delete of Phone", patience=0 if account.is_emulated else LONGEST)
    records = [record for record in map(_record, messages) if record.get("logger") == "chime_endpoints"]
    keys = {key for record in records for key in record}
    yield checked(
        "log-keys",
        "Each log event of the function is one JSON object with level, logger and message.",
        all(record.keys() >= _KEYS for record in records) if records else None if not messages else False,
        f"{len(records)} of {len(messages)} events are from the function, with {', '.join(sorted(keys)) or 'no keys'}",
    )
    yield _metric_filter(account, messages)
    operations = [
        found[1] for record in records if (found := re.match(r"(\w+) of Phone\b", str(record.get("message"))))
    ]
    rollback = operations[2:3]
    meaning = {"Update": "an Update to the earlier properties, then a Delete", "Delete": "only a Delete of the new one"}
    yield checked(
        "rollback-of-replacement",
        "CloudFormation rolls a replacement back with an Update and a Delete, or with a Delete alone.",
        bool(rollback) and rollback[0] in meaning if operations else None,
        f"{meaning.get(rollback[0], rollback[0]) if rollback else 'nothing'}; all events: {', '.join(operations)}",
    )
    deletes = [record for record in records if str(record.get("message", "")).startswith("Delete of FirstBroken")]
    yield checked(
        "delete-after-failed-create",
        "CloudFormation sends a Delete for the resource whose Create has failed.",
        bool(deletes) if records else None,
        f"{len(deletes)} Delete events for it",
    )


def _metric_filter(account: Account, messages: list[str]) -> Check:
    failures = [message for message in messages if _record(message).get("level") == "ERROR"]
    matched, evidence = None, "no failure in the log"
    if failures:
        try:
            answer = account.client("logs").test_metric_filter(
                filterPattern=filter_pattern(), logEventMessages=messages[:50]
            )
            numbers = {match["eventNumber"] - 1 for match in answer["matches"]}
            found = [message for number, message in enumerate(messages[:50]) if number in numbers]
            expected = [message for message in messages[:50] if message in failures]
            matched, evidence = found == expected, f"{len(found)} matches for {len(expected)} failures"
        except (ClientError, BotoCoreError) as error:
            evidence = f"TestMetricFilter: {error}"
    return checked(
        "metric-filter", "The filter of the provider's failure metric matches exactly its failures.", matched, evidence
    )


@cache
def filter_pattern() -> str:
    """Return the filter pattern of `EndpointProvider.metric_failures`."""
    stack = Stack(App(analytics_reporting=False), "Stack")
    EndpointProvider(stack, "Provider").metric_failures()
    [found] = Template.from_stack(stack).find_resources("AWS::Logs::MetricFilter").values()
    return cast(str, found["Properties"]["FilterPattern"])


def _record(message: str) -> dict[str, Any]:
    try:
        record = json.loads(message)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
