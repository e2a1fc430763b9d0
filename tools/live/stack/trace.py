"""What Lambda and CloudFormation hand to a function: the trace header, and properties as strings."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from live.sandbox.sandbox import Sandbox
from live.sandbox.stacks import deploy, outputs

from .checks import Check, checked
from .logs import log_events
from .templates import trace_stack

_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-")
_TOLERANCE = 30.0
"""Seconds between the time in the header and the entry into the function, at a first delivery."""
_RETRY = 150.0
"""Seconds until Lambda has delivered an event again: it waits a minute."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An event that the suite has sent to the function, which fails at its first delivery."""

    log_group: str
    stack: Mapping[str, Any]


def send(sandbox: Sandbox) -> Sent:
    """Deploy the function, and send it an event asynchronously."""
    name = sandbox.run.name("trace")
    stack = deploy(sandbox.account, "create", name, trace_stack(name), tags=sandbox.run.tags)
    payload = json.dumps({"sent": time.time()}).encode()
    sandbox.account.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
    return Sent(log_group=f"/aws/lambda/{name}", stack=stack)


def checks_of_trace(sandbox: Sandbox, sent: Sent, *, waits_for_retry: bool) -> Iterator[Check]:
    """Check the header of both events, and of the second delivery if there is time for it."""
    told = outputs(sent.stack)
    root = _ROOT.search(told.get("Trace", ""))
    age = float(told["Entered"]) - int(root[1], 16) if root else None
    yield checked(
        "trace-header",
        "The root of Lambda's trace header is the time at which CloudFormation sent the event.",
        (age is not None and -1 < age < _TOLERANCE) if told else None,
        f"the header's time is {age:.1f} s before the function began"
        if age is not None
        else f"the header is {told.get('Trace') or 'missing'}; the stack is {sent.stack['StackStatus']}",
    )
    properties = json.loads(told["Properties"]) if told else {}
    yield checked(
        "properties-are-strings",
        "CloudFormation sends scalar properties as strings, and keeps lists and maps.",
        properties == {"Number": "5", "Flag": "true", "Empty": {"Items": ["a"]}} if told else None,
        json.dumps(properties),
    )
    yield _second_delivery(sandbox, sent, waits_for_retry=waits_for_retry)


def _second_delivery(sandbox: Sandbox, sent: Sent, *, waits_for_retry: bool) -> Check:
    name, assumption = "trace-header-of-retry", "A second delivery of an event has the first one's trace header."
    if not waits_for_retry:
        return checked(name, assumption, None, "left out with --quick")
    deadline = time.monotonic() + _RETRY
    deliveries: list[dict[str, str]] = []
    while len(deliveries) < 2 and time.monotonic() < deadline:
        messages = log_events(sandbox.account, sent.log_group, "never", patience=0)
        deliveries = [json.loads(message)["live"] for message in messages if message.startswith('{"live"')]
        time.sleep(2)
    if len(deliveries) < 2:
        return checked(name, assumption, None, f"{len(deliveries)} deliveries within {_RETRY:.0f} s")
    first, second = deliveries[:2]
    pause = float(second["Entered"]) - float(first["Entered"])
    roots = [_ROOT.search(each["Trace"]) for each in (first, second)]
    same = roots[0] is not None and roots[1] is not None and roots[0][1] == roots[1][1]
    evidence = f"delivered again after {pause:.0f} s with {'the same' if same else 'another'} root"
    return checked(name, assumption, same, evidence)
