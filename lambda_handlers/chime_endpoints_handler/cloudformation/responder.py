"""Send exactly one verified response per event, in time and without logging it, on top of crhelper.

Each event gets its own responder, so no state of one event reaches the next. It changes crhelper as follows: crhelper
does not import boto3, creates no clients and logs nothing. The timer ends the work before it responds, a second
response is ignored, and `sender` sends the response and verifies that it was accepted.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from threading import RLock, Timer
from types import ModuleType, SimpleNamespace
from typing import Any

from ..aws.deadline import Deadline, Phase
from ..model.codes import Code
from ..model.physical_id import NotApplied, PhysicalId
from .request import Request
from .sender import Delivery, deliver, encode

# crhelper needs boto3 only for polling, and importing it would take a third of a cold start.
_imports_boto3 = "boto3" not in sys.modules
if _imports_boto3:
    sys.modules["boto3"] = ModuleType("boto3")
try:
    from crhelper import FAILED, SUCCESS, CfnResource, resource_helper
finally:
    if _imports_boto3:
        del sys.modules["boto3"]
# It would create three clients for polling, which is not used here.
resource_helper.boto3 = SimpleNamespace(client=lambda *_, **__: None)  # type: ignore[attr-defined] # its own import

logging.getLogger("crhelper").disabled = True
for _name in ("crhelper.resource_helper", "crhelper.utils"):
    logging.getLogger(_name).disabled = True  # at DEBUG they log events, responses and pre-signed URLs


_OUT_OF_TIME = (
    f"{Code.OUT_OF_TIME}: The function ran out of time. Deploy again. If this happens again, increase its timeout."
)
_NO_REASON = f"{Code.UNEXPECTED}: The function failed without giving a reason. Deploy again."


class Responder(CfnResource):
    """Sends the response to one event."""

    def __init__(self, request: Request, deadline: Deadline, sleep: Callable[[float], None]) -> None:
        super().__init__(log_level=logging.getLevelName(logging.root.level), boto_level="CRITICAL", sleep_on_delete=0)
        self._request = request
        self.outcome: Delivery | None = None
        self.has_more_to_do = False
        """Whether work remains if the response is not accepted."""
        self.answered_status = ""
        self._first_id = request.physical_id or str(NotApplied(request.suffix))
        self._deadline = deadline
        self._sleep = sleep
        self._is_answered = False
        self._turn = RLock()

    def note(self, physical_id: PhysicalId) -> None:
        """Set the physical id for a failure response."""
        self.PhysicalResourceId = str(physical_id) or self._first_id

    @property
    def has_told_success(self) -> bool:
        """Whether the response SUCCESS was accepted."""
        return self.outcome is Delivery.ACCEPTED and self.answered_status == SUCCESS

    def respond(self, run: Callable[[object, object], str], context: object) -> None:
        """Run a function for the event and respond. crhelper gets only what it needs; to it, all events are alike."""
        self.create(run)
        handed = {
            "RequestType": "Create",
            "StackId": self._request.stack_id,
            "RequestId": self._request.request_id,
            "LogicalResourceId": self._request.logical_id,
            "ResponseURL": self._request.response_url,
        }
        self(handed, context)

    def _log_setup(self, event: Mapping[str, Any], context: object) -> None:
        """Keep the function's logging unchanged."""

    def _set_timeout(self) -> None:
        self.PhysicalResourceId = self._first_id  # crhelper has just cleared it, and the timer may fire soon
        self._timer = Timer(self._deadline.until_answer, self._timeout)
        self._timer.daemon = True
        self._timer.start()

    def _timeout(self) -> None:
        self._deadline.enter(Phase.ANSWER)
        self._send(FAILED, _OUT_OF_TIME)

    def _send(self, status: str | None = None, reason: str = "", send_response: object = None) -> None:
        """Respond once; a second caller waits until the first response is sent."""
        del send_response
        with self._turn:
            if self._is_answered:
                return
            self._is_answered = True
            self._deadline.enter(Phase.ANSWER)
            whole_reason = (reason if status else self.Reason) or _NO_REASON
            super()._send(  # type: ignore[misc] # missing in crhelper's stub; the only hook for a sender
                status, send_response=lambda url, body, _: self._deliver(url, {**body, "Reason": whole_reason})
            )

    def _deliver(self, url: str, answer: dict[str, Any]) -> None:
        self.answered_status = answer["Status"]
        if answer["Status"] == SUCCESS:
            del answer["Reason"]
        body = encode(answer)
        self.outcome = deliver(url, body, left=self._time_left, sleep=self._sleep)

    def _time_left(self) -> float:
        return self._deadline.for_answer(is_last=not self.has_more_to_do)
