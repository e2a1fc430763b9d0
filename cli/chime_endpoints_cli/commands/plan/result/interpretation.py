"""Turns what a dry run did with a resource into a row of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chime_endpoints_cli.commands.plan.comparison.changes import Event, ResourceChange
from chime_endpoints_cli.commands.plan.dry_run.deployment import Simulated
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    ParameterSource,
    PlainToken,
    SecretSource,
    read_endpoint,
)

from .entries import HIDDEN, Action, Difference, Entry, Problem

_MEMBERS = {
    "AppInstanceUserArn": "user",
    "Type": "type",
    "ResourceArn": "application",
    "Name": "name",
    "AllowMessages": "allow_messages",
}
_GENERATED = "(generated)"


def entry_of(done: Simulated, cause: str = "") -> Entry:
    """Return the row for a resource; the cause of its failure, if it is known more precisely."""
    change, outcome = done.change, done.outcome
    action = _action(done)
    held = physical_id.read(change.physical_id)
    is_endpoint = isinstance(held, physical_id.Endpoint)
    goes = is_endpoint and done.before is not None and _goes(action, change)
    return Entry(
        stack=change.stack,
        logical_id=change.logical_id,
        type=change.type,
        key=change.key,
        action=action,
        subject=_subject(change),
        endpoint_id=held.endpoint_id if isinstance(held, physical_id.Endpoint) else "",
        goes=goes,
        differences=tuple(_differences(done, action)),
        problem=_problem(done, cause) if change.event is not Event.NONE else None,
        not_known=outcome.not_known if change.event is not Event.NONE else "",
        remarks=tuple(_remarks(done, action)),
    )


def _action(done: Simulated) -> Action:
    change, outcome = done.change, done.outcome
    match change.event:
        case Event.CREATE:
            return Action.CREATE
        case Event.DELETE | Event.RETAIN:
            return Action.DELETE
        case Event.NONE:
            return Action.NONE
    if outcome.failure is not None or outcome.not_known:
        return Action.REPLACE if _replaces(change) else Action.UPDATE
    if outcome.physical_id != change.physical_id:
        return Action.REPLACE
    return Action.NONE if done.before == done.after else Action.UPDATE


def _replaces(change: ResourceChange) -> bool:
    """Whether the declaration says that a resource is replaced, as far as that can be seen without the outcome."""
    if change.type != ENDPOINT_TYPE:
        return "ResourceARN" in change.sent
    return bool({"AppInstanceUserArn", "Type", "ResourceArn", "EndpointAttributes"} & set(change.sent))


def _goes(action: Action, change: ResourceChange) -> bool:
    if action is Action.REPLACE:
        return not change.retains_replaced
    return action is Action.DELETE and change.event is Event.DELETE


def _problem(done: Simulated, cause: str) -> Problem | None:
    if "ServiceToken" in done.change.sent:
        return Problem(
            code="",
            text="CloudFormation refuses to change the ServiceToken of a custom resource. Keep the function, or declare"
            " the endpoint under another logical ID.",
        )
    failure = done.outcome.failure
    return None if failure is None else Problem(code=str(failure.code), text=f"{cause} {failure.text}".strip())


def _subject(change: ResourceChange) -> str:
    properties = change.new or change.old or {}
    if change.type == ENDPOINT_TYPE:
        named = physical_id.read(change.physical_id)
        user = properties.get("AppInstanceUserArn")
        if not isinstance(user, str):
            user = named.user_arn if isinstance(named, physical_id.Endpoint) else "a user known after the deployment"
        kind = properties.get("Type")
        return f"{short(user)}, {kind}" if isinstance(kind, str) else short(user)
    identity = properties.get("ResourceARN")
    return f"tags on {short(identity)}" if isinstance(identity, str) else "tags"


def short(arn: str) -> str:
    """Return the last part of an identity's ARN, such as `user/alice`."""
    return arn.split(":", 5)[5].split("/", 2)[-1] if arn.count(":") >= 5 else arn


