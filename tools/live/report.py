"""The results as tables and as a profile for the emulator."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from chime_endpoints_cli.output.console.terminal import console, say
from chime_endpoints_emulator.profile import FORMAT

from .account import Account
from .probes.registry import Observed
from .stack.checks import Check, Verdict

_STYLES = {Verdict.HOLDS: "green", Verdict.DIFFERS: "red", Verdict.NOT_KNOWN: "yellow"}


def show_probes(observed: Sequence[Observed]) -> None:
    """Print a row for each switch: what was observed, and what the emulator assumes if this differs."""
    table = _table("Switch", "Observed", "Assumed")
    for each in observed:
        is_same = each.is_settled and each.value == each.assumed
        style = "yellow" if not each.is_settled else "green" if is_same else "bold"
        shown = _written(each.value) if each.is_settled else Verdict.NOT_KNOWN.value
        table.add_row(each.switch, f"[{style}]{escape(shown)}[/]", "" if is_same else escape(_written(each.assumed)))
    console().print(table)
    for each in observed:
        if not each.is_settled or each.value != each.assumed:
            say(f"{each.switch}: {each.evidence}")


def show_checks(checks: Sequence[Check]) -> None:
    """Print a row for each assumption about stacks, functions and logs."""
    table = _table("Verdict", "Assumption")
    for each in checks:
        table.add_row(f"[{_STYLES[each.verdict]}]{each.verdict}[/]", escape(f"{each.assumption} ({each.name})"))
    console().print(table)
    for each in checks:
        if each.verdict is not Verdict.HOLDS:
            say(f"{each.name}: {each.evidence}")


def write_profile(path: Path, *, account: Account, observed: Sequence[Observed], checks: Sequence[Check]) -> None:
    """Write what was observed, in the form that the emulator loads. It contains no ARN of the account."""
    settled = {
        service: {each.switch: each.value for each in observed if each.is_settled and each.service == service}
        for service in ("identity", "push")
    }
    value: dict[str, Any] = {
        "profile": FORMAT,
        "observed": {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": account.region,
            "of": "the local cloud" if account.is_emulated else "AWS",
        },
        **settled,
        "evidence": {each.switch: each.evidence for each in observed if each.is_settled},
        "not known": {each.switch: each.evidence for each in observed if not each.is_settled},
        "operations": sorted(f"{service}:{operation}" for service, operation in account.operations),
        "stack": {each.name: {"verdict": each.verdict, "evidence": each.evidence} for each in checks},
    }
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
