"""Replacement: another endpoint beside the current one, which CloudFormation deletes afterwards or returns to.

The new endpoint is registered under a name that marks it as ours and named as declared last of all: whatever is
cut short before leaves something that the next event recognises.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from . import physical_id
from .calls import Attempts
from .create import adopt, outcome
from .deadline import Phase
from .declaration import EndpointDeclaration
from .endpoints import Endpoints, Listed, Registered, was_refused
from .errors import HandlerError, Kind, ServiceError, StaleEventError
from .ownership import (
    Wanted,
    bears_our_name,
    candidates,
    deregister,
    describe_each,
    holders,
    is_as_wanted,
    is_gone,
    resolve,
    settle,
    unclear,
    was_created_since,
)
from .staleness import is_stale, remove_attempts, stop_if_stale
from .work import Outcome, Work

_LONGEST_OPERATION = 3 * 3600.0  # seconds that a stack's update and its rollback are reckoned to take
_ROUNDS = 3  # a registration can meet strays of earlier attempts; a third refusal is an answer


@dataclass(frozen=True)
class _Chosen:
    """The endpoint that the answer will name, as it is before it is settled."""

    endpoint_id: str
    name: str | None = field(repr=False)
    allow_messages: str
    is_new: bool = False
    is_adopted: bool = False


class Replacement:
    """What is registered under the current id is not what is declared, or is gone, or has to be looked at."""

    def __init__(
        self,
        work: Work,
        *,
        current: physical_id.PhysicalId,
        declaration: EndpointDeclaration,
        former: EndpointDeclaration | None,
        is_change: bool,
    ) -> None:
        self._work = work
        self._request = work.request
        self._current = current
        self._declaration = declaration
        self._former = former
        self._is_change = is_change
        self._endpoints = work.endpoints(declaration.app_instance_user_arn)
        self._present: Registered | None = None
        self._wanted: Wanted

    def run(self) -> Outcome:
        """Brings what is registered to the declaration."""
        self._wanted = resolve(self._declaration, self._work)
        try:
            return self._run()
        except StaleEventError:
            raise
        except HandlerError:
            if self._work.arrival.is_told and self._work.arrival.is_repeated:
                self._remove_named_attempts()
            raise

    def _run(self) -> Outcome:
        self._present = self._describe_current()
        if self._present is not None and self._present.identity == self._wanted.identity:
            return self._keep(self._present)
        if self._present is None and self._has_current_here():
            stop_if_stale(self._work)  # it should be there: is this event an old one?
        listed = self._endpoints.list()
        chosen = self._find(listed) or self._register()
        try:
            self._remove_strays(listed, chosen.endpoint_id)
            self._settle(chosen.endpoint_id, chosen.name, chosen.allow_messages)
            if chosen.is_new or self._work.is_unusual():
                self._stop_if_given_up(chosen)
        except HandlerError:
            if chosen.is_new:
                self._withdraw(chosen)
            raise
        return self._outcome(chosen)

    def _outcome(self, chosen: _Chosen) -> Outcome:
        endpoint = physical_id.Endpoint(self._endpoints.user_arn, chosen.endpoint_id)
        needs_mark = self._wanted.is_name_declared and not chosen.is_adopted
        return Outcome(
            physical_id=endpoint,
            data=outcome(endpoint).data,
            unanswered=partial(self._mark, chosen) if needs_mark else None,
        )

    def _has_current_here(self) -> bool:
        """Whether the current id is an endpoint of the declared user."""
        return isinstance(self._current, physical_id.Endpoint) and self._current.user_arn == self._endpoints.user_arn

    def _is_current(self, endpoint_id: str) -> bool:
        return self._current == physical_id.Endpoint(self._endpoints.user_arn, endpoint_id)

    def _describe_current(self) -> Registered | None:
        """What is registered under the current id; None where it is gone, or its user may no longer be asked about."""
        if not isinstance(self._current, physical_id.Endpoint):
            return None
        endpoints = self._work.endpoints(self._current.user_arn)
        try:
            present = endpoints.describe(self._current.endpoint_id)
        except ServiceError as error:
            if not was_refused(error):
                raise
            if not self._has_current_here() or is_gone(endpoints, self._current.endpoint_id):
                return None
            raise
        if present is None and self._has_current_here() and not is_gone(endpoints, self._current.endpoint_id):
            raise unclear("DescribeAppInstanceUserEndpoint", self._current.endpoint_id)
        return present

    def _keep(self, present: Registered) -> Outcome:
        """The current endpoint is the declared one: a source has the same value, or a replacement is rolled back."""
        self._settle(present.endpoint_id, present.name, present.allow_messages)
        if self._is_change:
            self._remove_strays(self._endpoints.list(), present.endpoint_id)
        return outcome(physical_id.Endpoint(self._endpoints.user_arn, present.endpoint_id))

    def _find(self, listed: list[Listed]) -> _Chosen | None:
        """The endpoint to return to on a rollback, or the one that an unanswered attempt of this event registered."""
        others = [
            endpoint
            for endpoint in candidates(listed, self._wanted, self._request)
            if not self._is_current(endpoint.endpoint_id)
        ]
        for endpoint in describe_each(self._endpoints, others):
            if self._is_ours(endpoint):
                return _Chosen(endpoint.endpoint_id, endpoint.name, endpoint.allow_messages)
        return None

    def _is_ours(self, endpoint: Registered) -> bool:
        if endpoint.identity != self._wanted.identity:
            return False
        if bears_our_name(endpoint, self._request):
            return True
        if not self._wanted.is_name_declared or not is_as_wanted(endpoint, self._wanted):
            return False
        return self._is_of_this_operation(endpoint)

    def _is_of_this_operation(self, endpoint: Registered) -> bool:
        """Whether an endpoint under the declared name can be ours: else it is a stranger's that happens to equal it.

        A rollback returns to the endpoint that the current one has just replaced, or to one that was brought back.
        """
        arrival = self._work.arrival
        recently = arrival.started - _LONGEST_OPERATION
        if self._present is None:
            return was_created_since(endpoint, recently)
        if was_created_since(endpoint, arrival.earliest):
            return True
        created, current = endpoint.created, self._present.created
        return created is not None and current is not None and recently <= current and created <= current

    def _register(self) -> _Chosen:
        for round_number in range(_ROUNDS):
            attempts = Attempts()
            try:
                return self._register_marked(f"replace {round_number}", attempts)
            except ServiceError as error:
                self._remove_own_attempt(attempts)
                if error.kind is not Kind.CONFLICT or round_number == _ROUNDS - 1:
                    raise
            if chosen := self._resolve_conflict():
                return chosen
        raise AssertionError  # the last round returns or raises

    def _register_marked(self, purpose: str, attempts: Attempts) -> _Chosen:
        endpoint_id = self._endpoints.register(
            self._wanted.identity,
            name=self._request.own_name,
            allow_messages=self._wanted.allow_messages,
            client_request_token=self._request.client_request_token(purpose),
            attempts=attempts,
            propagates=True,
        )
        return _Chosen(endpoint_id, self._request.own_name, self._wanted.allow_messages, is_new=True)

    def _resolve_conflict(self) -> _Chosen | None:
        """The device token is registered already; None where it is not any more, so that another try may succeed."""
        holding = holders(self._endpoints, self._wanted.identity, self._work)
        for holder in holding:
            if self._is_ours(holder):
                return _Chosen(holder.endpoint_id, holder.name, holder.allow_messages)
            if self._is_current(holder.endpoint_id) or self._was_brought_back(holder):
                return self._register_in_place_of(holder)
            if bears_our_name(holder, self._request):
                stop_if_stale(self._work)
                deregister(self._endpoints, holder.endpoint_id)
                return None
        adopted = adopt(self._endpoints, holding, self._wanted, self._declaration)
        return _Chosen(adopted, self._wanted.name, self._wanted.allow_messages, is_adopted=True)

    def _was_brought_back(self, holder: Registered) -> bool:
        """Whether the holder is the current endpoint, which gave way once and was registered again."""
        if self._present is not None or self._former is None or not self._has_current_here():
            return False
        try:
            former = resolve(self._former, self._work)
        except HandlerError:
            return False
        return is_as_wanted(holder, former) and was_created_since(
            holder, self._work.arrival.started - _LONGEST_OPERATION
        )

    def _register_in_place_of(self, predecessor: Registered) -> _Chosen:
        """The old endpoint holds the device token and gives way; it comes back if the new one cannot be registered."""
        stop_if_stale(self._work)
        deregister(self._endpoints, predecessor.endpoint_id)
        attempts = Attempts()
        try:
            return self._register_marked("replace after the predecessor gave way", attempts)
        except HandlerError:
            self._remove_own_attempt(attempts)
            self._bring_back(predecessor)
            raise

    def _bring_back(self, predecessor: Registered) -> None:
        self._work.deadline.enter(Phase.CLEANUP)
        try:
            endpoint_id = self._endpoints.register(
                predecessor.identity,
                name=predecessor.name,
                allow_messages=predecessor.allow_messages,
                client_request_token=self._request.client_request_token("bring the predecessor back"),
                attempts=Attempts(),
            )
        except HandlerError:
            return  # what is told is why the new one failed; the rollback registers the old one again
        self._work.note(physical_id.Endpoint(self._endpoints.user_arn, endpoint_id))

    def _remove_own_attempt(self, attempts: Attempts) -> None:
        """Removes what a failed registration may have left; what stays is removed by the rollback's Update."""
        if not attempts.may_have_happened:
            return
        self._work.deadline.enter(Phase.CLEANUP)
        try:
            self._remove_strays(self._endpoints.list(), None)
        except HandlerError:
            return  # the failure of the registration is what is told

    def _remove_named_attempts(self) -> None:
        """Removes what an earlier delivery of this event has named as declared: the rollback could not recognise it."""
        self._work.deadline.enter(Phase.CLEANUP)
        standing = self._work.standing()
        if standing is None or not self._wanted.is_name_declared:
            return
        with suppress(HandlerError):  # the failure of this delivery is what is told
            listed = candidates(self._endpoints.list(), self._wanted, self._request)
            for endpoint in describe_each(self._endpoints, listed):
                held = str(physical_id.Endpoint(self._endpoints.user_arn, endpoint.endpoint_id))
                is_young = was_created_since(endpoint, self._work.arrival.started)
                if is_as_wanted(endpoint, self._wanted) and is_young and held != standing.physical_id:
                    deregister(self._endpoints, endpoint.endpoint_id)

    def _settle(self, endpoint_id: str, name: str | None, allow_messages: str) -> None:
        settle(self._endpoints, endpoint_id, name=name, allow_messages=allow_messages, wanted=self._wanted)

    def _withdraw(self, chosen: _Chosen) -> None:
        self._work.deadline.enter(Phase.CLEANUP)
        try:
            deregister(self._endpoints, chosen.endpoint_id)
        except HandlerError:
            with suppress(HandlerError):  # where it bears our name, the rollback's Update removes it
                self._mark(chosen)

    def _mark(self, chosen: _Chosen) -> None:
        """Gives the endpoint the name by which the next event recognises it."""
        self._endpoints.update(
            chosen.endpoint_id, name=self._request.own_name, allow_messages=self._wanted.allow_messages
        )

    def _remove_strays(self, listed: list[Listed], chosen: str | None) -> None:
        """Removes what unanswered attempts left: endpoints that bear our name and that nothing refers to."""
        strays = self._marked(self._endpoints, listed, but=chosen)
        if self._former is not None and self._former.app_instance_user_arn != self._endpoints.user_arn:
            strays += self._strays_of_former_user(self._former.app_instance_user_arn)
        if not strays:
            return
        if stop_if_stale(self._work) is None and self._present is None and self._has_current_here():
            return  # nobody can say whether this event is still current: leave what may be a newer one's
        for endpoints, endpoint_id in strays:
            deregister(endpoints, endpoint_id)

    def _strays_of_former_user(self, user_arn: str) -> list[tuple[Endpoints, str]]:
        former = self._work.endpoints(user_arn)
        try:
            return self._marked(former, former.list(), but=None)
        except ServiceError as error:
            if was_refused(error):
                return []  # the user is gone, or no longer ours to ask about
            raise

    def _marked(self, endpoints: Endpoints, listed: list[Listed], *, but: str | None) -> list[tuple[Endpoints, str]]:
        return [
            (endpoints, endpoint.endpoint_id)
            for endpoint in listed
            if bears_our_name(endpoint, self._request)
            and endpoint.endpoint_id != but
            and self._current != physical_id.Endpoint(endpoints.user_arn, endpoint.endpoint_id)
        ]

    def _stop_if_given_up(self, chosen: _Chosen) -> None:
        standing = self._work.standing()
        endpoint = str(physical_id.Endpoint(self._endpoints.user_arn, chosen.endpoint_id))
        if standing is None or standing.physical_id == endpoint or not is_stale(self._work, standing):
            return
        if standing.is_given_up:
            remove_attempts(self._work, standing)
            if not (chosen.is_new or chosen.is_adopted):
                self._withdraw(chosen)  # a new one is withdrawn for every failure
        raise StaleEventError("CloudFormation has gone on without this Update. What was registered is removed.")
