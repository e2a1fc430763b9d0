"""Settle an intent of a run whose lines are gone: nobody knows any more what it has declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chime_endpoints_handler.aws.endpoints.api import Listed
from chime_endpoints_handler.aws.failures.errors import HandlerError
from chime_endpoints_handler.cloudformation.request import RequestType
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.physical_id import Endpoint

from ..ledger.entry import Entry, Intent
from ..manifest.digests import UNKNOWN, settled_digest
from .difference import Kind
from .operations import Operations, Outcome


class _NotRecognizedError(HandlerError):
    """Nobody can tell what a change has registered, because the lines of its run are gone."""

    def __init__(self, intent: Intent, endpoint_id: str) -> None:
        what = f"endpoint {endpoint_id} of {intent.user_arn}" if endpoint_id else "an endpoint"
        text = (
            f"An interrupted {intent.operation} of run {intent.run} may have registered {what}, and the run's lines are"
            " gone. Deregister the endpoint if nothing else uses it, or adopt it: put its line into the manifest, and"
            " run chime-endpoints fleet sync --adopt."
        )
        super().__init__(Code.UNCLEAR, text)


def settle_forgotten(operations: Operations, intent: Intent, *, is_adopted: bool) -> Outcome:
    """Settle an intent of a run whose lines are gone: what it has registered is looked for, and deregistered.

    Args:
        operations: the changes to the shard.
        intent: the change.
        is_adopted: whether the current run declares the key, and takes over what is registered.
    """
    entry = operations.entries.get(intent.key)
    known = None if entry is None else replace(entry, digests=UNKNOWN)
    settled = Outcome(intent=intent, entry=known)
    if intent.operation not in (Kind.CREATE, Kind.REPLACE):
        return settled
    try:
        for endpoint in _left_by(operations, intent, entry):
            properties = {"AppInstanceUserArn": endpoint.user_arn}
            operations.event(RequestType.DELETE, intent, properties, str(endpoint), is_repeated=True).run()
    except HandlerError as error:
        if is_adopted and isinstance(error, _NotRecognizedError):
            return settled
        return Outcome(intent=intent, entry=known, failure=error, is_in_doubt=True)
    return settled


def _left_by(operations: Operations, intent: Intent, entry: Entry | None) -> list[Endpoint]:
    """Return the endpoints that a change of a key has registered, and that no entry names.

    Raises:
        HandlerError: it cannot be told, or the user's endpoints could not be listed.
    """
    if not intent.user_arn:
        raise _NotRecognizedError(intent, "")
    held = () if entry is None else entry.endpoints
    found = []
    for listed, is_own in _candidates(operations, intent):
        endpoint = Endpoint(intent.user_arn, listed.endpoint_id)
        if endpoint in held:
            continue
        if not is_own or operations.others.may_have(intent, endpoint):
            raise _NotRecognizedError(intent, listed.endpoint_id)
        found.append(endpoint)
    return found


def _candidates(operations: Operations, intent: Intent) -> Iterator[tuple[Listed, bool]]:
    """Yield what a change may have registered, and whether its name proves that."""
    change = operations.event(RequestType.DELETE, intent, {}, "", is_repeated=True)
    for listed in change.endpoints_of(intent.user_arn):
        is_own = listed.name == change.own_name
        digests = (
            settled_digest(operations.fleet, listed.name, listed.allow_messages, requires_active=each)
            for each in (False, True)
        )
        if is_own or intent.settled in digests:
            yield listed, is_own
