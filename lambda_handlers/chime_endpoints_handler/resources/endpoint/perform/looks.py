"""Looks: each calls a service and adds what it found to the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from ....aws.calls import Call
from ....aws.endpoints import presence
from ....aws.endpoints.api import LIST, Endpoints, Registered, may_mean_no_user, was_refused
from ....aws.failures.errors import HandlerError, ServiceError
from ....aws.failures.remedies import ASSUME_ROLE
from ....cloudformation.stack.history import Beginning, before_update, create_began, sibling_of
from ....cloudformation.stack.status import ResourceStatus
from ....model import physical_id
from ....model.declaration import EndpointDeclaration
from ....model.physical_id import Endpoint
from ...context import EventContext
from .. import desired
from ..desired import Desired
from ..facts import Facts, id_of
from ..policy.registering import strangers
from ..roles import may_be_ours
from ..steps import Look

_HOLDERS_WAITS = (0.5, 1.0, 0.0)  # what is in the way may be missing from the first Lists
_Found: TypeAlias = tuple[Registered, ...]
_NOTHING: _Found = ()


class Looks:
    """What each look finds, in a method with its name."""

    def __init__(self, context: EventContext) -> None:
        self._context = context
        self._ask = (context.request, context.clients, context.call)

    def __call__(self, look: Look, facts: Facts) -> Facts:
        """Look at something; a method returns what it found, or the facts if it found more than that."""
        found = getattr(self, f"_{look.name.lower()}")(facts)
        return found if isinstance(found, Facts) else facts.with_seen(look, found)

    def _desired(self, facts: Facts) -> Desired | HandlerError | None:
        return self._read(facts.declaration, self._context.call_at_once if facts.is_delete else self._context.call)

    def _former(self, facts: Facts) -> Desired | None:
        found = self._read(facts.former_declaration, self._context.call_at_once)
        return found if isinstance(found, Desired) else None

    def _read(self, declaration: EndpointDeclaration | None, call: Call) -> Desired | HandlerError | None:
        if declaration is None:
            return None
        try:
            return desired.read(declaration, self._context.request, self._context.clients, call)
        except HandlerError as error:
            return error

    def _status(self, _: Facts) -> ResourceStatus:
        return self._context.status()

    def _beginning(self, _: Facts) -> Beginning:
        return before_update(*self._ask)

    def _create_began(self, _: Facts) -> float | None:
        return create_began(*self._ask)

    def _sibling(self, facts: Facts) -> str:
        holder = strangers(facts)[0]
        return sibling_of(str(id_of(holder)), holder.name or "", *self._ask)

    def _held(self, facts: Facts) -> Registered | Facts | None:
        """A former user may be gone, or no longer ours to ask about."""
        if not isinstance(facts.current, Endpoint):
            return None
        is_former = not facts.has_current_here
        try:
            endpoints = self._context.endpoints(facts.current.user_arn, is_former=is_former)
            found = presence.describe_or_list(endpoints, facts.current.endpoint_id)
        except ServiceError as error:
            if not is_former or not was_refused(error) or error.operation not in (LIST, ASSUME_ROLE):
                raise
            return None
        if isinstance(found, Registered):
            return found
        return None if is_former else facts.without_held(found)

    def _before(self, facts: Facts) -> Registered | None:
        """Return the endpoint with which the update began.

        If that is gone, it is the current one, if that has its device tokens from the same sources: it came back, or
        is to stay in its place.
        """
        declaration, former = facts.declaration, facts.former_declaration
        if declaration is None or not facts.beginning.physical_id:
            return None
        if (before := self._as_declared(facts.beginning.physical_id, declaration)) is not None:
            return before
        is_of_same_sources = former is not None and former.immutable[3:] == declaration.immutable[3:]
        return self._as_declared(facts.request.physical_id, declaration) if is_of_same_sources else None

    def _as_declared(self, text: str, declaration: EndpointDeclaration) -> Registered | None:
        """Return the endpoint with an id if it has the declared user, type and application."""
        named = physical_id.read(text)
        if not isinstance(named, Endpoint) or named.user_arn != declaration.app_instance_user_arn:
            return None
        endpoint = presence.describe(self._context.endpoints(named.user_arn), named.endpoint_id)
        there = endpoint and (endpoint.identity.type, endpoint.identity.resource_arn)
        return endpoint if there == (declaration.type, declaration.resource_arn) else None

    def _own(self, facts: Facts) -> Facts:
        found = self._of_users(self._candidates, facts)
        return replace(facts.with_seen(Look.OWN, found), looks=facts.looks + 1)

    def _holders(self, facts: Facts) -> _Found:
        return self._of_users(self._with_tokens, facts)

    def _of_users(self, look: Callable[[Endpoints, Facts], _Found], facts: Facts) -> _Found:
        """Look at the endpoints of the declared user, and of former ones unless the service refuses."""

        def of(user: str) -> _Found:
            return look(self._context.endpoints(user, is_former=user != facts.user_arn), facts)

        try:
            found = of(facts.user_arn)
        except ServiceError as error:
            if not facts.is_delete or not may_mean_no_user(error):
                raise
            found = _NOTHING  # the Create that is undone has registered nothing
        for user in facts.former_users:
            found += presence.unless_refused(partial(of, user), _NOTHING)
        return found

    def _candidates(self, endpoints: Endpoints, facts: Facts) -> _Found:
        if facts.listed is not None and endpoints.user_arn == facts.user_arn and facts.failure is None:
            listed = facts.listed
        else:
            listed = presence.list_twice(endpoints) if _has_to_look_twice(endpoints, facts) else endpoints.list()
        others = [each for each in listed if Endpoint(endpoints.user_arn, each.endpoint_id) != facts.current]
        return tuple(presence.describe_each(endpoints, [each for each in others if may_be_ours(each, facts)]))

    def _with_tokens(self, endpoints: Endpoints, facts: Facts) -> _Found:
        """Return the endpoints with a desired device token."""
        tokens = facts.desired.identity.tokens
        found = _NOTHING
        for wait in _HOLDERS_WAITS:
            found = tuple(each for each in presence.every(endpoints) if each.identity.tokens & tokens)
            if found or not self._context.pause(wait):
                break
        return found

    def _state(self, facts: Facts) -> str:
        assert facts.new is not None  # noqa: S101 - of any other endpoint, the state is known
        registered = presence.describe(self._context.endpoints(facts.user_arn), facts.new.endpoint_id)
        return registered.inactive if registered is not None else ""

    def _remembered(self, facts: Facts) -> bool | Facts:
        assert facts.new is not None  # noqa: S101 - only a registered endpoint is looked for
        if not presence.is_gone(self._context.endpoints(facts.user_arn), facts.new.endpoint_id):
            return False
        remembered = (*facts.remembered, facts.new.endpoint_id)
        return replace(facts, new=None, chosen=None, remembered=remembered)


def _has_to_look_twice(endpoints: Endpoints, facts: Facts) -> bool:
    """Whether what is looked for may be new: after a failure, in a rollback, and at another user."""
    if facts.is_delete or facts.failure is not None or endpoints.user_arn != facts.user_arn:
        return True
    if not facts.has_current_here or (facts.knows(Look.BEGINNING) and facts.beginning.physical_id):
        return True
    declaration, former, held = facts.declaration, facts.former_declaration, facts.held
    is_changed = declaration is not None and former is not None and former.immutable != declaration.immutable
    return is_changed and held is not None and held.identity == facts.desired.identity
