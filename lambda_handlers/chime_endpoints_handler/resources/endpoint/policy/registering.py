"""Rows for registering the desired endpoint, and for a refusal because its device token is registered already."""

from __future__ import annotations

from ....aws.endpoints.api import Identity, Registered
from ....aws.endpoints.presence import unclear
from ....aws.failures.errors import AlreadyRegisteredError
from ....model.codes import Code
from ..facts import Facts, id_of
from ..roles import Role, first, role_of
from ..steps import Choose, Deregister, GiveUp, GiveWay, Register, RegisterAgain, Step
from .failing import unless_overtaken

_MOST_REMEMBERED = 3  # an event is delivered three times, and each delivery may have removed what it registered


def token_is_refused(facts: Facts) -> Step | None:
    """What is declared is not a device token: fail, except in a rollback, which restores what there was."""
    refusal = facts.unreadable or facts.desired.refusal
    if refusal is None or (not facts.is_create and facts.beginning.physical_id):
        return None
    return GiveUp(refusal)


def too_much_remembered(facts: Facts) -> Step | None:
    """The service returned three endpoints in turn that are gone: fail."""
    is_hopeless = len(facts.remembered) >= _MOST_REMEMBERED
    return GiveUp(unclear("RegisterAppInstanceUserEndpoint", facts.remembered[-1])) if is_hopeless else None


def register(facts: Facts) -> Step | None:
    """Nothing is registered yet: register the endpoint. A replacement gets the marked name first."""
    name = facts.desired.name if facts.is_create else facts.request.own_name
    return Register(name, purpose(facts))


ROWS = (token_is_refused, too_much_remembered, register)
"""Create or Update: register an endpoint."""


def purpose(facts: Facts) -> str:
    """Return what the registration is for, the same in every delivery that makes it for the same reason."""
    if facts.remembered:
        return f"instead of {facts.remembered[-1]}"
    if facts.is_create:
        return "create again" if facts.rounds else "create"
    if facts.gave_way is not None:
        return f"replace after {facts.gave_way.endpoint_id} gave way"
    return f"replace {facts.rounds}"


_MOST_ROUNDS = 2  # a registration can meet what several attempts left; a third refusal is an answer
_IMMUTABLE = {
    "Type": "type",
    "ResourceArn": "resource_arn",
    "DeviceToken": "device_token",
    "VoipDeviceToken": "voip_device_token",
}
_REFUSED = "RegisterAppInstanceUserEndpoint failed: ConflictException, because"


def taken_by_ours(facts: Facts) -> Step | None:
    """This resource's own endpoint has the device token: choose it."""
    ours = first(facts.holders, facts, Role.OURS)
    return Choose(ours) if ours else None


def taken_by_a_stray(facts: Facts) -> Step | None:
    """A leftover of this resource has the device token: deregister it."""
    stray = None if _is_certainly_in_the_way(facts) else first(facts.holders, facts, Role.STRAY)
    return unless_overtaken(facts, Deregister(id_of(stray))) if stray else None


def room_was_made(facts: Facts) -> Step | None:
    """What was in the way is gone: register again, at most twice; then fail."""
    if not facts.has_made_room:
        return None
    assert facts.refusal is not None  # noqa: S101 - nothing makes room before a refusal
    return RegisterAgain() if facts.rounds < _MOST_ROUNDS else GiveUp(facts.refusal)


def taken_by_the_predecessor(facts: Facts) -> Step | None:
    """The former endpoint has the device token: deregister it. It comes back if its replacement cannot stay."""
    if facts.gave_way is not None or _is_certainly_in_the_way(facts):
        return None
    former = first(facts.holders, facts, Role.HELD, Role.PREDECESSOR)
    return unless_overtaken(facts, GiveWay(former)) if former else None


def nothing_in_the_way(facts: Facts) -> Step | None:
    """Nothing is in the way of a repeated event, or of an Update whose endpoint is gone: register again.

    The service may remember that it refused an earlier delivery, and what an overtaken Update had registered in the
    place of the endpoint may have been removed since.
    """
    if facts.rounds > 0 or facts.gave_way is not None or strangers(facts):
        return None  # it is known what can have caused the refusal
    is_gone = not facts.is_create and facts.held is None
    return RegisterAgain() if facts.arrival.is_repeat or is_gone else None


