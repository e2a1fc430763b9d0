"""Timestamps as services send them, in seconds since the epoch."""

from __future__ import annotations

from datetime import datetime

CLOCK_SKEW = 5.0
"""Seconds by which the clocks of Chime, CloudFormation and Lambda may differ."""
RESOLUTION = 0.001
"""Seconds by which a timestamp may be truncated: services return milliseconds."""

_MILLISECONDS_FROM = 10_000_000_000  # interpreted as seconds, this is the year 2286


def seconds(timestamp: object) -> float | None:
    """Convert ISO 8601 text or a number of seconds or milliseconds to seconds; None for anything else."""
    if isinstance(timestamp, datetime):
        return timestamp.timestamp()
    if isinstance(timestamp, str):
        try:
            return datetime.fromisoformat(timestamp).timestamp()
        except ValueError:
            return None
    if isinstance(timestamp, (int, float)) and not isinstance(timestamp, bool):
        return timestamp / 1000 if timestamp > _MILLISECONDS_FROM else float(timestamp)
    return None
