"""The metrics of a fleet, in CloudWatch's embedded metric format: a line in the function's log."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

NAMESPACE = "ChimeEndpoints"


def publish(fleet: str, run: str, values: Mapping[str, int], *, now: float) -> None:
    """Publish metrics of a fleet. They contain numbers only."""
    definition = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Fleet"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
    }
    line = {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [definition]}, "Fleet": fleet, "Run": run}
    sys.stdout.write(json.dumps({**line, **values}) + "\n")
    sys.stdout.flush()
