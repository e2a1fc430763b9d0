"""Looks of the handler that the ledger makes unnecessary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chime_endpoints_handler.resources.endpoint.facts import Facts, id_of
from chime_endpoints_handler.resources.endpoint.perform.looks import Looks
from chime_endpoints_handler.resources.endpoint.steps import Look


class LedgerLooks(Looks):
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
