"""What the handler's looks find in a fleet: the ledgers answer some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chime_endpoints_handler.aws.endpoints.api import Identity
from chime_endpoints_handler.aws.failures.errors import HandlerError
from chime_endpoints_handler.model.physical_id import Endpoint
from chime_endpoints_handler.resources.context import EventContext
from chime_endpoints_handler.resources.endpoint.desired import Desired
from chime_endpoints_handler.resources.endpoint.facts import Facts, id_of
from chime_endpoints_handler.resources.endpoint.perform.looks import Looks
from chime_endpoints_handler.resources.endpoint.policy.registering import strangers
from chime_endpoints_handler.resources.endpoint.steps import Look


class FleetLooks(Looks):
    """Looks that ask the whole fleet: whether another key has, or is about to have, what is to be adopted."""

    def __init__(
        self,
        context: EventContext,
        *,
        is_taken: Callable[[Identity], HandlerError | None],
        holder_of: Callable[[Endpoint], str],
    ) -> None:
        """Accept the event, and two functions that know the fleet.

        Args:
            context: the event.
            is_taken: returns why something must not be registered for the key.
            holder_of: returns the logical id of another key that has an endpoint; empty if there is none.
        """
        super().__init__(context)
        self._is_taken = is_taken
        self._holder_of = holder_of

    def _desired(self, facts: Facts) -> Any:
        desired = super()._desired(facts)
        if not isinstance(desired, Desired) or facts.is_delete:
            return desired
        return self._is_taken(desired.identity) or desired

    def _sibling(self, facts: Facts) -> str:
        sibling, holder = super()._sibling(facts), strangers(facts)[0]
        is_adopted = facts.desired.may_adopt and holder.identity == facts.desired.identity
        return sibling or (self._holder_of(id_of(holder)) if is_adopted else "")


class LedgerLooks(FleetLooks):
    """Looks for a key whose ledger says which endpoint it has, and that no change of it was interrupted.

    Whatever else the service has is not the key's, so nothing is listed as long as its endpoint is there. If the
    endpoint has one of the desired device tokens, it is what is in the way of a registration. Once it has been removed,
    or if it is gone, the handler looks for itself.
    """

    def _own(self, facts: Facts) -> Facts:
        if facts.failure is not None or facts.held is None:
            return super()._own(facts)
        return replace(facts.with_seen(Look.OWN, ()), looks=facts.looks + 1)

    def _holders(self, facts: Facts) -> Any:
        held = facts.held if facts.knows(Look.HELD) else None
        is_known = held is not None and id_of(held) not in facts.removed
        if held is None or not is_known or not held.identity.tokens & facts.desired.identity.tokens:
            return super()._holders(facts)
        return (held,)
