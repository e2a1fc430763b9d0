"""Update: in place with one call where only the name or the messages change, otherwise by replacement."""

from __future__ import annotations

from contextlib import suppress

from . import physical_id
from .deadline import Phase
from .declaration import EndpointDeclaration, PlainToken, TokenSource, read_endpoint
from .endpoints import Registered
from .errors import HandlerError, StaleEventError
from .outcome import Outcome, registered
from .ownership import (
    Wanted,
    bears_our_name,
    candidates,
    deregister,
    describe_each,
    former_declaration,
    is_as_wanted,
    is_updated,
    listed_twice,
    name_of,
    physical_id_of,
    resolve_if_possible,
    was_created_since,
)
from .replacement import replace
from .staleness import stop_if_stale
from .work import Work


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
    return old.immutable == new.immutable and _is_fixed(new.device_token) and _is_fixed(new.voip_device_token)


def _is_fixed(source: TokenSource | None) -> bool:
    """A source whose version is not named may give another value now than it gave then."""
    return source is None or isinstance(source, PlainToken) or source.is_pinned


def _remove_attempts(work: Work) -> None:
    """Removes what an earlier delivery of this event has registered: the rollback could not recognise all of it."""
    work.deadline.enter(Phase.CLEANUP)
    standing = work.standing()
    if standing is None:
        return
    with suppress(HandlerError):  # the failure of this delivery is what is told
        wanted = resolve_if_possible(work)
        if wanted is None:
            return
        endpoints = work.endpoints(wanted.identity.user_arn)
        for endpoint in describe_each(endpoints, candidates(listed_twice(endpoints), wanted, work.request)):
            is_held = str(physical_id_of(endpoint)) == standing.physical_id
            if not is_held and _is_attempt(endpoint, wanted, work):
                deregister(endpoints, endpoint.endpoint_id)


def _is_attempt(endpoint: Registered, wanted: Wanted, work: Work) -> bool:
    """Whether an earlier delivery registered it; a predecessor that was brought back is no attempt."""
    if bears_our_name(endpoint, work.request):
        return endpoint.identity == wanted.identity
    is_young = was_created_since(endpoint, work.arrival.started)
    return wanted.is_name_declared and is_young and is_as_wanted(endpoint, wanted)
