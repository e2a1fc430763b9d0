"""CloudFormation's event, kept in the state bucket until it is answered once.

The event is not in an execution's input, because its pre-signed URL would stay in the history. The first answer that is
written into the object is the one that is sent, whoever sends it, also after a function was killed in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.cloudformation.sender import Delivery, deliver, encode

from ...store import NEW, LostRaceError, Store, compact


class NotDeliveredError(Exception):
    """The response was not accepted. The event is kept, so that it can be sent again."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """How responses are sent."""

    left: Callable[[], float]
    """Returns the seconds that are left."""
    sleep: Callable[[float], None]

    def put(self, url: str, content: Mapping[str, object]) -> Delivery:
        """Send a response to a pre-signed URL."""
        return deliver(url, encode(content), left=lambda: min(self.left() - 2.0, 60.0), sleep=self.sleep)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response to CloudFormation."""

    reason: str = ""
    """Why the request failed; empty if it succeeded."""
    data: Mapping[str, str] = field(default_factory=dict)


def name_of(run: str) -> str:
    """Return the name of the object with the event of a run."""
    return f"runs/{run}/event"


def is_event(name: str) -> bool:
    """Whether an object is the event of a run."""
    return name.startswith("runs/") and name.endswith("/event")


def run_of(name: str) -> str:
    """Return the run that the event in an object has started."""
    return name.split("/")[1]


def keep(store: Store, run: str, request: Request) -> None:
    """Keep what a response to the event needs. A second delivery of the event changes nothing."""
    event = {"url": request.response_url, "identity": _identity(store.fleet, request)}
    try:
        store.put(name_of(run), compact(event), replaces=NEW)
    except LostRaceError:
        return


def is_expected(store: Store, run: str) -> bool:
    """Whether CloudFormation waits for the response of a run."""
    return store.get(name_of(run)) is not None


def respond(store: Store, run: str, answer: Answer, post: Post) -> bool:
    """Send a response, unless the event was answered, and then delete the event.

    If the function is killed in between, the same response is sent again.

    Args:
        store: the fleet's objects.
        run: the run that the event started.
        answer: the response, if no other was chosen before.
        post: how it is sent.

    Returns:
        Whether a response was sent.

    Raises:
        NotDeliveredError: the response was not accepted.
    """
    if (event := choose(store, run, answer)) is None:
        return False
    if post.put(event["url"], event["answer"]) is Delivery.FAILED:
        raise NotDeliveredError
    store.delete([name_of(run)])
    return True


def choose(store: Store, run: str, answer: Answer) -> dict[str, Any] | None:
    """Choose the response to an event, unless one was chosen before.

    Returns:
        The event with the response; None if it was answered.
    """
    while (found := store.get(name_of(run))) is not None:
        event: dict[str, Any] = json.loads(found.body)
        if "answer" in event:
            return event
        event["answer"] = _content(event["identity"], answer)
        try:
            store.put(name_of(run), compact(event), replaces=found.etag)
        except LostRaceError:
            continue
        return event
    return None


def respond_at_once(request: Request, fleet: str, answer: Answer, post: Post) -> None:
    """Send a response to an event that could not be kept.

    Raises:
        NotDeliveredError: the response was not accepted.
    """
    if post.put(request.response_url, _content(_identity(fleet, request), answer)) is Delivery.FAILED:
        raise NotDeliveredError


def _identity(fleet: str, request: Request) -> dict[str, str]:
    return {
        "PhysicalResourceId": fleet,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
    }


def _content(identity: Mapping[str, str], answer: Answer) -> dict[str, object]:
    if answer.reason:
        return {"Status": "FAILED", "Reason": answer.reason, **identity}
    return {"Status": "SUCCESS", **identity, "Data": dict(answer.data)}
