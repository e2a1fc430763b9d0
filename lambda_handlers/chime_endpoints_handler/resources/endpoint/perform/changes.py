"""Changes: each makes one call that changes something, and adds what it did to the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from botocore import xform_name

from ....aws.calls import Attempts
from ....aws.deadline import Phase
from ....aws.endpoints import presence
from ....aws.endpoints.api import Registered
from ....aws.failures.errors import HandlerError, ServiceError
from ....aws.failures.remedies import Kind
from ....model.codes import Code
from ....model.physical_id import Endpoint
from ...context import EventContext
from .. import desired, steps
from ..facts import Facts, id_of
from ..steps import Look


class Changes:
    """What each step that changes something does, in a method with its name."""

    def __init__(self, context: EventContext) -> None:
        self._context = context

    def __call__(self, step: steps.Change, facts: Facts) -> Facts:
        """Make a change."""
        change: Callable[[steps.Change, Facts], Facts] = getattr(self, f"_{xform_name(type(step).__name__)}")
        return change(step, facts.without(step.stale))

    def _register(self, step: steps.Register, facts: Facts) -> Facts:
        identity, allow_messages = facts.desired.identity, facts.desired.allow_messages
        attempts, error, new = Attempts(), None, None
        try:
            endpoint_id = self._context.endpoints(identity.user_arn).register(
                identity,
                name=step.name,
                allow_messages=allow_messages,
                client_request_token=self._context.request.client_request_token(step.purpose),
                attempts=attempts,
                propagates=True,
            )
            new = Registered(
                endpoint_id=endpoint_id, identity=identity, name=step.name, allow_messages=allow_messages, created=None
            )
        except BaseException as raised:  # noqa: BLE001 - it becomes a fact, or the failure of the event
            error = raised
        is_cut_short = error is not None and not isinstance(error, HandlerError)
        refusal = error if isinstance(error, ServiceError) and error.kind is Kind.CONFLICT else None
        return replace(
            facts,
            new=new,
            chosen=new,
            has_failed_attempts=facts.has_failed_attempts or attempts.failed > 0 or is_cut_short,
            is_in_doubt=facts.is_in_doubt or attempts.may_have_happened or is_cut_short,
            refusal=refusal,
            failure=None if refusal else error,
        )

    def _bring_back(self, step: steps.BringBack, facts: Facts) -> Facts:
        former = step.endpoint
        endpoints = self._context.endpoints(former.identity.user_arn)
        try:
            endpoint_id = endpoints.register(
                former.identity,
                name=former.name,
                allow_messages=former.allow_messages,
                client_request_token=self._context.request.client_request_token(f"bring {former.endpoint_id} back"),
            )
        except ServiceError:
            # It may never have been removed, or be registered again without a response.
            every = presence.every(endpoints)
            same = [each for each in every if (each.identity, each.name) == (former.identity, former.name)]
            if not same:
                raise
            endpoint_id = same[0].endpoint_id
        return replace(facts, brought_back=Endpoint(endpoints.user_arn, endpoint_id))

    def _update(self, step: steps.Update, facts: Facts) -> Facts:
        target = step.target
        endpoints = self._context.endpoints(target.user_arn)
        listed = presence.update(endpoints, target.endpoint_id, name=step.name, allow_messages=step.allow_messages)
        if facts.failure is not None:
            return facts  # a mark for the rollback
        if facts.chosen is None:
            return replace(facts, is_updated=True) if listed is None else facts.without_held(listed)
        if listed is not None:
            raise HandlerError(
                Code.VANISHED,
                f"Endpoint {target.endpoint_id} was deregistered outside CloudFormation while the function was changing"
                " it. Deploy again to register a new endpoint.",
            )
        settled = replace(facts.chosen, name=step.name, allow_messages=step.allow_messages)
        return replace(facts, chosen=settled, new=settled if facts.new is not None else None)

    def _deregister(self, step: steps.Deregister, facts: Facts) -> Facts:
        target = step.target
        endpoints = self._context.endpoints(target.user_arn)
        try:
            presence.deregister(endpoints, target.endpoint_id)
        except ServiceError as error:
            if not facts.is_delete or not error.kind.is_transient:
                raise
            self._context.deadline.enter(Phase.CLEANUP)  # it may have taken effect all the same
            if not presence.is_gone(endpoints, target.endpoint_id):
                raise
        return replace(facts, removed=facts.removed | {target}, has_made_room=facts.refusal is not None)

    def _give_way(self, step: steps.GiveWay, facts: Facts) -> Facts:
        facts = replace(facts, gave_way=step.endpoint)
        try:
            return self._deregister(steps.Deregister(id_of(step.endpoint)), facts).with_seen(Look.HELD, None)
        except BaseException as error:  # noqa: BLE001 - it becomes the failure of the event
            return replace(facts, failure=error)

    def _look_again(self, step: steps.LookAgain, facts: Facts) -> Facts:
        if self._context.pause(step.seconds):
            return facts
        return replace(facts.with_seen(Look.OWN, ()), looks=facts.looks + 1)  # no time to look once more

    def _register_again(self, _: steps.RegisterAgain, facts: Facts) -> Facts:
        return replace(facts, refusal=None, has_made_room=False, rounds=facts.rounds + 1)

    def _give_up(self, step: steps.GiveUp, facts: Facts) -> Facts:
        return replace(facts, failure=step.error)

    def _choose(self, step: steps.Choose, facts: Facts) -> Facts:
        endpoint = step.endpoint
        if step.is_return and facts.declaration is not None:
            facts = facts.with_seen(
                Look.DESIRED, desired.of(facts.declaration, endpoint.identity, self._context.request)
            )
        # What this event registered without a response is new: a failure removes it.
        is_new = not step.is_adopted and (facts.is_create or facts.is_in_doubt)
        return replace(
            facts.with_seen(Look.REMEMBERED, found=False),
            chosen=endpoint,
            is_adopted=step.is_adopted,
            is_return=step.is_return,
            new=endpoint if is_new else facts.new,
        )
