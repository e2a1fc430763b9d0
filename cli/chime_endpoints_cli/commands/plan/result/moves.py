"""Entries that move to another stack, or have another key: one resource goes, and another takes its device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chime_endpoints_cli.commands.plan.comparison.changes import Event, ResourceChange
from chime_endpoints_cli.commands.plan.dry_run.deployment import Simulated
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, read_endpoint

from .entries import Action, Entry
from .interpretation import entry_of

_GUIDE = "https://cdk-chime-endpoints.github.io/cdk-chime-endpoints/howto/change.html"


def entries_of(
    simulated: Sequence[Simulated], causes: Mapping[tuple[str, str], str], *, is_file: bool
) -> Iterator[Entry]:
    """Yield the rows of the plan; a move is one row.

    Args:
        simulated: what the deployment does with each resource.
        causes: why resources fail, as far as the deployment would not say it, by stack and logical id.
        is_file: whether the entries are those of a declaration file, which can have an `id`.
    """
    pairs = _pairs(simulated)
    former = {id(pair) for pair in pairs.values()}
    for done in simulated:
        if (old := pairs.get(done.change.place)) is not None:
            yield _moved(done, old, causes, is_file=is_file)
        elif id(done) not in former:
            yield entry_of(done, causes.get(done.change.place, ""))


def _pairs(simulated: Iterable[Simulated]) -> dict[tuple[str, str], Simulated]:
    """Return the resource that goes for each new resource of the same device."""
    gone: dict[object, list[Simulated]] = {}
    for done in simulated:
        if done.change.event in (Event.DELETE, Event.RETAIN) and (device := _device(done.change, done.change.old)):
            gone.setdefault(device, []).append(done)
    pairs = {}
    for done in simulated:
        device = _device(done.change, done.change.new) if done.change.event is Event.CREATE else None
        if same := gone.get(device):
            pairs[done.change.place] = same.pop(0)
    return pairs


def _device(change: ResourceChange, properties: object) -> object:
    """Return what two declarations of one device have in common; None if that is not known."""
    if change.type != ENDPOINT_TYPE:
        return None
    try:
        return read_endpoint(properties).immutable  # type: ignore[arg-type] # None raises, too
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _moved(done: Simulated, old: Simulated, causes: Mapping[tuple[str, str], str], *, is_file: bool) -> Entry:
    entry, before = entry_of(done, causes.get(done.change.place, "")), entry_of(old)
    is_renamed = done.change.stack.id == old.change.stack.id
    where = old.change.key if is_renamed else f"{old.change.key} in {old.change.stack.name}"
    stays = not before.goes and done.outcome.physical_id == old.change.physical_id
    return replace(
        entry,
        action=Action.MOVE,
        moved_from=where,
        endpoint_id=before.endpoint_id,
        goes=before.goes,
        remarks=(*_advice(old.change, is_renamed=is_renamed, is_file=is_file, stays=stays), *entry.remarks),
    )


def _advice(old: ResourceChange, *, is_renamed: bool, is_file: bool, stays: bool) -> Iterator[str]:
    if stays:
        return
    if is_renamed and is_file:
        former = f"`id: {old.key}`" if old.key != old.logical_id else "its former key as `id`"
        yield f"To rename the entry and keep its endpoint, declare {former} in it."
    elif is_renamed:
        yield f"To keep the endpoint, keep the logical ID: override_logical_id({old.logical_id!r})."
    else:
        yield (
            "The device gets a new endpoint, and no pushes between the deployments of the two stacks. To keep the"
            f" endpoint, move it in three deployments: {_GUIDE}#if-the-logical-id-must-change"
        )
