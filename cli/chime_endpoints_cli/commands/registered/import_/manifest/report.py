"""What `import --fleet` says at its end: what was written, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chime_endpoints_cli.output.console.terminal import complain, counted

from .writing import Written

_MOST_SHOWN = 20


def show(written: Written, path: Path, *, continued: int) -> None:
    """Print the report to the standard error."""
    if continued:
        complain(f"Continued an interrupted import: {counted(continued, 'user')} had been read before.")
    for holder, number in sorted(written.held.items()):
        complain(f"skipped: {counted(number, 'endpoint')} of {holder}")
    for physical_id, why in written.unfit[:_MOST_SHOWN]:
        complain(f"not imported: {physical_id}: {why}")
    if len(written.unfit) > _MOST_SHOWN:
        complain(f"not imported: {len(written.unfit) - _MOST_SHOWN} more (--json lists all of them)")
    if written.inactive:
        complain(f"note: {counted(written.inactive, 'endpoint')} INACTIVE; importing does not change that")
    if not written.endpoints:
        complain("0 endpoints imported; no file was written")
        return
    complain(f"{counted(written.endpoints, 'endpoint')} imported into {path}")
    complain(f"{path} has the device tokens. Only you can read it; delete it once it is in the bucket.")
    complain("The lines leave out what most endpoints have in common. Declare it as the defaults of the fleet:")
    complain(f"  app_instance  {written.defaults.app_instance}")
    complain(f"  application   {written.defaults.application}")
    complain(f"  type          {written.defaults.type}")
    defaults = f"--app-instance {written.defaults.app_instance} --application {written.defaults.application}"
    complain("Next, check the file, upload it and deploy the fleet:")
    complain(f"  chime-endpoints fleet plan {path} --new {defaults} --type {written.defaults.type}")


def to_json(written: Written, path: Path, *, continued: int) -> dict[str, Any]:
    """Return the report for other programs."""
    defaults = written.defaults
    return {
        "manifest": str(path),
        "endpoints": written.endpoints,
        "defaults": {
            "app_instance": defaults.app_instance,
            "application": defaults.application,
            "type": defaults.type,
        },
        "inactive": written.inactive,
        "skipped": dict(sorted(written.held.items())),
        "not_imported": [{"endpoint": physical_id, "reason": why} for physical_id, why in written.unfit],
        "users_read_before": continued,
    }