def taken_elsewhere(facts: Facts) -> Step | None:
    """No endpoint of this user has the device token, so another user's has it: fail."""
    if strangers(facts):
        return None
    return _fail(
        Code.TAKEN_ELSEWHERE,
        f"{_REFUSED} another user's endpoint has the device token; no endpoint of this AppInstanceUser has it."
        " Deregister that endpoint first, or declare the device's current token.",
    )


def taken_by_a_sibling(facts: Facts) -> Step | None:
    """The endpoint in the way belongs to another resource of the stack, whose Delete would deregister it: fail."""
    if not (sibling := facts.sibling):
        return None
    return _fail(
        Code.TAKEN,
        f"{_there(facts)} already has the device token and belongs to resource {sibling} of this stack, so"
        f" removing that resource would deregister it. If you renamed {sibling}, keep its logical ID (in"
        " endpoints.yaml, declare the previous key as `id`; in CDK, call override_logical_id). Otherwise, declare"
        " the device once.",
    )


def taken_by_a_stranger(facts: Facts) -> Step | None:
    """Someone else's endpoint has the device token, and AdoptExisting is not declared: fail."""
    if facts.desired.may_adopt:
        return None
    return _fail(
        Code.TAKEN,
        f"{_there(facts)} already has the device token. This resource does not own that endpoint and did not"
        " change it. To take it over, set AdoptExisting to true, or deregister it first; but if you renamed the"
        " resource that it belongs to, keep its logical ID instead.",
    )


def taken_by_another_endpoint(facts: Facts) -> Step | None:
    """The endpoint to adopt differs from the declaration in what cannot be changed: fail."""
    if not (different := _differences(strangers(facts)[0].identity, facts.desired.identity)):
        return None
    return _fail(
        Code.NOT_ADOPTABLE,
        f"{_there(facts)} already has the device token. AdoptExisting cannot take it over: it differs from the"
        f" declaration in {' and '.join(different)}, which cannot be changed. Declare the registered values, or"
        " deregister the endpoint first.",
    )


def adopt(facts: Facts) -> Step | None:
    """The endpoint in the way is as declared, and AdoptExisting is declared: adopt it."""
    return Choose(strangers(facts)[0], is_adopted=True)


TAKEN_ROWS = (
    taken_by_ours,
    taken_by_a_stray,
    room_was_made,
    taken_by_the_predecessor,
    nothing_in_the_way,
    taken_elsewhere,
    taken_by_a_sibling,
    taken_by_a_stranger,
    taken_by_another_endpoint,
    adopt,
)
"""Create or Update: the device token is registered already."""


def strangers(facts: Facts) -> list[Registered]:
    """Return the declared user's endpoints with a desired device token that are someone else's."""
    here = [holder for holder in facts.holders if holder.identity.user_arn == facts.user_arn]
    return [holder for holder in here if role_of(holder, facts) is Role.STRANGER]


def _is_certainly_in_the_way(facts: Facts) -> bool:
    """Whether someone else's endpoint has the device token, in whichever sense the service means that.

    A token may be unique among the endpoints of one user or of one application, inactive ones included or not.
    """
    application = facts.desired.identity.resource_arn
    return any(each.identity.resource_arn == application and not each.inactive for each in strangers(facts))


def _there(facts: Facts) -> str:
    holder = strangers(facts)[0]
    inactive = f", which is INACTIVE ({holder.inactive})," if holder.inactive else ""
    return f"{_REFUSED} endpoint {holder.endpoint_id} of this AppInstanceUser{inactive}"


def _differences(there: Identity, desired: Identity) -> list[str]:
    """Return the properties that differ and cannot be changed; their values may be secret."""
    return [name for name, member in _IMMUTABLE.items() if getattr(there, member) != getattr(desired, member)]


def _fail(code: Code, text: str) -> GiveUp:
    return GiveUp(AlreadyRegisteredError(code, text))
