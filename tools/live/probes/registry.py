"""All probes, by the switch that each is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chime_endpoints_emulator import PushSwitches, Switches
from chime_endpoints_emulator.switches import SwitchSet
from live.sandbox.sandbox import Sandbox

from . import device_tokens, missing, push, rate, registered, request_tokens
from .finding import Probe, UnsettledError

IDENTITY: Mapping[str, Probe] = {
    "missing_endpoint": missing.missing_endpoint,
    "missing_user": missing.missing_user,
    "missing_tagged": missing.missing_tagged,
    "token_memory": request_tokens.token_memory,
    "token_scope": request_tokens.token_scope,
    "failed_token": request_tokens.failed_token,
    "same_token_other_parameters": request_tokens.same_token_other_parameters,
    "device_token_conflict": device_tokens.device_token_conflict,
    "unusable_application": missing.unusable_application,
    "inactive_endpoints_conflict": device_tokens.inactive_endpoints_conflict,
    "new_endpoint_state": registered.new_endpoint_state,
    "omitted_on_update": registered.omitted_on_update,
    "new_endpoint_in_first_list": registered.new_endpoint_in_first_list,
    "deregistered_listed_seconds": registered.deregistered_listed_seconds,
    "endpoints_on_user_deletion": registered.endpoints_on_user_deletion,
    "timestamps": registered.timestamps,
    "endpoints_per_user": request_tokens.endpoints_per_user,
    "requests_per_second": rate.requests_per_second,
}
PUSH: Mapping[str, Probe] = {
    "unusable_channel": push.unusable_channel,
    "token_key_is_credential": push.token_key_is_credential,
    "omitted_on_channel_update": push.omitted_on_channel_update,
    "new_channel_enabled": push.new_channel_enabled,
    "channel_without_credentials": push.channel_without_credentials,
}
DISTURBING = frozenset({"requests_per_second"})
"""Probes that other callers of the account would notice; they run only if asked for."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The result of one probe."""

    service: str
    """`identity` or `push`."""
    switch: str
    is_settled: bool
    value: Any
    """None if it is not settled."""
    evidence: str
    """What was observed, or why nothing was."""
    assumed: Any
    """The default of the switch."""


def run_probes(
    sandbox: Sandbox, *, disturbing: bool = False, advance: Callable[[], None] = lambda: None
) -> Iterable[Observed]:
    """Run all probes one after another, and yield their results."""
    for service, probes, switches in (("identity", IDENTITY, Switches()), ("push", PUSH, PushSwitches())):
        for switch, probe in probes.items():
            if switch not in DISTURBING or disturbing:
                yield _observe(service, switch, probe, sandbox, switches)
            advance()


def _observe(service: str, switch: str, probe: Probe, sandbox: Sandbox, switches: SwitchSet) -> Observed:
    try:
        found = probe(sandbox)
        is_settled, value, evidence = True, found.value, found.evidence
    except UnsettledError as error:
        is_settled, value, evidence = False, None, str(error)
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        is_settled, value, evidence = False, None, f"{type(error).__name__}: {error}"
    assumed = getattr(switches, switch)
    return Observed(
        service=service, switch=switch, is_settled=is_settled, value=value, evidence=evidence, assumed=assumed
    )
