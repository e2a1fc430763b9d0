"""Lambda's deliveries: an event is delivered until one delivery succeeds, at most three times, and some twice.

Every call of the handler is checked while it happens; violations are collected in `broken`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.cloudformation.arrival import LATE
from chime_endpoints_handler.index import AnswerNotAcceptedError
from lifecycle.weather import CALM, REPEATED, Incident, Kind, Weather
from support.stage import LambdaContext, Stage

FUNCTION_TIMEOUT = 120.0
LONGEST_AGE = 6 * 3600.0
"""Seconds after which Lambda no longer delivers an event (Lambda developer guide, asynchronous invocation)."""
_RETRY_AFTER = (60.0, 120.0)
_PATIENCE = 6.0  # seconds that each call takes during an outage
_LATEST = 15.0  # the most seconds until a Delete that is sent during a call
_MOST_CALLS = 400
_TURN = 7  # of this many calls for our events, one comes right before an event of the sibling
# A lasting refusal must not look like a user who no longer exists: limit L11 would apply all the time.
_REFUSALS = {False: "BadRequestException", True: "RefusedException"}
_MOST_OF_OURS = 2  # beside its predecessor, a replacement counts as one more


class KilledError(BaseException):
    """The process is dead and has no time for further calls."""


@dataclass
class Deliveries:
    """The deliveries of one resource's events."""

    stage: Stage
    interrupt: Callable[[dict[str, Any], float], None]
    """CloudFormation deletes the resource this many seconds after the call at which it decides to."""
    read: Callable[[dict[str, Any], dict[str, Any]], None]
    """CloudFormation reads the response to an event."""
    strangers: dict[str, dict[str, Any]] = field(default_factory=dict)
    abandoned: set[str] = field(default_factory=set)
    """EndpointIds of replaced endpoints that could not be deleted: limit L2."""
    past: list[tuple[dict[str, Any], float, dict[str, Any] | None]] = field(default_factory=list)
    """Events, the times at which they were sent, and their responses."""
    live_beside: Callable[[], None] = lambda: None
    """Let another resource of the stack have an event."""
    last: int = 0
    """The number of the last delivery."""
    _watched: int = 0
    last_was_killed: bool = False
    outages_over: set[Incident] = field(default_factory=set)
    """The outages that ended during the last delivery."""
    registered_then: set[str] = field(default_factory=set)
    """Our endpoints at the time of the last response."""
    broken: list[str] = field(default_factory=list)
    """Violations that the checks of the calls have found."""

    def send(self, event: dict[str, Any], weather: Weather) -> dict[str, Any] | None:
        """Send one event with all its deliveries, and return the accepted response, if any."""
        sent = self.stage.clock.now()
        answer = None
        for number in range(3):
            self.stage.sent(sent)
            answer = self._deliver(event, number, weather)
            if answer is not None:
                self.registered_then = self.stage.backend.endpoints.keys() - self.strangers.keys()
                break
            if number < len(_RETRY_AFTER):
                self.stage.clock.sleep(_RETRY_AFTER[number])
        if answer is not None and weather.is_delivered_twice:
            if any(incident.delivery == REPEATED for incident in weather.incidents):
                # Limit L8: failures in a second delivery before CloudFormation has read the response.
                self.read(event, answer)
            if any(incident.kind == "delete" for incident in weather.incidents):
                # Limit L8: a Create that is delivered again within two seconds after its resource was deleted.
                self.stage.clock.sleep(LATE)
            self._repeat(event, answer, weather)
        self.past.append((event, sent, answer))
        return answer

    def deliver_again(self, number: int, weather: Weather = CALM) -> None:
        """Deliver a past event once more, unless it is too old for Lambda."""
        event, sent, answer = self.past[number % len(self.past)]
        is_last = event is self.past[-1][0]
        self.stage.clock.sleep(60)
        if self.stage.clock.now() - sent > LONGEST_AGE:
            return
        self.stage.sent(sent)
        self._repeat(event, answer if is_last else None, weather)

    def last_was_kept_from_it(self, weather: Weather) -> bool:
        """Whether the last delivery was killed, or the service refused one of its calls."""
        return self.last_was_killed or any(each.kind == "refuse" or each.lasts for each in self.last_met(weather))

    def could_clean_up(self, weather: Weather) -> bool:
        """Whether the last delivery had at most one failure, which had ended when it cleaned up."""
        met = [each for each in self.last_met(weather) if not each.passes]
        return len(met) <= 1 and all(_is_over(each, self.outages_over) for each in met)

    def last_met(self, weather: Weather) -> list[Incident]:
        """The incidents during the last delivery."""
        return [each for each in weather.incidents if each.delivery == self.last]

    def _repeat(self, event: dict[str, Any], answer: dict[str, Any] | None, weather: Weather) -> None:
        """Deliver an event again; if the first delivery succeeded, the response must be the same."""
        last, last_was_killed = self.last, self.last_was_killed
        repeated = self._deliver(event, REPEATED, weather)
        self.last, self.last_was_killed = last, last_was_killed
        if answer is None or repeated is None or repeated == answer:
            return
        if answer["Status"] == repeated["Status"] == "SUCCESS":
            self.broken.append(f"answered once {answer} and then {repeated}")

    def _deliver(self, event: dict[str, Any], number: int, weather: Weather) -> dict[str, Any] | None:
        context = LambdaContext(self.stage.clock, self.stage.clock.now() + FUNCTION_TIMEOUT)
        sink, backend = self.stage.sink, self.stage.backend
        is_killed = number in weather.killed_at_answer
        self.outages_over = set()
        self.last, self.last_was_killed = number, is_killed
        known = len(sink.accepted)
        calls = len(backend.calls)
        backend.faults.append(self._watch(event, context, known))
        for incident in weather.incidents:
            if incident.delivery == number and (incident.kind, number) != ("delete", REPEATED):
                backend.faults.extend(self._faults(incident, event, context))
        if number in weather.lost_answers or is_killed:
            sink.refuses = True
        if is_killed:
            sink.on_put = lambda: setattr(context, "deadline", self.stage.clock.now())
        try:
            self.stage.run_in(context, event)
        except (AnswerNotAcceptedError, KilledError):
            pass
        finally:
            backend.faults.clear()
            sink.refuses, sink.on_put = False, None
            if self.last_was_killed:
                self.stage.starts_anew()
        self._look_at_strangers(event)
        assert len(backend.calls) - calls < _MOST_CALLS
        answers = [each for each in sink.accepted[known:] if each["RequestId"] == event["RequestId"]]
        is_excused = self.last_was_killed or number in weather.lost_answers
        assert len(answers) == 1 or (is_excused and not answers), answers
        return _valid(answers[0]) if answers else None

    def _watch(self, event: dict[str, Any], context: LambdaContext, known: int) -> Fault:
        """Check that strangers are unchanged, ours are few, time is left, and no response has been sent yet."""

        def look() -> None:
            self._watched += 1
            if self._watched % _TURN == 0:
                self.live_beside()
            endpoints = self.stage.backend.endpoints
            self._look_at_strangers(event)
            if len(endpoints.keys() - self.strangers.keys() - self.abandoned) > _MOST_OF_OURS:
                self.broken.append(f"{len(endpoints)} endpoints at once")
            if context.get_remaining_time_in_millis() <= 0:
                self.broken.append("a call after the deadline")
            if any(each["RequestId"] == event["RequestId"] for each in self.stage.sink.accepted[known:]):
                self.broken.append("a call after the answer")

        return Fault(call=look, times=None)

    def _look_at_strangers(self, event: dict[str, Any]) -> None:
        for endpoint_id, theirs in list(self.strangers.items()):
            there = snapshot(self.stage.backend.endpoints[endpoint_id])
            if there != theirs and _may_be_changed(event, theirs, there):
                self.strangers[endpoint_id] = there
            elif there != theirs:
                self.broken.append("a stranger was touched")

    def _faults(self, incident: Incident, event: dict[str, Any], context: LambdaContext) -> list[Fault]:
        fault = self._fault(incident, event, context)
        if not incident.lasts:
            return [fault]
        fault.times = None
        end: float | None = None

        def last() -> None:
            nonlocal end
            end = end or self.stage.clock.now() + incident.seconds
            if self.stage.clock.now() < end:
                self.stage.clock.sleep(_PATIENCE)
            else:
                self.stage.backend.faults.remove(fault)
                self.stage.backend.faults.remove(lasting)
                self.outages_over.add(incident)

        lasting = Fault(incident.operation, call=last, times=None, when=fault.when, nth=fault.nth)
        return [lasting, fault]

    def _fault(self, incident: Incident, event: dict[str, Any], context: LambdaContext) -> Fault:
        common: dict[str, Any] = {"operation": incident.operation, "when": incident.when, "nth": incident.nth}

        def die() -> None:
            raise KilledError

        def kill() -> None:
            self.last_was_killed = True
            context.deadline = self.stage.clock.now()
            self.stage.backend.faults.insert(0, Fault(call=die, times=None))  # a dead process makes no call
            die()

        actions: dict[Kind, dict[str, Any]] = {
            "throttle": {"error": "ThrottledClientException", "status": 429},
            "error": {"error": "ServiceFailureException", "status": 500},
            "hang": {"answer": "hang"},
            "empty": {"answer": "empty"},
            "refuse": {"error": _REFUSALS[incident.lasts], "status": 400, "message": "canary"},
            "kill": {"call": kill},
            "delete": {"call": lambda: self.interrupt(event, min(incident.seconds, _LATEST))},
        }
        if incident.kind in ("throttle", "refuse"):
            common["when"] = "before"  # these errors mean that the call had no effect
        if incident.kind == "empty":
            common["when"] = "after"  # success without an effect is a fault that no handler can survive
        return Fault(**common, **actions[incident.kind])


def _is_over(incident: Incident, outages_over: set[Incident]) -> bool:
    """Whether the calls after the incident were as if it had not happened."""
    return not incident.lasts if incident.kind == "refuse" else incident in outages_over


def _may_be_changed(event: dict[str, Any], theirs: dict[str, Any], there: dict[str, Any]) -> bool:
    """Whether an event that adopts may have set the name and the messages; limit L15: it may fail afterwards."""
    adopts = event["RequestType"] != "Delete" and event["ResourceProperties"].get("AdoptExisting") == "true"
    changeable = ("name", "allow_messages", "updated")
    return adopts and all(there[name] == value for name, value in theirs.items() if name not in changeable)


def snapshot(endpoint: object) -> dict[str, Any]:
    """An endpoint's bytes; being listed does not count as a change."""
    return copy.deepcopy(vars(endpoint)) | {"listed": True}


def _valid(answer: dict[str, Any]) -> dict[str, Any]:
    """Check what must be true of every response."""
    assert len(json.dumps(answer)) <= 4096
    assert answer["PhysicalResourceId"]
    assert ("Reason" in answer) == (answer["Status"] == "FAILED")
    return answer
