"""What an endpoint is to this resource: the only place that compares names, members and ages.

An endpoint without a declared name has a name that ends in the resource's suffix (its mark), and so has every
replacement until it is complete. An endpoint that was registered under a declared name can only be recognized because
it equals the declaration in every member, and was created when this resource can have registered it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from ...aws.endpoints.api import Listed, Registered
from ...cloudformation.request import Request
from ...model.physical_id import Endpoint, Unconfirmed
from ...model.timestamps import CLOCK_SKEW, RESOLUTION
from .facts import Facts, id_of

_LONGEST_OPERATION = 3 * 3600.0  # seconds that a stack's update and its rollback are assumed to take


class Role(Enum):
    """What an endpoint is to this resource."""

    HELD = auto()
    """The endpoint with the current physical id, or the one that CloudFormation knows by now."""
    OURS = auto()
    """One that this resource registered, as declared now."""
    PREDECESSOR = auto()
    """What was brought back in the place of the current endpoint, as declared before."""
    STRAY = auto()
    """What an attempt of this resource left, and nothing refers to."""
    DOUBTFUL = auto()
    """One that equals the declaration, and may be this resource's or someone else's."""
    STRANGER = auto()
    """Someone else's, or one that the stack retains."""


def role_of(endpoint: Registered, facts: Facts) -> Role:
    """Return what an endpoint is to this resource."""
    if id_of(endpoint) == facts.current:
        return Role.HELD
    if facts.is_delete or facts.failure is not None:
        return _role_in_cleanup(endpoint, facts)
    is_marked = bears_mark(endpoint, facts.request)
    if endpoint.identity == facts.desired.identity and (is_marked or _is_ours_by_declared_name(endpoint, facts)):
        return Role.OURS
    if is_marked:
        return Role.STRANGER if _is_retained(endpoint, facts) else Role.STRAY
    if _is_of_overtaken_update(endpoint, facts):
        return Role.STRAY
    return Role.PREDECESSOR if _came_back(endpoint, facts) else Role.STRANGER


def first(endpoints: Iterable[Registered], facts: Facts, *roles: Role) -> Registered | None:
    """Return the first endpoint with one of these roles that this event has not removed, or tried to."""
    left = (each for each in endpoints if id_of(each) not in facts.removed | facts.out_of_reach)
    return next((each for each in left if role_of(each, facts) in roles), None)


def bears_mark(endpoint: Listed | Registered, request: Request) -> bool:
    """Whether the name ends in the suffix that only this resource gives."""
    return endpoint.name is not None and endpoint.name.endswith(f"-{request.suffix}")


def may_be_ours(listed: Listed, facts: Facts) -> bool:
    """Whether an endpoint may be this resource's, as far as List shows it."""
    names = {(each.name, each.type) for each in facts.declarations if each.name is not None}
    return bears_mark(listed, facts.request) or (listed.name, listed.type) in names


def _is_ours_by_declared_name(endpoint: Registered, facts: Facts) -> bool:
    """Whether it equals the declaration in every member, and is from a time at which this resource registered it."""
    if not facts.desired.is_name_declared or not facts.desired.equals(endpoint):
        return False
    if facts.is_create:
        return _is_of_this_create(endpoint, facts)
    if facts.held is not None and _may_be_since(endpoint, facts.arrival.earliest):
        return True
    # A rollback returns to the endpoint with which the update began: the one that the current one has just replaced.
    is_recent = _is_recent(endpoint, facts)
    is_alone = sum(facts.desired.identity == own.identity for own in facts.own) == 1
    if is_recent and is_alone:
        return True
    began = facts.beginning.physical_id
    return began == str(id_of(endpoint)) if began else is_recent


def _is_recent(endpoint: Registered, facts: Facts) -> bool:
    """Whether it is of this operation by its age: just registered, or just replaced by the current endpoint."""
    recently = facts.arrival.started - _LONGEST_OPERATION
    if facts.held is None:
        return _may_be_since(endpoint, recently)
    created, current = endpoint.created, facts.held.created
    return created is not None and current is not None and recently <= current and created <= current


def _is_of_this_create(endpoint: Registered, facts: Facts) -> bool:
    """Whether an earlier delivery or call of this Create can have registered it, or CloudFormation has it already."""
    if facts.status.physical_id == str(id_of(endpoint)):
        return True
    if not facts.is_in_doubt and not facts.arrival.may_follow_one_that_registered(endpoint.created):
        return False  # there was no earlier attempt
    return _may_be_since(endpoint, _create_began(facts, or_else=facts.arrival.earliest))


