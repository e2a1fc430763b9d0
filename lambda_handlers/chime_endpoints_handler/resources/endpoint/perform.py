"""Performs steps: each look adds a fact, each change adds what it did and drops the facts that it made stale."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ...aws.calls import Attempts, Call
from ...aws.deadline import Phase
from ...aws.endpoints import presence
from ...aws.endpoints.api import LIST, Endpoints, Listed, Registered, may_mean_no_user, was_refused
from ...aws.failures.errors import HandlerError, ServiceError, VanishedError
from ...aws.failures.remedies import ASSUME_ROLE, Kind
from ...cloudformation.stack.history import before_update, create_began, sibling_of
from ...model import physical_id
from ...model.codes import Code
from ...model.declaration import EndpointDeclaration
from ...model.physical_id import Endpoint
from ..context import EventContext
from . import desired, steps
from .desired import Desired
from .facts import Facts, UnseenError, id_of
from .policy.registering import strangers
from .roles import may_be_ours
from .steps import Look

_HOLDERS_WAITS = (0.5, 1.0, 0.0)  # what is in the way may be missing from the first Lists


class Performer:
    """Performs the steps of one event."""

    def __init__(self, context: EventContext) -> None:
        self._context = context
        self._looks: Mapping[Look, Callable[[Facts], object]] = {
            Look.DESIRED: self._desired,
            Look.FORMER: self._former,
            Look.STATUS: lambda _: context.status(),
            Look.BEGINNING: lambda _: before_update(context.request, context.clients, context.call),
            Look.CREATE_BEGAN: lambda _: create_began(context.request, context.clients, context.call),
            Look.SIBLING: self._sibling,
            Look.HELD: self._held_elsewhere,
            Look.BEFORE: self._before,
            Look.OWN: lambda facts: self._of_users(self._candidates, facts),
            Look.STATE: self._state,
            Look.HOLDERS: lambda facts: self._of_users(self._with_tokens, facts),
        }
        self._changes: Mapping[type, Callable[[Any, Facts], Facts]] = {
            steps.Register: self._register,
            steps.BringBack: self._bring_back,
            steps.Update: self._update,
            steps.Deregister: self._deregister,
            steps.GiveWay: self._give_way,
            steps.LookAgain: self._look_again,
            steps.RegisterAgain: _register_again,
            steps.Choose: self._choose,
            steps.GiveUp: lambda step, facts: self._failing(facts, step.error),
        }

    def __call__(self, step: Look | steps.Change, facts: Facts) -> Facts:
        """Perform a step; a failure becomes a fact."""
        try:
            if isinstance(step, Look):
                return self._look(step, facts)
            return self._changes[type(step)](step, facts.without(step.stale))
        except UnseenError as unseen:
            return self(unseen.look, facts)
        except BaseException as error:  # noqa: BLE001 - whatever it is, nothing of the event is to remain
            return self._failing(facts, error) if facts.failure is None else _failed_to_clean_up(step, facts)

    def _failing(self, facts: Facts, error: BaseException) -> Facts:
        self._context.deadline.enter(Phase.CLEANUP)
        return replace(facts.without(steps.GiveUp.stale), failure=error)

    # Looks

    def _look(self, look: Look, facts: Facts) -> Facts:
        if look is Look.REMEMBERED:
            return self._remembered(facts)
        if look is Look.HELD and facts.has_current_here:
            return self._held_here(facts)
        found = facts.with_seen(look, self._looks[look](facts))
        return replace(found, looks=found.looks + 1) if look is Look.OWN else found

    def _desired(self, facts: Facts) -> object:
        request, context = facts.request, self._context
        if facts.declaration is None:
            return desired.read_if_possible(request.properties, request, context.clients, context.call_at_once)
        return self._read(facts.declaration, context.call)

    def _read(self, declaration: EndpointDeclaration, call: Call) -> Desired | HandlerError:
        try:
            return desired.read(declaration, self._context.request, self._context.clients, call)
        except HandlerError as error:
            return error

    def _former(self, facts: Facts) -> Desired | None:
        if facts.former_declaration is None:
            return None
        found = self._read(facts.former_declaration, self._context.call_at_once)
        return found if isinstance(found, Desired) else None

    def _sibling(self, facts: Facts) -> str:
        context, holder = self._context, strangers(facts)[0]
        return sibling_of(str(id_of(holder)), holder.name or "", context.request, context.clients, context.call)

    def _held_here(self, facts: Facts) -> Facts:
        assert isinstance(facts.current, Endpoint)  # noqa: S101 - it is here
        found = presence.describe_or_list(self._context.endpoints(facts.user_arn), facts.current.endpoint_id)
        return facts.with_seen(Look.HELD, found) if isinstance(found, Registered) else _without_held(facts, found)

    def _held_elsewhere(self, facts: Facts) -> Registered | None:
        """Return the endpoint of a former user, who may be gone, or no longer ours to ask about."""
        if not isinstance(facts.current, Endpoint):
            return None
        try:
            endpoints = self._context.endpoints(facts.current.user_arn, is_former=True)
            return presence.describe(endpoints, facts.current.endpoint_id)
        except ServiceError as error:
            if not was_refused(error) or error.operation not in (LIST, ASSUME_ROLE):
                raise
        return None

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
        sources = (declaration.device_token, declaration.voip_device_token)
        if former is None or (former.device_token, former.voip_device_token) != sources:
            return None
        return self._as_declared(facts.request.physical_id, declaration)

    def _as_declared(self, text: str, declaration: EndpointDeclaration) -> Registered | None:
        """Return the endpoint with an id if it has the declared user, type and application."""
        named = physical_id.read(text)
        if not isinstance(named, Endpoint) or named.user_arn != declaration.app_instance_user_arn:
            return None
        endpoint = presence.describe(self._context.endpoints(named.user_arn), named.endpoint_id)
        there = endpoint and (endpoint.identity.type, endpoint.identity.resource_arn)
        return endpoint if there == (declaration.type, declaration.resource_arn) else None

    def _of_users(
        self, look: Callable[[Endpoints, Facts], tuple[Registered, ...]], facts: Facts
    ) -> tuple[Registered, ...]:
        """Look at the endpoints of the declared user, and of former ones unless the service refuses."""
        found: tuple[Registered, ...] = ()
        try:
            found += look(self._context.endpoints(facts.user_arn), facts)
        except ServiceError as error:
            if not facts.is_delete or not may_mean_no_user(error):
                raise  # otherwise the Create that is undone has registered nothing
        for user in facts.former_users:
            found += presence.unless_refused(partial(self._of_former, user, look, facts))
        return found

    def _of_former(
        self, user: str, look: Callable[[Endpoints, Facts], tuple[Registered, ...]], facts: Facts
    ) -> tuple[Registered, ...]:
        return look(self._context.endpoints(user, is_former=True), facts)

    def _candidates(self, endpoints: Endpoints, facts: Facts) -> tuple[Registered, ...]:
        if facts.listed is not None and endpoints.user_arn == facts.user_arn and facts.failure is None:
            listed = facts.listed
        else:
            listed = presence.list_twice(endpoints) if _has_to_look_twice(endpoints, facts) else endpoints.list()
        others = [each for each in listed if Endpoint(endpoints.user_arn, each.endpoint_id) != facts.current]
        return tuple(presence.describe_each(endpoints, [each for each in others if may_be_ours(each, facts)]))

    def _with_tokens(self, endpoints: Endpoints, facts: Facts) -> tuple[Registered, ...]:
        """Return the endpoints with a desired device token."""
        tokens = facts.desired.identity.tokens
        found: tuple[Registered, ...] = ()
        for wait in _HOLDERS_WAITS:
            every = presence.describe_each(endpoints, presence.list_twice(endpoints))
            found = tuple(endpoint for endpoint in every if endpoint.identity.tokens & tokens)
            if found or not self._context.pause(wait):
                break
        return found

    def _state(self, facts: Facts) -> str:
        assert facts.new is not None  # noqa: S101 - of any other endpoint, the state is known
        registered = presence.describe(self._context.endpoints(facts.user_arn), facts.new.endpoint_id)
        return registered.inactive if registered is not None else ""

    def _remembered(self, facts: Facts) -> Facts:
        assert facts.new is not None  # noqa: S101 - only a registered endpoint is looked for
        is_gone = presence.is_gone(self._context.endpoints(facts.user_arn), facts.new.endpoint_id)
        found = facts.with_seen(Look.REMEMBERED, is_gone)
        return replace(found, new=None, remembered=(*facts.remembered, facts.new.endpoint_id)) if is_gone else found

    # Changes

    def _register(self, step: steps.Register, facts: Facts) -> Facts:
        target = Registered(
            endpoint_id="",
            identity=facts.desired.identity,
            name=step.name,
            allow_messages=facts.desired.allow_messages,
            created=None,
        )
        attempts, error = Attempts(), None
        try:
            new = replace(target, endpoint_id=self._registered(target, step.purpose, attempts, propagates=True))
        except BaseException as raised:  # noqa: BLE001 - it becomes a fact, or the failure of the event
            error, new = raised, None
        is_cut_short = error is not None and not isinstance(error, HandlerError)
        facts = replace(
            facts,
            new=new,
            has_failed_attempts=facts.has_failed_attempts or attempts.failed > 0 or is_cut_short,
            is_in_doubt=facts.is_in_doubt or attempts.may_have_happened or is_cut_short,
        )
        if isinstance(error, ServiceError) and error.kind is Kind.CONFLICT:
            return replace(facts, refusal=error)
        return facts if error is None else self._failing(facts, error)

    def _registered(self, target: Registered, purpose: str, attempts: Attempts, *, propagates: bool) -> str:
        return self._context.endpoints(target.identity.user_arn).register(
            target.identity,
            name=target.name,
            allow_messages=target.allow_messages,
            client_request_token=self._context.request.client_request_token(purpose),
            attempts=attempts,
            propagates=propagates,
        )

    def _bring_back(self, step: steps.BringBack, facts: Facts) -> Facts:
        former = step.endpoint
        try:
            purpose = f"bring {former.endpoint_id} back"
            back = replace(former, endpoint_id=self._registered(former, purpose, Attempts(), propagates=False))
        except ServiceError:
            # It may never have been removed, or be registered again without a response.
            endpoints = self._context.endpoints(former.identity.user_arn)
            every = presence.describe_each(endpoints, presence.list_twice(endpoints))
            same = [each for each in every if (each.identity, each.name) == (former.identity, former.name)]
            if not same:
                raise
            back = same[0]
        return replace(facts, is_brought_back=True, brought_back=id_of(back))

    def _update(self, step: steps.Update, facts: Facts) -> Facts:
        target = step.target
        endpoints = self._context.endpoints(target.user_arn)
        listed = presence.update(endpoints, target.endpoint_id, name=step.name, allow_messages=step.allow_messages)
        if facts.failure is not None:
            return replace(facts, is_marked=True)
        if facts.chosen is None:
            return replace(facts, is_updated=True) if listed is None else _without_held(facts, listed)
        if listed is not None:
            raise VanishedError(
                Code.VANISHED,
                f"Endpoint {target.endpoint_id} was deregistered outside CloudFormation while the function was changing"
                " it. Deploy again to register a new endpoint.",
            )
        settled = replace(facts.chosen, name=step.name, allow_messages=step.allow_messages)
        return replace(facts, chosen=settled, new=settled if facts.new is not None else None)

    def _deregister(self, step: steps.Deregister, facts: Facts) -> Facts:
        self._remove(step.target, facts)
        if facts.knows(Look.HOLDERS):
            left = tuple(each for each in facts.holders if id_of(each) != step.target)
            facts = facts.with_seen(Look.HOLDERS, left)
        return replace(facts, removed=facts.removed | {step.target}, has_made_room=facts.refusal is not None)

    def _remove(self, target: Endpoint, facts: Facts) -> None:
        endpoints = self._context.endpoints(target.user_arn)
        try:
            presence.deregister(endpoints, target.endpoint_id)
        except ServiceError as error:
            if not facts.is_delete or not error.kind.is_transient:
                raise
            self._context.deadline.enter(Phase.CLEANUP)  # it may have taken effect all the same
            if not presence.is_gone(endpoints, target.endpoint_id):
                raise

    def _give_way(self, step: steps.GiveWay, facts: Facts) -> Facts:
        facts = replace(facts, gave_way=step.endpoint, has_made_room=True)
        try:
            self._remove(id_of(step.endpoint), facts)
        except BaseException as error:  # noqa: BLE001 - it becomes the failure of the event
            return self._failing(facts, error)
        is_held = id_of(step.endpoint) == facts.current
        return facts.with_seen(Look.HELD, None) if is_held else facts

    def _look_again(self, step: steps.LookAgain, facts: Facts) -> Facts:
        if self._context.pause(step.seconds):
            return facts
        return replace(facts.with_seen(Look.OWN, ()), looks=facts.looks + 1)  # no time to look once more

    def _choose(self, step: steps.Choose, facts: Facts) -> Facts:
        endpoint = step.endpoint
        if step.redefines_desired and facts.declaration is not None:
            facts = facts.with_seen(
                Look.DESIRED, desired.of(facts.declaration, endpoint.identity, self._context.request)
            )
        # What this event registered without a response is new: a failure removes it.
        is_new = facts.refusal is not None and not step.is_adopted and (facts.is_create or facts.is_in_doubt)
        return replace(
            facts,
            chosen=endpoint,
            is_adopted=step.is_adopted,
            new=endpoint if is_new else facts.new,
            warnings=(*facts.warnings, step.warning) if step.warning else facts.warnings,
        )


def _without_held(facts: Facts, listed: Collection[Listed]) -> Facts:
    return replace(facts.with_seen(Look.HELD, None), listed=listed)


def _register_again(_: steps.RegisterAgain, facts: Facts) -> Facts:
    return replace(facts, refusal=None, has_made_room=False, rounds=facts.rounds + 1)


def _has_to_look_twice(endpoints: Endpoints, facts: Facts) -> bool:
    """Whether what is looked for may be new: after a failure, in a rollback, and at another user."""
    if facts.is_delete or facts.failure is not None or endpoints.user_arn != facts.user_arn:
        return True
    if not facts.has_current_here or (facts.knows(Look.BEGINNING) and facts.beginning.physical_id):
        return True
    declaration, former, held = facts.declaration, facts.former_declaration, facts.held
    is_changed = declaration is not None and former is not None and former.immutable != declaration.immutable
    return is_changed and held is not None and held.identity == facts.desired.identity


def _failed_to_clean_up(step: Look | steps.Change, facts: Facts) -> Facts:
    """Return the facts after a step of a cleanup failed: the first failure is reported, and the cleanup goes on."""
    match step:
        case Look():
            return facts.with_seen(step, ())
        case steps.Deregister(target):
            return replace(facts, out_of_reach=facts.out_of_reach | {target})
        case steps.BringBack():
            return replace(facts, is_brought_back=True)
    return replace(facts, is_marked=True)
