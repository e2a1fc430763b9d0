"""Update: in place with one call where only the name or the messages change, otherwise by replacement."""

from __future__ import annotations

from contextlib import suppress

from chime_endpoints_handler.aws.deadline import Phase
from chime_endpoints_handler.aws.failures.errors import HandlerError, StaleEventError
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import EndpointDeclaration, read_endpoint
from chime_endpoints_handler.resources.result import Outcome, registered
from chime_endpoints_handler.resources.work import Work

from . import leftovers
from .ownership import former_declaration, is_updated, name_of, resolve_if_possible
from .replacement import replace
from .staleness import stop_if_stale


def update(work: Work) -> Outcome:
    """Brings the registered endpoint to the declaration."""
    try:
        return _update(work)
    except StaleEventError:
        raise
    except HandlerError:
        if work.arrival.is_known_repeat:
            _remove_attempts(work)
        raise


def _update(work: Work) -> Outcome:
    request = work.request
    current = physical_id.read(request.physical_id)
    work.note(current)
    new, old = read_endpoint(request.properties), former_declaration(request)
    is_same = old is not None and _is_same_endpoint(old, new)
    if is_same and isinstance(current, physical_id.Endpoint) and old is not None:
        if (old.name, old.allow_messages) == (new.name, new.allow_messages):
            return registered(current)
        if work.arrival.is_late:
            stop_if_stale(work)
        if is_updated(
            work.endpoints(current.user_arn),
            current.endpoint_id,
            name=name_of(new, request),
            allow_messages=new.allow_messages,
        ):
            return registered(current)
    elif work.arrival.is_late:
        stop_if_stale(work)
    return replace(work, new, former=old, current=current)


def _is_same_endpoint(old: EndpointDeclaration, new: EndpointDeclaration) -> bool:
    """Whether the declarations are certainly of the same endpoint, without looking at what is registered."""
    return old.immutable == new.immutable and new.is_pinned


def _remove_attempts(work: Work) -> None:
    """Removes what earlier deliveries of this event have registered: the rollback could not recognise all of it."""
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # the failure of this delivery is what is told
        if stop_if_stale(work) is None:
            return
        if (wanted := resolve_if_possible(work, work.request.properties)) is not None:
            leftovers.remove_of_event(work, wanted)