def _is_retained(endpoint: Registered, facts: Facts) -> bool:
    """Whether the current endpoint replaced this one: it is older, and the stack retains it."""
    held = facts.held
    if held is None or held.created is None or endpoint.created is None:
        return False
    return endpoint.created < held.created


def _came_back(endpoint: Registered, facts: Facts) -> bool:
    """Whether it is what was registered again after the current endpoint gave way, which takes a shared device token.

    The other device token may differ from what its source returns by now.
    """
    if not isinstance(facts.current, Endpoint) or facts.held is not None:
        return False
    identity = endpoint.identity
    there = (identity.user_arn, identity.type, identity.resource_arn, endpoint.name)
    return (
        any(there == (*each.immutable[:3], each.name) for each in facts.declarations)
        and bool(identity.tokens & facts.desired.identity.tokens)
        and _may_be_since(endpoint, facts.arrival.started - _LONGEST_OPERATION)
    )


def _is_of_overtaken_update(endpoint: Registered, facts: Facts) -> bool:
    """Whether the update that is rolled back registered it, and nobody was told: as declared then, and since then."""
    former = facts.former_declaration
    if former is None or former.name is None or endpoint.name != former.name:
        return False
    if facts.former is None or not facts.former.equals(endpoint):
        return False
    return _is_certainly_since(endpoint, facts.beginning.at)


def _role_in_cleanup(endpoint: Registered, facts: Facts) -> Role:
    """Return what an endpoint is when nothing is to remain of this resource, or of an Update that failed."""
    if facts.status.physical_id == str(id_of(endpoint)):
        return Role.HELD
    is_marked = bears_mark(endpoint, facts.request)
    if not facts.is_delete and not facts.is_create and not facts.status.is_given_up:
        since = facts.arrival.started
        is_since = _may_be_since(endpoint, since) if is_marked else _is_certainly_since(endpoint, since)
        desired = facts.desired_if_readable
        is_declared = desired is not None and endpoint.identity == desired.identity
        is_attempt = is_declared and is_since and (is_marked or _equals_a_declaration(endpoint, facts))
        return Role.STRAY if is_attempt else Role.STRANGER
    if is_marked:
        return Role.STRAY
    if not _equals_a_declaration(endpoint, facts):
        return Role.STRANGER
    moment = _first_possible_moment(facts)
    if _is_certainly_since(endpoint, moment):
        return Role.STRAY
    return Role.DOUBTFUL if _may_be_since(endpoint, moment) else Role.STRANGER


def _equals_a_declaration(endpoint: Registered, facts: Facts) -> bool:
    """Whether it equals what this event declares in every member, or what was declared before and came back."""
    declared = (facts.desired_if_readable, facts.former)
    return any(each is not None and each.is_name_declared and each.equals(endpoint) for each in declared)


def _first_possible_moment(facts: Facts) -> float | None:
    """Return the moment before which no unanswered attempt can have registered anything; None if nobody knows."""
    if facts.is_create:
        return _create_began(facts, or_else=facts.arrival.begun)
    if not facts.is_delete:
        return facts.arrival.begun
    if isinstance(facts.current, Unconfirmed):
        since = float(facts.current.since)
        return since if facts.create_began is None else max(facts.create_began, since)
    return facts.create_began


def _create_began(facts: Facts, *, or_else: float) -> float:
    """Return when this Create began according to CloudFormation, if it says so."""
    since = facts.status.since if facts.status.is_creating else None
    return or_else if since is None else since


def _may_be_since(endpoint: Registered, moment: float | None) -> bool:
    """Whether an endpoint may be as new as a moment, however much the clocks differ; also if one of both is unknown."""
    return moment is None or endpoint.created is None or endpoint.created >= moment - CLOCK_SKEW


def _is_certainly_since(endpoint: Registered, moment: float | None) -> bool:
    """Whether an endpoint is certainly not older than a moment.

    Chime's clock is compared with CloudFormation's or Lambda's without a tolerance. Either of these notes the moment
    before it calls the function, which takes longer than clocks of AWS differ by. An endpoint that is taken for older
    by mistake stays registered and is reported; the contrary would remove someone else's.
    """
    return moment is not None and endpoint.created is not None and endpoint.created >= moment - RESOLUTION
