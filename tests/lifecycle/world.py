"""CloudFormation and Lambda as they are: three deliveries, invented ids, both forms of rollback, late duplicates.

The local cloud does none of this. A history is driven from outside; `check` says whether what is registered is what
the stack holds.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from lifecycle.weather import CALM, Incident, Kind, Weather
from support.stage import LambdaContext, Stage

SERVICE_TIMEOUT = 900.0
FUNCTION_TIMEOUT = 120.0
_RETRY_AFTER = (60.0, 120.0)
_MOST_CALLS = 400


class KilledError(BaseException):
    """The process is gone: whatever it still tries, it has no time for."""


@dataclass
class World:
    """One stack with one endpoint resource."""

    stage: Stage
    held_id: str | None = None
    declared: dict[str, Any] | None = None
    strangers: dict[str, dict[str, Any]] = field(default_factory=dict)
    past: list[tuple[dict[str, Any], float]] = field(default_factory=list)
    has_vanished: bool = False
    cancelled: bool = False
    last_was_killed: bool = False
    _invented: int = 0

    # What CloudFormation does

    def create(self, properties: dict[str, Any], weather: Weather = CALM, *, sibling_fails: bool = False) -> None:
        """Creates the resource; whatever fails is rolled back."""
        self.stage.clock.sleep(30)
        self._stands("CREATE_IN_PROGRESS", "")
        self.cancelled = False
        answer = self._send(self.stage.event("Create", properties), weather)
        if self.cancelled:
            return
        if answer is not None and answer["Status"] == "SUCCESS" and not sibling_fails:
            self._hold(answer["PhysicalResourceId"], properties, "CREATE_COMPLETE")
            return
        if answer is None:
            self.stage.clock.sleep(SERVICE_TIMEOUT)
        self._stands("CREATE_FAILED", "")
        self._delete(self._invent() if answer is None else answer["PhysicalResourceId"], properties)
        self._release()

    def update(
        self,
        properties: dict[str, Any],
        weather: Weather = CALM,
        *,
        sibling_fails: bool = False,
        rollback: Literal["update", "delete"] = "update",
        rollback_weather: Weather = CALM,
    ) -> None:
        """Updates the resource; whatever fails is rolled back."""
        assert self.held_id is not None
        assert self.declared is not None
        if any(theirs["name"] != "theirs" for theirs in self.strangers.values()):
            # The documented limit: a stranger's endpoint that equals the declaration in everything, name included,
            # is told from our predecessor by the age of the current endpoint alone.
            self.stage.clock.sleep(4 * 3600)
        self.stage.clock.sleep(30)
        self._stands("UPDATE_IN_PROGRESS", self.held_id)
        self.cancelled = False
        before, old = self.held_id, self.declared
        answer = self._send(self._updating(before, properties, old), weather)
        if self.cancelled:
            return
        if answer is None:
            self._excuse(properties, before, weather)
        if answer is not None and answer["Status"] == "SUCCESS":
            after = answer["PhysicalResourceId"]
            if not sibling_fails:
                self._hold(after, properties, "UPDATE_COMPLETE")
                if after != before:
                    self._delete(before, old, standing=False)
            elif after != before and rollback == "delete" and self._exists(before):
                self._hold(before, old, "UPDATE_COMPLETE")
                self._delete(after, properties, standing=False)
            else:
                self._roll_back(after, properties, old, rollback_weather, others={before})
            return
        if answer is None:
            self.stage.clock.sleep(SERVICE_TIMEOUT)
        self._roll_back(before, properties, old, rollback_weather, others=set())

    def delete(self, weather: Weather = CALM) -> None:
        """Deletes the resource; a failed Delete is tried again."""
        assert self.held_id is not None
        assert self.declared is not None
        self.stage.clock.sleep(30)
        self._delete(self.held_id, self.declared, weather)
        self._release()

    def deliver_again(self, number: int) -> None:
        """Lambda delivers an event of the past once more."""
        event, sent = self.past[number % len(self.past)]
        self.stage.clock.sleep(60)
        self.stage.sent(sent)
        with suppress(AnswerNotAcceptedError):
            self.stage.run(event, seconds=FUNCTION_TIMEOUT)

    # What others do

    def stranger_registers(self, token: str, name: str) -> None:
        """Somebody else registers an endpoint, long before or after anything of ours."""
        with suppress(Exception):  # the service may refuse it
            endpoint = self.stage.stranger(token, name=name)
            self.strangers[endpoint.endpoint_id] = copy.deepcopy(vars(endpoint))
        self.stage.clock.sleep(7200)

    def vanish(self) -> None:
        """Somebody deregisters the endpoint behind CloudFormation's back."""
        assert self.held_id is not None
        self.stage.backend.endpoints.pop(self.held_id.rpartition("/")[2], None)
        self.has_vanished = True

    # What must be true whenever nothing is in flight

    def check(self) -> None:
        """Invariants 1 to 4, 8 and 13."""
        endpoints = self.stage.backend.endpoints
        for endpoint_id, theirs in self.strangers.items():
            assert vars(endpoints[endpoint_id]) | {"listed": True} == theirs | {"listed": True}, (
                "a stranger was touched"
            )
        ours = {f"{self.stage.user}/endpoint/{each}" for each in endpoints if each not in self.strangers}
        expected = set() if self.held_id is None or self.has_vanished else {self.held_id}
        assert ours == expected, f"registered: {ours}, held: {expected}"
        if expected and self.declared is not None:
            self._check_truth(self.declared)
        assert b"canary" not in b"".join(self.stage.sink.bodies)

    def _check_truth(self, declared: dict[str, Any]) -> None:
        assert self.held_id is not None
        endpoint = self.stage.backend.endpoints[self.held_id.rpartition("/")[2]]
        attributes = declared["EndpointAttributes"]
        assert (endpoint.type, endpoint.resource_arn) == (declared["Type"], declared["ResourceArn"])
        assert (endpoint.device_token, endpoint.voip_device_token) == (
            attributes["DeviceToken"],
            attributes.get("VoipDeviceToken"),
        )
        assert endpoint.allow_messages == declared.get("AllowMessages", "ALL")
        if "Name" in declared:
            assert endpoint.name == declared["Name"]
        else:
            assert (endpoint.name or "").startswith("chat-Phone-")

    # How CloudFormation and Lambda do it

    def _excuse(self, properties: dict[str, Any], before: str, weather: Weather) -> None:
        """The documented limit: the last delivery named the endpoint, was not answered, and could not mark it again."""
        was_kept_from_it = any(each.delivery == 2 and each.kind == "refuse" for each in weather.incidents)
        if not (self.last_was_killed or was_kept_from_it) or "Name" not in properties:
            return
        for endpoint_id, endpoint in list(self.stage.backend.endpoints.items()):
            is_known = endpoint_id in self.strangers or before.endswith(endpoint_id)
            if not is_known and endpoint.name == properties["Name"]:
                del self.stage.backend.endpoints[endpoint_id]

    def _roll_back(
        self, current: str, failed: dict[str, Any], old: dict[str, Any], weather: Weather, *, others: set[str]
    ) -> None:
        self.stage.clock.sleep(15)
        self._stands("UPDATE_IN_PROGRESS", current)
        event = self._updating(current, old, failed)
        answer = self._send(event, weather)
        if self.cancelled:
            return
        if answer is None or answer["Status"] == "FAILED":
            self.stage.clock.sleep(SERVICE_TIMEOUT)
            self._stands("UPDATE_IN_PROGRESS", current)
            answer = self._send(self._updating(current, old, failed), CALM)  # ContinueUpdateRollback
        assert answer is not None
        if answer["Status"] == "FAILED" and self.has_vanished and "is not this resource's" in answer["Reason"]:
            self._hold(current, old, "UPDATE_FAILED")  # a stranger took the token of what had vanished
            return
        assert answer["Status"] == "SUCCESS", answer
        after = answer["PhysicalResourceId"]
        self._hold(after, old, "UPDATE_COMPLETE")
        for superseded in ({current} | others) - {after}:
            if superseded == current:
                self._delete(superseded, failed, standing=False)

    def _delete(
        self, physical_id: str, properties: dict[str, Any], weather: Weather = CALM, *, standing: bool = True
    ) -> None:
        self.stage.clock.sleep(15)
        if standing:
            self._stands("DELETE_IN_PROGRESS", physical_id)
        event = self.stage.event("Delete", properties, PhysicalResourceId=physical_id)
        answer = self._send(event, weather)
        if answer is None or answer["Status"] == "FAILED":
            self.stage.clock.sleep(SERVICE_TIMEOUT)
            answer = self._send(self.stage.event("Delete", properties, PhysicalResourceId=physical_id), CALM)
        assert answer is not None
        assert answer["Status"] == "SUCCESS", answer
        assert answer["PhysicalResourceId"] == physical_id

    def _updating(self, physical_id: str, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        return self.stage.event("Update", new, PhysicalResourceId=physical_id, OldResourceProperties=old)

    def _send(self, event: dict[str, Any], weather: Weather) -> dict[str, Any] | None:
        """One event: delivered until one delivery ends well, three times at the most."""
        sent = self.stage.clock.now()
        self.past.append((event, sent))
        for number in range(3):
            self.stage.sent(sent)
            answer = self._deliver(event, number, weather)
            if answer is not None:
                return answer
            if number < len(_RETRY_AFTER):
                self.stage.clock.sleep(_RETRY_AFTER[number])
        return None

    def _deliver(self, event: dict[str, Any], number: int, weather: Weather) -> dict[str, Any] | None:
        context = LambdaContext(self.stage.clock, self.stage.clock.now() + FUNCTION_TIMEOUT)
        sink, backend = self.stage.sink, self.stage.backend
        self.last_was_killed = number in weather.killed_at_answer
        known = len(sink.accepted)
        calls = len(backend.calls)
        for incident in weather.incidents:
            if incident.delivery == number:
                backend.faults.append(self._fault(incident, event, context))
        if number in weather.lost_answers or number in weather.killed_at_answer:
            sink.refuses = True
        if number in weather.killed_at_answer:
            sink.on_put = lambda: setattr(context, "deadline", self.stage.clock.now())
        try:
            self.stage.run_in(context, event)
        except (AnswerNotAcceptedError, KilledError):
            pass
        finally:
            backend.faults.clear()
            sink.refuses, sink.on_put = False, None
        assert len(backend.calls) - calls < _MOST_CALLS
        answers = [each for each in sink.accepted[known:] if each["RequestId"] == event["RequestId"]]
        assert len(answers) <= 1
        return _valid(answers[0]) if answers else None

    def _fault(self, incident: Incident, event: dict[str, Any], context: LambdaContext) -> Fault:
        common: dict[str, Any] = {"when": incident.when, "nth": incident.nth}

        def kill() -> None:
            self.last_was_killed = True
            context.deadline = self.stage.clock.now()
            raise KilledError

        actions: dict[Kind, dict[str, Any]] = {
            "throttle": {"error": "ThrottledClientException", "status": 429},
            "error": {"error": "ServiceFailureException", "status": 500},
            "hang": {"answer": "hang"},
            "empty": {"answer": "empty"},
            "refuse": {"error": "BadRequestException", "status": 400, "message": "canary"},
            "kill": {"call": kill},
            "delete": {"call": lambda: self._delete_meanwhile(event, after=15.0 * (incident.nth % 2))},
        }
        if incident.kind in ("throttle", "refuse"):
            common["when"] = "before"  # these say that there was no effect
        if incident.kind == "empty":
            common["when"] = "after"  # success without an effect is no fault that anybody could survive
        return Fault(**common, **actions[incident.kind])

    def _delete_meanwhile(self, event: dict[str, Any], *, after: float) -> None:
        """CloudFormation gives the resource up while its event is being handled."""
        if self.cancelled:
            return
        self.stage.clock.sleep(after)
        physical_id = event.get("PhysicalResourceId") or self._invent()
        self._stands("DELETE_IN_PROGRESS", physical_id)
        waiting = list(self.stage.backend.faults)
        self.stage.backend.faults.clear()
        trace = self.stage.environment.get("_X_AMZN_TRACE_ID", "")
        refuses, on_put = self.stage.sink.refuses, self.stage.sink.on_put
        self.stage.sink.refuses, self.stage.sink.on_put = False, None
        deletion = self.stage.event("Delete", event["ResourceProperties"], PhysicalResourceId=physical_id)
        self.stage.sent()
        self.stage.run(deletion, seconds=FUNCTION_TIMEOUT)
        self.stage.environment["_X_AMZN_TRACE_ID"] = trace
        self.stage.sink.refuses, self.stage.sink.on_put = refuses, on_put
        self.stage.backend.faults.extend(waiting)
        self._release()
        self.cancelled = True

    def _stands(self, status: str, physical_id: str) -> None:
        self.stage.stack.detail = {
            "ResourceStatus": status,
            "PhysicalResourceId": physical_id,
            "LastUpdatedTimestamp": self.stage.clock.now(),
        }

    def _hold(self, physical_id: str, declared: dict[str, Any], status: str) -> None:
        self.held_id, self.declared = physical_id, declared
        self.has_vanished = self.has_vanished and not self._exists(physical_id)
        self.stage.clock.sleep(1)
        self._stands(status, physical_id)

    def _release(self) -> None:
        self.held_id, self.declared, self.has_vanished = None, None, False
        detail = self.stage.stack.detail or {}
        self._stands("DELETE_COMPLETE", detail.get("PhysicalResourceId", ""))

    def _invent(self) -> str:
        self._invented += 1
        return f"chat-Phone-INVENTED{self._invented}"

    def _exists(self, physical_id: str) -> bool:
        return physical_id.rpartition("/")[2] in self.stage.backend.endpoints


def _valid(answer: dict[str, Any]) -> dict[str, Any]:
    """Invariant 6: what every answer must be."""
    assert len(json.dumps(answer)) <= 4096
    assert answer["PhysicalResourceId"]
    assert ("Reason" in answer) == (answer["Status"] == "FAILED")
    return answer
