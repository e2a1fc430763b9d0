"""Update: in place with one call where only the name or the messages change, otherwise by replacement."""

from __future__ import annotations

from . import physical_id
from .declaration import EndpointDeclaration, PlainToken, TokenSource, read_endpoint
from .outcome import Outcome, registered
from .ownership import is_updated, name_of
from .replacement import replace
from .rules import USER_ARN
from .staleness import stop_if_stale
from .work import Work


def update(work: Work) -> Outcome:
    """Brings the registered endpoint to the declaration."""
    request = work.request
    current = physical_id.read(request.physical_id)
    work.note(current)
    new, old = read_endpoint(request.properties), _read_leniently(request.old_properties)
    is_same = old is not None and _is_same_identity(old, new)
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


def _read_leniently(properties: object) -> EndpointDeclaration | None:
    """The former declaration, which an older version may have written; None where it cannot be read."""
    try:
        declaration = read_endpoint(properties)  # type: ignore[arg-type] # anything may stand in an event
        return declaration if USER_ARN.fullmatch(declaration.app_instance_user_arn) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _is_same_identity(old: EndpointDeclaration, new: EndpointDeclaration) -> bool:
    """Whether the declarations are certainly of the same endpoint, without looking at what is registered."""
    return (
        (old.app_instance_user_arn, old.type, old.resource_arn)
        == (new.app_instance_user_arn, new.type, new.resource_arn)
        and _is_same_token(old.device_token, new.device_token)
        and _is_same_token(old.voip_device_token, new.voip_device_token)
    )


def _is_same_token(old: TokenSource | None, new: TokenSource | None) -> bool:
    """A source whose version is not named may give another value now than it gave then."""
    return old == new and (new is None or isinstance(new, PlainToken) or new.is_pinned)
