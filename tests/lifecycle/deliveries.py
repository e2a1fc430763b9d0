"""Lambda as it is: an event is delivered until one delivery ends well, three times at the most, and some twice.

Every single call of the handler is looked at while it happens; what must never be is kept in `broken`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from lifecycle.weather import Incident, Kind, Weather
from support.stage import LambdaContext, Stage

FUNCTION_TIMEOUT = 120.0
LONGEST_AGE = 6 * 3600.0
"""Seconds after which Lambda delivers an event no more (Lambda developer guide, asynchronous invocation)."""
_RETRY_AFTER = (60.0, 120.0)
_MOST_CALLS = 400
_MOST_OF_OURS = 2  # beside its predecessor, a replacement is one more


class KilledError(BaseException):
    """The process is gone: whatever it still tries, it has no time for."""


@dataclass
class Deliveries:
    """The deliveries of one resource's events."""

    stage: Stage
    interrupt: Callable[[dict[str, Any], float], None]
    """CloudFormation gives the resource up, so many seconds after the call at which it does."""
    strangers: dict[str, dict[str, Any]] = field(default_factory=dict)
    past: list[tuple[dict[str, Any], float, dict[str, Any] | None]] = field(default_factory=list)
    """Events, the times at which they were sent, and how they were answered."""
    last: int = 0
    """The number of the last delivery."""
    last_was_killed: bool = False
    broken: list[str] = field(default_factory=list)
    """What no call may find."""

    def send(self, event: dict[str, Any], weather: Weather) -> dict[str, Any] | None:
        """One event with all its deliveries; the answer that was accepted, if any."""
        sent = self.stage.clock.now()
        answer = None
        for number in range(3):
            self.stage.sent(sent)
            answer = self._deliver(event, number, weather)
            if answer is not None:
                break
            if number < len(_RETRY_AFTER):
                self.stage.clock.sleep(_RETRY_AFTER[number])
        if answer is not None and weather.is_delivered_twice and not _is_failed_update(event, answer):
            self._repeat(event, answer)
        self.past.append((event, sent, answer))
        return answer

    def deliver_again(self, number: int) -> None:
        """Lambda delivers an event of the past once more, unless that is too long ago."""
        event, sent, answer = self.past[number % len(self.past)]
        is_last = event is self.past[-1][0]
        self.stage.clock.sleep(60)
        if self.stage.clock.now() - sent > LONGEST_AGE:
            return
        self.stage.sent(sent)
        self._repeat(event, answer if is_last else None)

    def last_was_kept_from_it(self, weather: Weather) -> bool:
        """Whether the last delivery was killed, or the service refused it something."""
        is_refused = any(each.delivery == self.last and each.kind == "refuse" for each in weather.incidents)
        return self.last_was_killed or is_refused

    def _repeat(self, event: dict[str, Any], answer: dict[str, Any] | None) -> None:
        """Delivers an event again, which must be answered with the same success where there was one."""
        known = len(self.stage.sink.accepted)
        with suppress(AnswerNotAcceptedError):
            self.stage.run(event, seconds=FUNCTION_TIMEOUT)
        for repeated in self.stage.sink.accepted[known:]:
            if answer is not None and answer["Status"] == repeated["Status"] == "SUCCESS" and repeated != answer:
                self.broken.append(f"answered once {answer} and then {repeated}")

    def _deliver(self, event: dict[str, Any], number: int, weather: Weather) -> dict[str, Any] | None:
        context = LambdaContext(self.stage.clock, self.stage.clock.now() + FUNCTION_TIMEOUT)
        sink, backend = self.stage.sink, self.stage.backend
        is_killed = number in weather.killed_at_answer
        self.last, self.last_was_killed = number, is_killed
        known = len(sink.accepted)
        calls = len(backend.calls)
        backend.faults.append(self._watch(event, context, known))
        for incident in weather.incidents:
            if incident.delivery == number:
                backend.faults.append(self._fault(incident, event, context))
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
        assert len(backend.calls) - calls < _MOST_CALLS
        answers = [each for each in sink.accepted[known:] if each["RequestId"] == event["RequestId"]]
        is_excused = self.last_was_killed or number in weather.lost_answers
        assert len(answers) == 1 or (is_excused and not answers), answers
        return _valid(answers[0]) if answers else None

    def _watch(self, event: dict[str, Any], context: LambdaContext, known: int) -> Fault:
        """Strangers are as they were, ours are few, there is time, and nobody has answered yet."""

        def look() -> None:
            endpoints = self.stage.backend.endpoints
            for endpoint_id, theirs in self.strangers.items():
                if snapshot(endpoints[endpoint_id]) != theirs:
                    self.broken.append("a stranger was touched")
            if len(endpoints.keys() - self.strangers.keys()) > _MOST_OF_OURS:
                self.broken.append(f"{len(endpoints)} endpoints at once")
            if context.get_remaining_time_in_millis() <= 0:
                self.broken.append("a call after the deadline")
            if any(each["RequestId"] == event["RequestId"] for each in self.stage.sink.accepted[known:]):
                self.broken.append("a call after the answer")

        return Fault(call=look, times=None)

    def _fault(self, incident: Incident, event: dict[str, Any], context: LambdaContext) -> Fault:
        common: dict[str, Any] = {"when": incident.when, "nth": incident.nth}

        def die() -> None:
            raise KilledError

        def kill() -> None:
            self.last_was_killed = True
            context.deadline = self.stage.clock.now()
            self.stage.backend.faults.insert(0, Fault(call=die, times=None))  # the dead call nobody
            die()

        actions: dict[Kind, dict[str, Any]] = {
            "throttle": {"error": "ThrottledClientException", "status": 429},
            "error": {"error": "ServiceFailureException", "status": 500},
            "hang": {"answer": "hang"},
            "empty": {"answer": "empty"},
            "refuse": {"error": "BadRequestException", "status": 400, "message": "canary"},
            "kill": {"call": kill},
            "delete": {"call": lambda: self.interrupt(event, 15.0 * (incident.nth % 2))},
        }
        if incident.kind in ("throttle", "refuse"):
            common["when"] = "before"  # these say that there was no effect
        if incident.kind == "empty":
            common["when"] = "after"  # success without an effect is no fault that anybody could survive
        return Fault(**common, **actions[incident.kind])


def _is_failed_update(event: dict[str, Any], answer: dict[str, Any]) -> bool:
    """The documented limit: an Update that failed, is delivered again at once, and succeeds then."""
    return (event["RequestType"], answer["Status"]) == ("Update", "FAILED")


def snapshot(endpoint: object) -> dict[str, Any]:
    """An endpoint's bytes; that it has been listed is no change of it."""
    return copy.deepcopy(vars(endpoint)) | {"listed": True}


def _valid(answer: dict[str, Any]) -> dict[str, Any]:
    """What every answer must be."""
    assert len(json.dumps(answer)) <= 4096
    assert answer["PhysicalResourceId"]
    assert ("Reason" in answer) == (answer["Status"] == "FAILED")
    return answer
