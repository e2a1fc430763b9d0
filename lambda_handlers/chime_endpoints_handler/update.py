"""Update: in place with one call, or a new endpoint beside the old one, which CloudFormation deletes afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import physical_id
from .calls import Attempts
from .create import adopt, outcome
from .declaration import EndpointDeclaration, PlainToken, TokenSource, read_endpoint
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
    name_of,
    resolve,
    settle,
    was_created_since,
)
from .stack import Standing
from .work import Outcome, Work

_ROUNDS = 3  # a registration can meet one stray and one predecessor; a third refusal is an answer


def update(work: Work) -> Outcome:
    """Brings the registered endpoint to the declaration."""
    request = work.request
    current = physical_id.read(request.physical_id)
    work.note(current)
    new, old = read_endpoint(request.properties), _read_leniently(request.old_properties)
    if isinstance(current, physical_id.Endpoint) and old is not None and _is_same_identity(old, new):
        if (old.name, old.allow_messages) == (new.name, new.allow_messages):
            return outcome(current)
        if work.arrival.is_late:
            _stop_if_stale(work)
        if _is_updated(work, current, new):
            return outcome(current)
    elif work.arrival.is_late:
        _stop_if_stale(work)
    return _Replacement(work, current, new, old).run()


def _read_leniently(properties: object) -> EndpointDeclaration | None:
    """The former declaration, which an older version may have written; None where it cannot be read."""
    try:
        return read_endpoint(properties)  # type: ignore[arg-type] # anything may stand in an event
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


def _is_updated(work: Work, current: physical_id.Endpoint, new: EndpointDeclaration) -> bool:
    """Changes name and messages in place; tells whether there was an endpoint to change."""
    endpoints = work.endpoints(current.user_arn)
    try:
        if endpoints.update(current.endpoint_id, name=name_of(new, work.request), allow_messages=new.allow_messages):
            return True
    except ServiceError as error:
        if not was_refused(error) or not is_gone(endpoints, current.endpoint_id):
            raise
        return False
    return not is_gone(endpoints, current.endpoint_id)


def _is_stale(work: Work, standing: Standing) -> bool:
    """Whether CloudFormation has gone on without this Update's answer."""
    if standing.is_given_up or standing.physical_id != work.request.physical_id:
        return True
    return standing.is_settled and standing.since is not None and standing.since > work.arrival.started


def _stop_if_stale(work: Work) -> Standing | None:
    standing = work.standing()
    if standing is not None and _is_stale(work, standing):
        raise StaleEventError("CloudFormation has gone on without this Update. Nothing was changed.")
    return standing


