"""The state of a fleet, which its newest check has found: comparing all its endpoints here would take hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.fleet import read_fleet
from chime_endpoints_cli.account.fleets.runs.checks import Check, read_check
from chime_endpoints_cli.account.stacks.desired import DesiredResource
from chime_endpoints_cli.commands.registered.drift.findings import Finding, State
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.translation import in_one_line


def compare_fleet(declared: DesiredResource, services: Services) -> Finding:
    """Return what the newest check of a fleet has found."""
    held = declared.held
    named = f"--fleet {held.stack.name}/{held.logical_id}"
    found = Finding(
        held=held,
        path=declared.path,
        subject=f"fleet {held.own_name}",
        state=State.UNKNOWN,
        repair=f"Compare it: chime-endpoints fleet check {named}",
    )
    try:
        check = read_check(services, read_fleet(services, declared))
    except (CommandError, ClientError, BotoCoreError) as error:
        return replace(found, reason=in_one_line(error), repair="")
    if check is None:
        return replace(found, reason="drift does not compare the endpoints of a fleet, and it was never checked")
    if not check.is_complete:
        return replace(found, reason=f"check {check.run} is in progress, or was not completed")
    when = f" on {check.began:%Y-%m-%d at %H:%M} UTC" if check.began else ""
    counted = f"{check.compared:,} endpoints compared{when}"
    if not check.findings:
        return replace(found, state=State.IN_SYNC, reason=counted, repair="")
    return replace(
        found,
        state=State.CHANGED,
        reason=f"{_counts(check)}; {counted}",
        repair=f"List them: chime-endpoints fleet check --last {named}",
    )


def _counts(check: Check) -> str:
    counts = Counter(finding.state for finding in check.findings)
    return ", ".join(f"{count:,} {state}" for state, count in counts.items())
