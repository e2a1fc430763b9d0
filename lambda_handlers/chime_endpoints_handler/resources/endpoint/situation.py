"""What an Update finds: what is declared, what is registered under the current id, and what else is ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from chime_endpoints_handler.aws.endpoints import Endpoints, Listed, Registered, was_refused
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import EndpointDeclaration
from chime_endpoints_handler.resources.work import Work

from .ownership import (
    Wanted,
    bears_our_name,
    candidates,
    deregister,
    describe_each,
    described,
    holders,
    is_as_wanted,
    is_gone,
    listed_twice,
    physical_id_of,
    resolve,
    unless_refused,
    was_created_since,
)
from .staleness import stop_if_stale

_LONGEST_OPERATION = 3 * 3600.0  # seconds that a stack's update and its rollback are reckoned to take


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The state of things as a replacement begins."""

    work: Work
    wanted: Wanted
    former: EndpointDeclaration | None
    current: physical_id.PhysicalId
    present: Registered | None
    """What is registered under the current id; None where it is gone, or its user may no longer be asked about."""

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints of the declared user."""
        return self.work.endpoints(self.wanted.identity.user_arn)

    def id_of(self, endpoint_id: str) -> physical_id.Endpoint:
        """The physical id of one of the declared user's endpoints."""
        return physical_id.Endpoint(self.wanted.identity.user_arn, endpoint_id)

    @property
    def has_current_here(self) -> bool:
        """Whether the current id is an endpoint of the declared user."""
        return _is_of(self.current, self.wanted.identity.user_arn)

    def endpoints_of(self, endpoint: Registered) -> Endpoints:
        """The endpoints of the user to whom this one belongs."""
        return self.work.endpoints(endpoint.identity.user_arn)

    def others(self, listed: Iterable[Listed]) -> list[Listed]:
        """Those of the declared user's endpoints that may be ours beside the current one, by what List shows."""
        ours = candidates(listed, self.wanted, self.work.request)
        return [endpoint for endpoint in ours if self.id_of(endpoint.endpoint_id) != self.current]

    def is_predecessor(self, holder: Registered) -> bool:
        """Whether the holder is the current endpoint, or what stands in its place as it was declared before.

        That is one that was brought back after it gave way, or on a rollback the successor that nobody heard of.
        """
        return self.current == physical_id_of(holder) or self._was_brought_back(holder)

    def is_ours(self, endpoint: Registered) -> bool:
        """Whether the endpoint is a declared one that this resource has registered."""
        if endpoint.identity != self.wanted.identity:
            return False
        if bears_our_name(endpoint, self.work.request):
            return True
        if not self.wanted.is_name_declared or not is_as_wanted(endpoint, self.wanted):
            return False
        return self._is_of_this_operation(endpoint)

    def _is_of_this_operation(self, endpoint: Registered) -> bool:
        """Whether an endpoint under the declared name can be ours: else it is a stranger's that happens to equal it.

        A rollback returns to the endpoint that the current one has just replaced, or to one that was brought back.
        """
        if self.present is None:
            return was_created_since(endpoint, self._recently)
        if was_created_since(endpoint, self.work.arrival.earliest):
            return True
        created, current = endpoint.created, self.present.created
        return created is not None and current is not None and self._recently <= current and created <= current

    def _was_brought_back(self, holder: Registered) -> bool:
        is_gone = self.present is None and isinstance(self.current, physical_id.Endpoint)
        if not is_gone or self.former is None:
            return False
        try:
            former = resolve(self.former, self.work, call=self.work.call_at_once)
        except HandlerError:
            return False
        return is_as_wanted(holder, former) and was_created_since(holder, self._recently)

    @property
    def _recently(self) -> float:
        return self.work.arrival.started - _LONGEST_OPERATION

    def holders_elsewhere(self) -> list[Registered]:
        """Other users' endpoints of this resource that hold one of the device tokens: all users may share them."""
        found: list[Registered] = []
        for other in self._elsewhere:
            found += unless_refused(partial(holders, other, self.wanted.identity, self.work))
        return found

    @property
    def _elsewhere(self) -> list[Endpoints]:
        """The endpoints of the users whose this resource's were before, where these are others."""
        users = {self.former.app_instance_user_arn} if self.former is not None else set()
        if isinstance(self.current, physical_id.Endpoint):
            users.add(self.current.user_arn)
        return [self.work.endpoints(user, is_former=True) for user in sorted(users - {self.wanted.identity.user_arn})]

    def remove_strays(self, listed: Iterable[Listed], *, but: str | None = None) -> None:
        """Removes what unanswered attempts left: endpoints that bear our name and that nothing refers to.

        Args:
            listed: the declared user's endpoints.
            but: the EndpointId of the one that is chosen, where that is not the current one.
        """
        strays = [stray for stray in self._strays(self.endpoints, listed) if stray.endpoint_id != but]
        for other in self._elsewhere:
            strays += unless_refused(partial(self._strays_of, other))
        if not strays:
            return
        if stop_if_stale(self.work) is None and self.present is None and self.has_current_here:
            return  # nobody can say whether this event is still current: leave what may be a newer one's
        for stray in strays:
            deregister(self.work.endpoints(stray.user_arn), stray.endpoint_id)

    def _strays_of(self, other: Endpoints) -> list[physical_id.Endpoint]:
        return self._strays(other, listed_twice(other))

    def _strays(self, endpoints: Endpoints, listed: Iterable[Listed]) -> list[physical_id.Endpoint]:
        marked = [
            each
            for each in listed
            if bears_our_name(each, self.work.request)
            and physical_id.Endpoint(endpoints.user_arn, each.endpoint_id) != self.current
        ]
        return [physical_id_of(each) for each in describe_each(endpoints, marked) if self.is_stray(each)]

    def is_stray(self, endpoint: Registered) -> bool:
        """Whether an unanswered attempt has left it: it bears our name, and nothing refers to it.

        What is older than the current endpoint was replaced by it, and the stack retains it.
        """
        if not bears_our_name(endpoint, self.work.request) or physical_id_of(endpoint) == self.current:
            return False
        if self.present is None or self.present.created is None or endpoint.created is None:
            return True
        return endpoint.created >= self.present.created


def look(
    work: Work, wanted: Wanted, *, former: EndpointDeclaration | None, current: physical_id.PhysicalId
) -> Situation:
    """Looks at what is registered under the current id."""
    present = _describe(work, wanted, current) if isinstance(current, physical_id.Endpoint) else None
    return Situation(work=work, wanted=wanted, former=former, current=current, present=present)


def _describe(work: Work, wanted: Wanted, current: physical_id.Endpoint) -> Registered | None:
    may_be_refused = not _is_of(current, wanted.identity.user_arn)
    endpoints = work.endpoints(current.user_arn, is_former=may_be_refused)
    try:
        return described(endpoints, current.endpoint_id)
    except ServiceError as error:
        if not was_refused(error):
            raise
        if _is_out_of_sight(endpoints, current.endpoint_id, may_be_refused=may_be_refused):
            return None
        raise


def _is_out_of_sight(endpoints: Endpoints, endpoint_id: str, *, may_be_refused: bool) -> bool:
    """Whether List does not show the endpoint, or may not even be asked: a former user can be somebody else's now."""
    try:
        return is_gone(endpoints, endpoint_id)
    except ServiceError as error:
        if may_be_refused and was_refused(error):
            return True
        raise


def _is_of(current: physical_id.PhysicalId, user_arn: str) -> bool:
    return isinstance(current, physical_id.Endpoint) and current.user_arn == user_arn
