"""Registering with a token that all deliveries of an event share, past what an earlier one has removed again."""

from __future__ import annotations

from chime_endpoints_handler.aws.calls import Attempts
from chime_endpoints_handler.aws.endpoints import Endpoints
from chime_endpoints_handler.resources.work import Work

from .ownership import Wanted, is_gone, unclear

_ROUNDS = 3  # an event is delivered three times, and each delivery may have removed what it had registered


def register(work: Work, endpoints: Endpoints, wanted: Wanted, *, name: str, purpose: str, attempts: Attempts) -> str:
    """Registers the declared endpoint and returns its EndpointId.

    A service may remember a token for longer than its endpoint lives, and answer the id of one that is gone.

    Raises:
        ServiceError: it was refused, or the service answers only ids of endpoints that List does not show.
        OutOfTimeError: there was no time for it.
    """
    endpoint_id = ""
    for _ in range(_ROUNDS):
        endpoint_id = endpoints.register(
            wanted.identity,
            name=name,
            allow_messages=wanted.allow_messages,
            client_request_token=work.request.client_request_token(purpose),
            attempts=attempts,
            propagates=True,
        )
        if not work.arrival.is_repeat or not is_gone(endpoints, endpoint_id):
            return endpoint_id
        purpose = f"instead of {endpoint_id}"
    raise unclear("RegisterAppInstanceUserEndpoint", endpoint_id)