@dataclass
class _Replacement:
    """The endpoint that is registered is not the declared one, or is gone."""

    work: Work
    current: physical_id.PhysicalId
    new: EndpointDeclaration
    old: EndpointDeclaration | None
    present: Registered | None = field(default=None, init=False)
    wanted: Wanted = field(init=False)
    endpoints: Endpoints = field(init=False)

    def run(self) -> Outcome:
        work = self.work
        self.wanted = resolve(self.new, work)
        self.endpoints = work.endpoints(self.new.app_instance_user_arn)
        self.present = self._present()
        if self.present is not None and self.present.identity == self.wanted.identity:
            return self._keep(self.present)
        if self.present is None and self._is_expected_here():
            _stop_if_stale(work)
        listed = self.endpoints.list()
        found = self._earlier(listed)
        if found is not None:
            self._settle(found.endpoint_id, found.name, found.allow_messages)
            chosen = found.endpoint_id
            unanswered = None
        else:
            chosen, unanswered = self._register_new()
        self._remove_strays(chosen, listed)
        if work.is_unusual():
            self._withdraw_if_stale(chosen, is_new=found is None)
        return Outcome(
            physical_id=physical_id.Endpoint(self.endpoints.user_arn, chosen),
            data=outcome(physical_id.Endpoint(self.endpoints.user_arn, chosen)).data,
            unanswered=unanswered,
        )

    def _is_expected_here(self) -> bool:
        """Whether the current endpoint should have been found: then its absence is an anomaly."""
        return isinstance(self.current, physical_id.Endpoint) and self._is_same_user()

    def _is_same_user(self) -> bool:
        return (
            isinstance(self.current, physical_id.Endpoint) and self.current.user_arn == self.new.app_instance_user_arn
        )

    def _present(self) -> Registered | None:
        """What is registered under the current id, where it can be what is declared."""
        if not isinstance(self.current, physical_id.Endpoint) or not self._is_same_user():
            return None
        try:
            return self.endpoints.describe(self.current.endpoint_id)
        except ServiceError as error:
            if was_refused(error) and is_gone(self.endpoints, self.current.endpoint_id):
                return None
            raise

    def _keep(self, present: Registered) -> Outcome:
        """The current endpoint is the declared one: a source has the same value, or a replacement was rolled back."""
        self._settle(present.endpoint_id, present.name, present.allow_messages)
        if self.old is None or not _is_same_identity(self.old, self.new):
            self._remove_strays(present.endpoint_id, self.endpoints.list())
        return outcome(physical_id.Endpoint(self.endpoints.user_arn, present.endpoint_id))

    def _earlier(self, listed: list[Listed]) -> Registered | None:
        """The endpoint to return to on a rollback, or the one that an unanswered attempt of this event registered."""
        described = describe_each(
            self.endpoints,
            (
                endpoint
                for endpoint in candidates(listed, self.wanted, self.work.request)
                if not self._is_current(endpoint.endpoint_id)
            ),
        )
        return next((endpoint for endpoint in described if self._is_ours(endpoint)), None)

    def _is_ours(self, endpoint: Registered) -> bool:
        if endpoint.identity != self.wanted.identity:
            return False
        if bears_our_name(endpoint, self.work.request):
            return True
        if not self.wanted.is_name_declared or not is_as_wanted(endpoint, self.wanted):
            return False
        # Registered under a declared name: by the declaration before the current one, or by this event.
        if self.present is None or self.present.created is None or endpoint.created is None:
            return True
        return endpoint.created <= self.present.created or was_created_since(endpoint, self.work.arrival.earliest)

    def _is_current(self, endpoint_id: str) -> bool:
        return self._is_same_user() and self.current == physical_id.Endpoint(self.endpoints.user_arn, endpoint_id)

    def _register_new(self) -> tuple[str, Callable[[], None] | None]:
        """Registers under a name that marks the endpoint as ours until it is complete, then names it as declared."""
        own_name = self.work.request.own_name
        chosen, name, allow_messages, is_new = self._register()
        if not is_new:
            self._settle(chosen, name, allow_messages)
            return chosen, None
        try:
            self._settle(chosen, own_name, self.wanted.allow_messages)
        except HandlerError:
            self._withdraw(chosen)
            raise
        if not self.wanted.is_name_declared:
            return chosen, None

        def mark_again() -> None:
            self.endpoints.update(chosen, name=own_name, allow_messages=self.wanted.allow_messages)

        return chosen, mark_again

    def _register(self) -> tuple[str, str | None, str, bool]:
        """The endpoint's id, name and messages, and whether this event registered it."""
        own_name = self.work.request.own_name
        for round_number in range(_ROUNDS):
            attempts = Attempts()
            try:
                endpoint_id = self._register_once(f"replace {round_number}", attempts)
            except ServiceError as error:
                if error.kind is not Kind.CONFLICT:
                    self._remove_own_attempt(attempts)
                    raise
                if round_number == _ROUNDS - 1:
                    raise
            else:
                return endpoint_id, own_name, self.wanted.allow_messages, True
            holding = holders(self.endpoints, self.wanted.identity, self.work)
            if earlier := next((holder for holder in holding if self._is_ours(holder)), None):
                return earlier.endpoint_id, earlier.name, earlier.allow_messages, False
            if predecessor := next((each for each in holding if self._is_current(each.endpoint_id)), None):
                return self._register_in_place_of(predecessor)
            if stray := next((each for each in holding if bears_our_name(each, self.work.request)), None):
                _stop_if_stale(self.work)
                deregister(self.endpoints, stray.endpoint_id)
                continue
            adopted = adopt(self.endpoints, holding, self.wanted, self.new)
            return adopted, self.wanted.name, self.wanted.allow_messages, False
        raise AssertionError  # the last round returns or raises

    def _register_once(self, purpose: str, attempts: Attempts) -> str:
        return self.endpoints.register(
            self.wanted.identity,
            name=self.work.request.own_name,
            allow_messages=self.wanted.allow_messages,
            client_request_token=self.work.request.client_request_token(purpose),
            attempts=attempts,
        )

    def _register_in_place_of(self, predecessor: Registered) -> tuple[str, str | None, str, bool]:
        """The old endpoint holds the device token and gives way; it comes back if the new one cannot be registered."""
        _stop_if_stale(self.work)
        deregister(self.endpoints, predecessor.endpoint_id)
        attempts = Attempts()
        try:
            endpoint_id = self._register_once("replace after the predecessor gave way", attempts)
        except HandlerError:
            self._remove_own_attempt(attempts)
            self._bring_back(predecessor)
            raise
        return endpoint_id, self.work.request.own_name, self.wanted.allow_messages, True

    def _bring_back(self, predecessor: Registered) -> None:
        self.work.deadline.start_cleanup()
        try:
            endpoint_id = self.endpoints.register(
                predecessor.identity,
                name=predecessor.name,
                allow_messages=predecessor.allow_messages,
                client_request_token=self.work.request.client_request_token("bring the predecessor back"),
                attempts=Attempts(),
            )
        except HandlerError:
            return  # what is told is why the new one failed; the rollback registers the old one again
        self.work.note(physical_id.Endpoint(self.endpoints.user_arn, endpoint_id))

    def _remove_own_attempt(self, attempts: Attempts) -> None:
        """Removes what a failed registration may have left; what stays is removed by the rollback's Update."""
        if not attempts.may_have_happened:
            return
        self.work.deadline.start_cleanup()
        try:
            self._remove_strays(None, self.endpoints.list())
        except HandlerError:
            return  # the failure of the registration is what is told

    def _settle(self, endpoint_id: str, name: str | None, allow_messages: str) -> None:
        settle(self.endpoints, endpoint_id, name=name, allow_messages=allow_messages, wanted=self.wanted)

    def _withdraw(self, endpoint_id: str) -> None:
        self.work.deadline.start_cleanup()
        try:
            deregister(self.endpoints, endpoint_id)
        except HandlerError:
            return  # it bears our name: the rollback's Update removes it

    def _remove_strays(self, chosen: str | None, listed: list[Listed]) -> None:
        """Removes what unanswered attempts left: endpoints that bear our name and that nothing refers to."""
        strays = [
            (self.endpoints, endpoint.endpoint_id)
            for endpoint in listed
            if bears_our_name(endpoint, self.work.request)
            and endpoint.endpoint_id != chosen
            and not self._is_current(endpoint.endpoint_id)
        ]
        if self.old is not None and self.old.app_instance_user_arn != self.endpoints.user_arn:
            former = self.work.endpoints(self.old.app_instance_user_arn)
            strays += [
                (former, endpoint.endpoint_id)
                for endpoint in former.list()
                if bears_our_name(endpoint, self.work.request)
                and self.current != physical_id.Endpoint(former.user_arn, endpoint.endpoint_id)
            ]
        if not strays:
            return
        standing = _stop_if_stale(self.work)
        if standing is None and self.present is None:
            return  # nobody can say whether this event is still current: leave what may be another's
        for endpoints, endpoint_id in strays:
            deregister(endpoints, endpoint_id)

    def _withdraw_if_stale(self, chosen: str, *, is_new: bool) -> None:
        """Removes what was registered where CloudFormation has gone on without the answer."""
        standing = self.work.standing()
        endpoint = physical_id.Endpoint(self.endpoints.user_arn, chosen)
        if standing is None or standing.physical_id == str(endpoint) or not _is_stale(self.work, standing):
            return
        if is_new:
            deregister(self.endpoints, chosen)
        raise StaleEventError("CloudFormation has gone on without this Update. What was registered is removed.")