def _differences(done: Simulated, action: Action) -> Iterator[Difference]:
    if done.change.type != ENDPOINT_TYPE:
        yield from _of_tags(done.before or {}, done.after or {})
        return
    if action not in (Action.UPDATE, Action.REPLACE):
        return
    before, after = done.before, done.after
    if before is None or after is None or done.outcome.failure is not None or done.outcome.not_known:
        yield from _of_declarations(done.change)
        return
    for member, field in _MEMBERS.items():
        if (old := str(before.get(member) or "")) != (new := str(after.get(member) or "")):
            yield Difference(field=field, old=old, new=new)
    for member, field in (("DeviceToken", "device_token"), ("VoipDeviceToken", "voip_device_token")):
        there, then = before["EndpointAttributes"].get(member), after["EndpointAttributes"].get(member)
        if there != then:
            new = "" if then is None else place_of(done.change.new, member)
            yield Difference(field=field, old="" if there is None else HIDDEN, new=new)


def _of_tags(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Difference(field=f"tags.{key}", old=before.get(key, ""), new=after.get(key, ""))


def _of_declarations(change: ResourceChange) -> Iterator[Difference]:
    """Yield what differs between the declarations, if nothing can be compared at the service."""
    old, new = change.old or {}, change.new or {}
    for member, field in _MEMBERS.items():
        if member in change.sent:
            yield Difference(field=field, old=_text(old.get(member)), new=_text(new.get(member)))
    if "EndpointAttributes" in change.sent:
        yield Difference(field="device_token", old=HIDDEN, new=place_of(new, "DeviceToken"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _GENERATED if value is None else "(known after the deployment)"


def place_of(properties: Mapping[str, Any] | None, member: str) -> str:
    """Return where a device token is declared, without the token."""
    try:
        declared = read_endpoint(properties or {})
    except (AttributeError, KeyError, TypeError, ValueError):
        return HIDDEN
    source = declared.device_token if member == "DeviceToken" else declared.voip_device_token
    if isinstance(source, SecretSource):
        name = source.secret_arn.rpartition(":secret:")[2]
        return f"{HIDDEN[:-1]}, secret {name}" + (f", field {source.field})" if source.field else ")")
    if isinstance(source, ParameterSource):
        version = f", version {source.version}" if source.version else ""
        return f"{HIDDEN[:-1]}, parameter {source.parameter_name}{version})"
    return f"{HIDDEN[:-1]}, in the template)" if isinstance(source, PlainToken) else ""


def _remarks(done: Simulated, action: Action) -> Iterator[str]:
    change, outcome = done.change, done.outcome
    held = physical_id.read(change.physical_id)
    is_held = isinstance(held, physical_id.Endpoint)
    is_gone = is_held and done.before is None and not outcome.not_known and change.event is not Event.NONE
    if change.event is Event.NONE:
        yield from _unsent(done)
        return
    if change.event is Event.RETAIN:
        yield "It stays registered (DeletionPolicy: Retain), and no stack manages it any more."
    elif is_gone and change.event is Event.DELETE:
        yield "The endpoint is already gone."
    elif is_gone and action is Action.REPLACE:
        yield "The endpoint no longer exists, so it is registered again."
    if action is Action.NONE:
        yield f"CloudFormation sends an Update ({', '.join(change.sent)}), which changes nothing."
    if action is Action.REPLACE and is_held and done.before is not None and change.retains_replaced:
        yield "The replaced endpoint stays registered (UpdateReplacePolicy: Retain), and no stack manages it any more."
    is_endpoint = change.type == ENDPOINT_TYPE
    if change.event is Event.CREATE and is_endpoint and done.after is not None and not _is_new(outcome.physical_id):
        yield f"It takes over the registered endpoint {outcome.physical_id.rpartition('/')[2]}."
    yield from outcome.warnings


def _unsent(done: Simulated) -> Iterator[str]:
    outcome, sends = done.outcome, "CloudFormation does not resend unchanged resources"
    if outcome.failure is not None:
        yield f"{sends}. If it did, the Update would fail with {outcome.failure}"
    elif outcome.not_known:
        yield f"Whether the device token has changed is not known: {outcome.not_known}"
    elif outcome.physical_id != done.change.physical_id and done.before is None:
        yield f"The endpoint no longer exists. {sends}: change its name or allow_messages to register it again."
    elif outcome.physical_id != done.change.physical_id:
        yield (
            f"The device token at its source is not the registered one. {sends}: declare the token's version, or change"
            " the name, to replace the endpoint."
        )


def _is_new(text: str) -> bool:
    return "/endpoint/new-" in text
