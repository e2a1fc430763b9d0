"""What must be true of a life: of what is registered, of each answer and of each failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chime_endpoints_emulator import Endpoint
from lifecycle.enumeration.function import Answer, Event
from lifecycle.enumeration.mishaps import LASTS, RESPONSES
from lifecycle.enumeration.stack import Properties

if TYPE_CHECKING:
    from lifecycle.enumeration.life import Life

_TAKEN = ("CE-411", "CE-412", "CE-413")
_CANNOT_CLEAN_UP = {"killed", "killed before", "killed after", "delivered twice", "outage of 100 s"}


def of_what_is_registered(life: Life) -> Iterator[str]:
    """Yield how the registered endpoints differ from what the stack declares."""
    endpoints, held = life.backend.endpoints, life.stack.held_id
    for endpoint_id, theirs in life.strangers.items():
        if (there := endpoints.get(endpoint_id)) is None:
            yield "a stranger's endpoint is gone"
        elif (_unchangeable(there), there.name) != (_unchangeable(theirs), theirs.name):
            yield "a stranger's endpoint was changed"
    ours = _ours(life)
    if held and held not in ours:
        yield "the endpoint is missing"
    if orphans := ours - {held}:
        yield f"{len(orphans)} orphans"
    if held in ours and life.stack.declared is not None:
        yield from _of_the_declaration(life, endpoints[held.rpartition("/")[2]], life.stack.declared)


def _of_the_declaration(life: Life, there: Endpoint, declared: Properties) -> Iterator[str]:
    told = (there.app_instance_user_arn, there.type, there.resource_arn)
    if told != (declared["AppInstanceUserArn"], declared["Type"], declared["ResourceArn"]):
        yield "not the declared endpoint"
    tokens = {life.sources.tokens(declared)}
    if life.stack.is_rolled_back and life.case.source:
        tokens |= life.sources.possible(declared)
    if (there.device_token, there.voip_device_token or "") not in tokens:
        yield "not the declared token"
    if there.allow_messages != declared.get("AllowMessages", "ALL"):
        yield "not the declared messages"
    name = declared.get("Name")
    is_adopted = declared.get("AdoptExisting") == "true" and there.name == "theirs"
    if there.name != name if name else not ((there.name or "").startswith("chat-Phone-") or is_adopted):
        yield "not the declared name"


def of_an_answer(life: Life, event: Event, answer: Answer) -> Iterator[str]:
    """Yield what is wrong with an answer that CloudFormation reads."""
    if answer.is_success and event["RequestType"] != "Delete" and _has_to_fail(life, event):
        yield "succeeded, but has to fail"


def of_a_failure(life: Life, event: Event, answer: Answer | None) -> Iterator[str]:
    """Yield what is wrong with an event that failed or was never answered: nothing, if a mishap explains it."""
    reason = "no answer" if answer is None else answer.reason
    is_as_expected = _has_to_fail(life, event) and reason.startswith(life.case.code)
    is_taken = event["RequestId"] in life.refused and reason.startswith(_TAKEN)
    if not (life.met(event) & LASTS or is_as_expected or is_taken):
        yield f"{event['RequestType']} failed: {reason[:110]}"
    if answer is None:
        return
    if not reason.startswith("CE-"):
        yield f"failed without a code: {reason[:110]}"
    if event["ResourceProperties"] is not life.case.new or event["RequestType"] == "Delete":
        return  # after a rollback's Update, the predecessor is there
    left = _ours(life) - {answer.physical_id, event.get("PhysicalResourceId")}
    if left and _could_clean_up(life, event):
        yield f"{event['RequestType']} failed and left {len(left)} endpoints"
    fails_for_one_reason = not (life.case.code and life.met(event))
    is_replacing = event["RequestType"] == "Update" and not life.case.is_gone and fails_for_one_reason
    if is_replacing and answer.physical_id not in _ours(life) and _could_clean_up(life, event):
        yield "Update failed and left nothing"


def _could_clean_up(life: Life, event: Event) -> bool:
    """Whether a failed event could remove what it registered; if it could not, the next event makes up for it."""
    met = {(name, operation) for request_id, name, operation in life.wire.met if request_id == event["RequestId"]}
    is_long = any(name == "outage after" for name, _ in met) and life.shares_a_token  # there is more to do
    is_kept_from_it = any(name in _CANNOT_CLEAN_UP or operation.startswith("deregister") for name, operation in met)
    return len(life.mishaps) <= 1 and not is_long and not is_kept_from_it and life.overtaken_after is None


def of_the_answers(life: Life) -> Iterator[str]:
    """Yield the Creates that were delivered again and answered otherwise, although nothing else went wrong."""
    for event, _ in life.stack.past:
        answers = life.function.answers.get(event["RequestId"], [])
        is_calm = life.met(event) <= RESPONSES.keys() and event["RequestId"] not in life.stack.cancelled
        is_created = event["RequestType"] == "Create" and is_calm and bool(answers) and answers[0].is_success
        if is_created and any(answer != answers[0] for answer in answers):
            yield f"answered again with {answers[-1].reason[:110] or 'another ID'}"


def _has_to_fail(life: Life, event: Event) -> bool:
    return bool(life.case.code) and event["ResourceProperties"] is life.case.new


def _ours(life: Life) -> set[str]:
    endpoints = life.backend.endpoints.values()
    return {_id_of(each) for each in endpoints if each.endpoint_id not in life.strangers}


def _unchangeable(endpoint: Endpoint) -> tuple[Any, ...]:
    return endpoint.app_instance_user_arn, endpoint.type, endpoint.resource_arn, endpoint.device_tokens


def _id_of(endpoint: Endpoint) -> str:
    return f"{endpoint.app_instance_user_arn}/endpoint/{endpoint.endpoint_id}"
