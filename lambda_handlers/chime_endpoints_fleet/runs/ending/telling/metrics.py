"""The metrics of a fleet, in CloudWatch's embedded metric format: a line in the function's log."""

from __future__ import annotations

import json
import sys

from ...deciding.counted import Counted

NAMESPACE = "ChimeEndpoints"


def publish(fleet: str, run: str, counted: Counted, *, now: float) -> None:
    """Publish metrics of a fleet. They contain numbers only."""
    values = {
        "Registered": counted.registered,
        "Failed": counted.failed,
        "Remaining": counted.remaining,
        "Throttled": counted.throttled,
    }
    definition = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Fleet"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
    }
    line = {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [definition]}, "Fleet": fleet, "Run": run}
    sys.stdout.write(json.dumps({**line, **values}) + "\n")
    sys.stdout.flush()
