"""Which endpoints exist: the API has no error for a missing one, so List decides.

A new endpoint may be missing from the first List, and a deregistered one may be in it for some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from ...model.codes import Code
from ..failures.errors import ServiceError
from ..failures.remedies import INCOMPLETE, Kind, explain
from .api import Endpoints, Listed, Registered, may_mean_no_user, was_refused

_T = TypeVar("_T")
_WAITS = (1.0, 2.0, 4.0)  # seconds for which List may show what has been deregistered


def is_gone(endpoints: Endpoints, endpoint_id: str) -> bool:
    """Whether two Lists do not show the endpoint."""
    return _list_without(endpoints, endpoint_id) is not None


def _list_without(endpoints: Endpoints, endpoint_id: str) -> Collection[Listed] | None:
    """Return the endpoints that two Lists show; None if they show this one."""
    listed = list_twice(endpoints)
    return None if any(endpoint.endpoint_id == endpoint_id for endpoint in listed) else listed


def _list_without_refused(refusal: ServiceError, endpoints: Endpoints, endpoint_id: str) -> Collection[Listed] | None:
    """Return the endpoints that two Lists show, once they no longer show this one; None if they go on for seconds."""
    for wait in (0.0,) if refusal.kind is Kind.DENIED else (0.0, *_WAITS):
        is_time = not wait or endpoints.pause(wait)
        if is_time and (listed := _list_without(endpoints, endpoint_id)) is not None:
            return listed
    return None


def list_twice(endpoints: Endpoints) -> Collection[Listed]:
    """Return the endpoints that two Lists show."""
    return {endpoint.endpoint_id: endpoint for _ in range(2) for endpoint in endpoints.list()}.values()


def describe(endpoints: Endpoints, endpoint_id: str) -> Registered | None:
    """Return the endpoint; None if it does not exist."""
    found = describe_or_list(endpoints, endpoint_id)
    return found if isinstance(found, Registered) else None


def describe_or_list(endpoints: Endpoints, endpoint_id: str) -> Registered | Collection[Listed]:
    """Return the endpoint; if it does not exist, what two Lists show instead."""
    return _or_list("DescribeAppInstanceUserEndpoint", endpoints, endpoint_id, lambda: endpoints.describe(endpoint_id))


def describe_each(endpoints: Endpoints, listed: Iterable[Listed]) -> Iterator[Registered]:
    """Yield the endpoints that still exist."""
    for endpoint in listed:
        if registered := describe(endpoints, endpoint.endpoint_id):
            yield registered


def every(endpoints: Endpoints) -> tuple[Registered, ...]:
    """Return the endpoints that two Lists show."""
    return tuple(describe_each(endpoints, list_twice(endpoints)))


def unless_refused(
    look_up: Callable[[], _T], nothing: _T, is_refusal: Callable[[ServiceError], bool] = was_refused
) -> _T:
    """Look something up; nothing if the service refuses twice.

    The user may be deleted, or the role may no longer be allowed to ask about a former one.
    """
    for _ in range(2):
        try:
            return look_up()
        except ServiceError as error:
            if not is_refusal(error):
                raise
    return nothing


def update(endpoints: Endpoints, endpoint_id: str, *, name: str, allow_messages: str) -> Collection[Listed] | None:
    """Change name and messages in place; if the endpoint does not exist, return what two Lists show instead."""
    found = _or_list(
        "UpdateAppInstanceUserEndpoint",
        endpoints,
        endpoint_id,
        lambda: endpoints.update(endpoint_id, name=name, allow_messages=allow_messages) or None,
    )
    return None if isinstance(found, bool) else found


def _or_list(
    operation: str, endpoints: Endpoints, endpoint_id: str, attempt: Callable[[], _T | None]
) -> _T | Collection[Listed]:
    """Return what a call returns for an endpoint; if the endpoint does not exist, what two Lists show instead.

    The call is made again if its response does not say what the service did: either responses get lost, or the
    endpoint was deregistered and List still shows it.
    """
    try:
        for wait in (0.0, 0.0, *_WAITS):
            if wait and not endpoints.pause(wait):
                break
            if (found := attempt()) is not None:
                return found
            if (listed := _list_without(endpoints, endpoint_id)) is not None:
                return listed
    except ServiceError as error:
        if was_refused(error) and (listed := _list_without_refused(error, endpoints, endpoint_id)) is not None:
            return listed
        raise
    raise unclear(operation, endpoint_id)


def unclear(operation: str, endpoint_id: str) -> ServiceError:
    """Return the failure of a call whose response does not say what the service did."""
    return ServiceError(operation=operation, kind=Kind.UNCLEAR, said=INCOMPLETE, subject=f"of endpoint {endpoint_id}")


def deregister(endpoints: Endpoints, endpoint_id: str) -> None:
    """Deregister an endpoint; already gone counts as success.

    Raises:
        ServiceError: it still exists, or the role may not ask.
    """
    try:
        endpoints.deregister(endpoint_id)
    except ServiceError as error:
        if not was_refused(error):
            raise
        if not _is_removed_despite(error, endpoints, endpoint_id):
            kind = Kind.DENIED if error.kind is Kind.FORBIDDEN else error.kind  # List shows it: so does its user exist
            _, advice = explain(error.operation, kind, error.said)
            said = f"{error.said}, and the endpoint is still registered"
            raise _not_removed(error, said, endpoint_id, advice) from error


def _is_removed_despite(refusal: ServiceError, endpoints: Endpoints, endpoint_id: str) -> bool:
    """Whether a refused Deregister means that the endpoint does not exist.

    If the service itself, not IAM, refuses List twice as well, the user is gone and all its endpoints with it.
    """
    for _ in range(2):
        try:
            return _list_without_refused(refusal, endpoints, endpoint_id) is not None
        except ServiceError as error:
            if not may_mean_no_user(error) or not (may_mean_no_user(refusal) or error.kind is Kind.NOT_FOUND):
                raise _not_judged(refusal, error, endpoint_id) from error
    return True


def _not_judged(refusal: ServiceError, listing: ServiceError, endpoint_id: str) -> ServiceError:
    """Return the failure of a Deregister if List fails as well."""
    said = f"{refusal.said}, and {listing.operation} also failed: {listing.said}"
    denied = [f"chime:{error.operation}" for error in (refusal, listing) if error.kind is Kind.DENIED]
    advice = f"The function's role needs {' and '.join(denied)} on the AppInstanceUser."
    if not denied:
        _, advice = explain(listing.operation, listing.kind, listing.said)
    return _not_removed(refusal, said, endpoint_id, advice)


def _not_removed(refusal: ServiceError, said: str, endpoint_id: str, advice: str) -> ServiceError:
    return ServiceError(
        operation=refusal.operation,
        kind=refusal.kind,
        said=said,
        subject=f"of endpoint {endpoint_id}",
        explained=(Code.STILL_THERE, advice),
    )
