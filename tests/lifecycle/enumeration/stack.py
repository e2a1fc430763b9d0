"""CloudFormation, for a stack with one endpoint: what it sends, reads, cancels and rolls back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from lifecycle.enumeration.function import Answer, Event, Function
from support.stage import STACK_ID, Clock, StackStandIn

SERVICE_TIMEOUT = 900.0
_MOST_FAILURES = 5
_PATIENCE = 10.0
_READS_AFTER = 0.3  # seconds from the response to CloudFormation's next step
Then = Literal["stays", "rolled back by Update", "rolled back by Delete"]
"""What becomes of an event that succeeds: another resource may fail."""
Properties = dict[str, Any]


class CancelledError(Exception):
    """CloudFormation has cancelled the event that was sent last."""


class StuckError(Exception):
    """A rollback or a deletion fails again and again; the text is the reason."""


@dataclass
class Stack:
    """One stack and its resource."""

    clock: Clock
    said: StackStandIn
    function: Function
    exists: Callable[[str], bool]
    """Whether an endpoint with this physical id is registered."""
    on_read: Callable[[Event, Answer], None] = lambda *_: None
    on_abandoned: Callable[[Event], None] = lambda _: None
    """What was replaced could not be deleted, and CloudFormation does not try again."""
    on_failed: Callable[[Event, Answer | None], None] = lambda *_: None
    """An event failed or was never answered, and is not cancelled."""
    resource_type: str = ENDPOINT_TYPE
    held_id: str = ""
    declared: Properties | None = None
    is_rolled_back: bool = False
    is_there: bool = False
    """Whether the stack exists, so that a resource is added by an update."""
    past: list[tuple[Event, float]] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    current: Event = field(default_factory=dict)
    _goes_on: Callable[[Function], None] | None = None
    """What CloudFormation does if it cancels the current event; None if it does not cancel it."""
    _numbers: int = 0
    _failures: int = 0
    """How many events have failed since the last one that succeeded."""

    # What people do

    def create(self, properties: Properties, then: Then = "stays") -> None:
        """Create the stack, or add the resource to it."""
        self._begin_to_create()
        self._goes_on = lambda function: self._delete(function, self._invented(), properties)
        answer = self._send(self.function, "Create", properties)
        if answer is not None and answer.is_success and then == "stays":
            self._hold(answer.physical_id, properties, "CREATE_COMPLETE")
            return
        self._roll_back_creation(self.function, properties, answer)

    def create_in_vain(self, properties: Properties) -> None:
        """Create the resource without the function: its event is lost, and the Delete has an invented ID."""
        self.is_there = True
        self._begin_to_create()
        self.clock.sleep(SERVICE_TIMEOUT)
        self._roll_back_creation(self.function, properties, None)

    def remove(self, *, retains: bool = False) -> None:
        """Remove the resource from the stack."""
        assert self.declared is not None
        self._stack_is("UPDATE_IN_PROGRESS", after=30)
        if not retains:
            self._resource_is("DELETE_IN_PROGRESS", self.held_id)
            self._clean_up(self.function, self.held_id, self.declared)
        self._resource_is("DELETE_SKIPPED" if retains else "DELETE_COMPLETE", self.held_id)
        self.held_id, self.declared = "", None

    def update(self, properties: Properties, then: Then = "stays", *, retains: bool = False) -> None:
        """Update the stack."""
        assert self.declared is not None
        before, old = self.held_id, self.declared
        self._stack_is("UPDATE_IN_PROGRESS", after=30)
        self._resource_is("UPDATE_IN_PROGRESS", before)
        self._goes_on = lambda function: self._roll_back(function, before, properties, old)
        answer = self._send(self.function, "Update", properties, PhysicalResourceId=before, OldResourceProperties=old)
        if answer is None or not answer.is_success:
            self._roll_back(self.function, before, properties, old)
            return
        after = answer.physical_id
        if then == "stays":
            self._hold(after, properties, "UPDATE_COMPLETE")
            if after != before and not retains:
                self._clean_up(self.function, before, old)
        elif then == "rolled back by Delete" and after != before and self.exists(before):
            self._stack_is("UPDATE_ROLLBACK_IN_PROGRESS", after=1)
            self._hold(before, old, "UPDATE_COMPLETE", is_rolled_back=True)
            self._clean_up(self.function, after, properties)
        else:
            self._roll_back(self.function, after, properties, old)

    def delete(self) -> None:
        """Delete the stack; one that failed to is deleted once more."""
        if self.held_id:
            assert self.declared is not None
            self._stack_is("DELETE_IN_PROGRESS", after=30)
            self._delete(self.function, self.held_id, self.declared)

    # What CloudFormation does when another resource fails

    def cancel(self) -> Callable[[Function], None] | None:
        """Give up waiting for the current event; return what follows at once, while its function goes on."""
        if (goes_on := self._goes_on) is None:
            return None
        event = self.current
        self.cancelled.add(event["RequestId"])
        kind = event["RequestType"].upper()
        self._resource_is(f"{kind}_FAILED", event.get("PhysicalResourceId", ""))
        self._stack_is("ROLLBACK_IN_PROGRESS" if not self.is_there else "UPDATE_ROLLBACK_IN_PROGRESS")
        return goes_on

    def deliver_again(self, number: int, function: Function) -> None:
        """Let Lambda deliver an event of the past once more."""
        event, sent = self.past[number]
        function.deliver(event, sent)

    # How it does it

    def _begin_to_create(self) -> None:
        self._stack_is("UPDATE_IN_PROGRESS" if self.is_there else "CREATE_IN_PROGRESS", after=30)
        self._resource_is("CREATE_IN_PROGRESS", "")

    def _roll_back_creation(self, function: Function, properties: Properties, answer: Answer | None) -> None:
        physical_id = answer.physical_id if answer is not None else ""
        self._resource_is("CREATE_FAILED", physical_id)
        self._stack_is("UPDATE_ROLLBACK_IN_PROGRESS" if self.is_there else "ROLLBACK_IN_PROGRESS", after=1)
        self._delete(function, physical_id or self._invented(), properties)

    def _roll_back(self, function: Function, current: str, failed: Properties, old: Properties) -> None:
        self._stack_is("UPDATE_ROLLBACK_IN_PROGRESS")
        self._resource_is("UPDATE_IN_PROGRESS", current)
        members = {"PhysicalResourceId": current, "OldResourceProperties": failed}
        if function is self.function:
            self._goes_on = lambda another: self._continue(another, current, failed, old)
        answer = self._send(function, "Update", old, **members)
        while answer is None or not answer.is_success:
            self._check_progress(answer)
            self._stack_is("UPDATE_ROLLBACK_FAILED", after=1)
            self._stack_is("UPDATE_ROLLBACK_IN_PROGRESS", after=SERVICE_TIMEOUT)
            self._resource_is("UPDATE_IN_PROGRESS", current)
            answer = self._send(function, "Update", old, **members)  # ContinueUpdateRollback
        self._hold(answer.physical_id, old, "UPDATE_COMPLETE", is_rolled_back=True)
        if answer.physical_id != current:
            self._clean_up(function, current, failed)

    def _continue(self, function: Function, current: str, failed: Properties, old: Properties) -> None:
        """Continue a rollback that was cancelled, which takes a person."""
        self._stack_is("UPDATE_ROLLBACK_FAILED")
        self.clock.sleep(_PATIENCE)
        self._roll_back(function, current, failed, old)

    def _clean_up(self, function: Function, physical_id: str, properties: Properties) -> None:
        """Delete what was replaced; if that fails, the stack goes on all the same."""
        state = "UPDATE_ROLLBACK_COMPLETE" if self.is_rolled_back else "UPDATE_COMPLETE"
        self._stack_is(f"{state}_CLEANUP_IN_PROGRESS", after=_READS_AFTER)
        answer = self._send(function, "Delete", properties, PhysicalResourceId=physical_id)
        if answer is None or not answer.is_success:
            self.on_abandoned(self.past[-1][0])
        self._stack_is(state, after=_READS_AFTER)

    def _delete(self, function: Function, physical_id: str, properties: Properties) -> None:
        self._resource_is("DELETE_IN_PROGRESS", physical_id)
        answer = self._send(function, "Delete", properties, PhysicalResourceId=physical_id)
        while answer is None or not answer.is_success:
            self._check_progress(answer)
            self._resource_is("DELETE_FAILED", physical_id)
            self.clock.sleep(SERVICE_TIMEOUT)
            self._resource_is("DELETE_IN_PROGRESS", physical_id)
            answer = self._send(function, "Delete", properties, PhysicalResourceId=physical_id)
        self._resource_is("DELETE_COMPLETE", physical_id)
        self.held_id, self.declared = "", None

    def _check_progress(self, answer: Answer | None) -> None:
        if self._failures > _MOST_FAILURES:
            raise StuckError("no answer" if answer is None else answer.reason)

    def _send(self, function: Function, kind: str, properties: Properties, **members: Any) -> Answer | None:
        self._numbers += 1
        event: Event = {
            "RequestType": kind,
            "RequestId": f"request-{self._numbers}",
            "StackId": STACK_ID,
            "ResponseURL": "https://cloudformation.example/answer",
            "ResourceType": self.resource_type,
            "LogicalResourceId": "Phone",
            "ResourceProperties": properties,
        } | members
        if function is self.function:
            self.current = event
        sent = self.clock.now()
        answer = function.invoke(event, self._read)
        if function is self.function:
            self._goes_on = None
        self.past.append((event, sent))
        if event["RequestId"] in self.cancelled:
            raise CancelledError
        if answer is None:
            self.clock.sleep(max(0.0, sent + SERVICE_TIMEOUT - self.clock.now()))
        is_failed = answer is None or not answer.is_success
        self._failures = self._failures + 1 if is_failed else 0
        if is_failed:
            self.on_failed(event, answer)
        return answer

    def _read(self, event: Event, answer: Answer) -> None:
        """Read the response to an event that is not cancelled."""
        if event["RequestId"] in self.cancelled:
            return
        self.clock.sleep(_READS_AFTER)
        if event["RequestId"] in self.cancelled:
            return
        self.on_read(event, answer)
        kind = event["RequestType"].upper()
        if kind == "DELETE":
            return
        given = event.get("PhysicalResourceId", "")
        self.said.happens(f"{kind}_IN_PROGRESS", answer.physical_id)
        physical_id = answer.physical_id if answer.is_success else given
        self._resource_is(f"{kind}_{'COMPLETE' if answer.is_success else 'FAILED'}", physical_id)

    def _hold(self, physical_id: str, properties: Properties, status: str, *, is_rolled_back: bool = False) -> None:
        self.held_id, self.declared, self.is_rolled_back = physical_id, properties, is_rolled_back
        self.is_there = True
        self._resource_is(status, physical_id)
        self._stack_is("UPDATE_ROLLBACK_COMPLETE" if is_rolled_back else status)

    def _resource_is(self, status: str, physical_id: str) -> None:
        self.said.happens(status, physical_id)
        self.said.detail = {
            "ResourceStatus": status,
            "PhysicalResourceId": physical_id,
            "LastUpdatedTimestamp": self.clock.now(),
        }

    def _stack_is(self, status: str, *, after: float = 0.0) -> None:
        self.clock.sleep(after)
        self.said.happens(status, STACK_ID, to="chat")

    def _invented(self) -> str:
        return f"chat-Phone-INVENTED{self._numbers}"
