"""CloudFormation as it is: invented ids, Deletes of failed Creates, both forms of rollback, what it gives up.

The local cloud does none of this. A history is driven from outside; `check` says whether what is registered is what
the stack holds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chime_endpoints_emulator import Endpoint
from lifecycle.deliveries import FUNCTION_TIMEOUT, LONGEST_AGE, Deliveries, snapshot
from lifecycle.sibling import Sibling, aside, is_siblings
from lifecycle.vault import Vault
from lifecycle.weather import CALM, Weather
from support.stage import STACK_ID, Stage

SERVICE_TIMEOUT = 900.0
_IMMUTABLE = ("AppInstanceUserArn", "Type", "ResourceArn", "EndpointAttributes")


@dataclass
class World:
    """One stack with an endpoint resource, and another that lives on beside it."""

    stage: Stage
    held_id: str | None = None
    declared: dict[str, Any] | None = None
    meant: set[str] = field(default_factory=set)
    """What the declared device token may be: after a rollback that of before, or what its source holds now."""
    has_vanished: bool = False
    cancelled: bool = False
    cancelled_in: int | None = None
    """The delivery in which it was."""
    _invented: int = 0

    def __post_init__(self) -> None:
        self.vault = Vault()
        self.stage.clients = replace(self.stage.clients, vault=self.vault)
        self.deliveries = Deliveries(self.stage, self._delete_meanwhile, self._read)
        self.strangers = self.deliveries.strangers
        self.sibling = Sibling(self.stage, self.strangers)
        self.deliveries.live_beside = self.sibling.live_on
        app_instance = self.stage.user.partition("/user/")[0]
        self.other_user = self.stage.backend.create_app_instance_user(
            app_instance_arn=app_instance, app_instance_user_id="bob", name="Bob"
        )

    @property
    def rivals(self) -> list[dict[str, Any]]:
        """What somebody else has registered, who is not a resource of this stack."""
        return [theirs for theirs in self.strangers.values() if not is_siblings(theirs)]

    # What CloudFormation does

    def create(self, properties: dict[str, Any], weather: Weather = CALM, *, sibling_fails: bool = False) -> None:
        """Creates the resource; whatever fails is rolled back."""
        self.stage.clock.sleep(30)
        self._begins("CREATE_IN_PROGRESS")
        self._stands("CREATE_IN_PROGRESS", "")
        self.cancelled = False
        answer = self.deliveries.send(self.stage.event("Create", properties), weather)
        if self.cancelled:
            self._excuse_overtaken(weather)
            return
        if answer is not None and answer["Status"] == "SUCCESS" and not sibling_fails:
            self._hold(answer["PhysicalResourceId"], properties, "CREATE_COMPLETE")
            return
        if answer is None:
            self.stage.clock.sleep(SERVICE_TIMEOUT)
        elif answer["Status"] == "FAILED":
            self._check_failed_create(answer["PhysicalResourceId"], properties, weather)
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
        has_look_alike = any(theirs["name"] != "theirs" for theirs in self.rivals)
        if has_look_alike:
            # The documented limit: a stranger's endpoint that equals the declaration in everything, name included,
            # is told from our predecessor by the age of the current endpoint alone.
            self.stage.clock.sleep(4 * 3600)
        self.stage.clock.sleep(30)
        self._begins("UPDATE_IN_PROGRESS")
        self._stands("UPDATE_IN_PROGRESS", self.held_id)
        self.cancelled = False
        before, old = self.held_id, self.declared
        was_there = self._exists(before)
        tokens = self._tokens_of(before)
        if has_look_alike and not was_there:
            # The documented limit: with its predecessor lost, a rollback may return to a stranger's that equals it.
            sibling_fails = False
        answer = self.deliveries.send(self._updating(before, properties, old), weather)
        if self.cancelled:
            self._excuse_overtaken(weather)
            return
        is_failed_in_vain = answer is not None and answer["Status"] == "FAILED" and _was_killed(weather)
        if answer is None or (is_failed_in_vain and not self.deliveries.could_clean_up(weather)):
            self._excuse(properties, {before}, weather)
        if answer is not None and answer["Status"] == "SUCCESS":
            after = answer["PhysicalResourceId"]
            if after != before:
                self._check_replacement(before, tokens, was_there=was_there, new=properties, old=old)
            if not sibling_fails:
                self._hold(after, properties, "UPDATE_COMPLETE")
                if after != before:
                    self._clean_up(before, old, rollback_weather)
            elif after != before and rollback == "delete" and self._exists(before):
                self._begins("UPDATE_ROLLBACK_IN_PROGRESS")
                self._hold(before, old, "UPDATE_COMPLETE", is_rolled_back=True)
                self._clean_up(after, properties, rollback_weather)
            else:
                self._roll_back(after, properties, old, rollback_weather, others={before})
            return
        if answer is None:
            self.stage.clock.sleep(SERVICE_TIMEOUT)
        elif was_there:
            self._check_failed_update(answer["PhysicalResourceId"], properties, weather)
        self._roll_back(before, properties, old, rollback_weather, others=set())
        if self.cancelled and answer is not None and answer["PhysicalResourceId"] != before:
            # The documented limit: what came back under another id, and a stack that is deleted during the rollback.
            self.stage.backend.endpoints.pop(_endpoint_id(answer["PhysicalResourceId"]), None)

    def delete(self, weather: Weather = CALM) -> None:
        """Deletes the resource; a failed Delete is tried again."""
        assert self.held_id is not None
        assert self.declared is not None
        self.stage.clock.sleep(30)
        self._delete(self.held_id, self.declared, weather)
        self._release()

    # What others do

    def stranger_registers(self, token: str, name: str) -> None:
        """Somebody else registers an endpoint, long before or after anything of ours."""
        if name != "theirs":
            # The documented limit: one that equals the declaration in everything is told from an own attempt by age.
            self.stage.clock.sleep(LONGEST_AGE)
        with suppress(Exception):  # the service may refuse it
            endpoint = self.stage.stranger(token, name=name)
            self.strangers[endpoint.endpoint_id] = snapshot(endpoint)
        self.stage.clock.sleep(7200 if name == "theirs" else LONGEST_AGE)

    def rotate(self) -> None:
        """The secret that a device token may be in gets another content."""
        self.vault.rotate()

    def vanish(self) -> None:
        """Somebody deregisters the endpoint behind CloudFormation's back."""
        assert self.held_id is not None
        self.stage.backend.endpoints.pop(self.held_id.rpartition("/")[2], None)
        self.has_vanished = True

    # What must be true whenever nothing is in flight

    def check(self) -> None:
        """Nothing lost, doubled or stolen, the declaration true, no secret told, no call that should not have been."""
        assert not self.deliveries.broken, self.deliveries.broken
        endpoints = self.stage.backend.endpoints
        for endpoint_id, theirs in self.strangers.items():
            assert snapshot(endpoints[endpoint_id]) == theirs, "a stranger was touched"
        expected = set() if self.held_id is None or self.has_vanished else {self.held_id}
        ours = {each for each in self._ours() if each in expected or not self._is_abandoned(each)}
        assert ours == expected, f"registered: {ours}, held: {expected}"
        if expected and self.declared is not None:
            self._check_truth(self.declared)
        assert b"canary" not in b"".join(self.stage.sink.bodies)

    def _check_truth(self, declared: dict[str, Any]) -> None:
        assert self.held_id is not None
        endpoint = self.stage.backend.endpoints[self.held_id.rpartition("/")[2]]
        assert endpoint.app_instance_user_arn == declared["AppInstanceUserArn"]
        assert (endpoint.type, endpoint.resource_arn) == (declared["Type"], declared["ResourceArn"])
        assert endpoint.device_token in self.meant
        assert endpoint.voip_device_token == declared["EndpointAttributes"].get("VoipDeviceToken")
        assert endpoint.allow_messages == declared.get("AllowMessages", "ALL")
        if "Name" in declared:
            assert endpoint.name == declared["Name"]
        else:
            assert (endpoint.name or "").startswith("chat-Phone-")

    def _check_replacement(
        self, before: str, tokens: set[str], *, was_there: bool, new: dict[str, Any], old: dict[str, Any]
    ) -> None:
        """An id changes with an immutable property only, and the predecessor is left to CloudFormation's Delete."""
        changed = [name for name in _IMMUTABLE if new[name] != old[name]]
        is_rotated = tokens != self.vault.tokens(new)
        assert changed or is_rotated or not was_there, "replaced without a reason"
        shared = self.vault.tokens(new) & tokens
        scope = self.stage.backend.switches.device_token_conflict
        is_moved = new["AppInstanceUserArn"] != old["AppInstanceUserArn"]
        may_give_way = shared and (scope == "application" if is_moved else scope != "none")
        assert self._exists(before) or may_give_way or not was_there, "the predecessor was removed"

    def _check_failed_create(self, answered: str, properties: dict[str, Any], weather: Weather) -> None:
        """Nothing stays registered, unless the clean-up failed as well."""
        self._check_patience(properties, weather)
        if self.deliveries.could_clean_up(weather):
            ours = self.deliveries.registered_then - self.deliveries.abandoned
            assert ours <= {_endpoint_id(answered)}, "a failed Create left something"

    def _check_failed_update(self, answered: str, properties: dict[str, Any], weather: Weather) -> None:
        """What gave way came back, unless that failed as well, or a process was killed that knew what it was.

        It may have given way in vain, to a stranger's of another application: that is one more thing that can fail.
        """
        self._check_patience(properties, weather)
        may_give_way_in_vain = self._is_held_by_stranger(properties)
        if self.deliveries.could_clean_up(weather) and not _was_killed(weather) and not may_give_way_in_vain:
            assert _endpoint_id(answered) in self.deliveries.registered_then, "a failed Update left nothing"

    def _check_patience(self, properties: dict[str, Any], weather: Weather) -> None:
        """No event fails for what passes, nor for what is over; only for what somebody else holds."""
        all_passes = all(each.passes for each in self.deliveries.last_met(weather))
        assert self._is_held_by_stranger(properties) or not all_passes, "failed for what passes"

    def _is_held_by_stranger(self, properties: dict[str, Any]) -> bool:
        """Or by what an abandoned Delete has left, which nobody can tell from a stranger's."""
        left = [vars(each) for each in self.stage.registered if each.endpoint_id in self.deliveries.abandoned]
        tokens = self.vault.tokens(properties)
        return any(
            tokens & {each["device_token"], each["voip_device_token"]} for each in [*self.strangers.values(), *left]
        )

    def _is_abandoned(self, physical_id: str) -> bool:
        return _endpoint_id(physical_id) in self.deliveries.abandoned

    def _ours(self) -> set[str]:
        endpoints = self.stage.backend.endpoints
        return {_id(each) for each in endpoints.values() if each.endpoint_id not in self.strangers}

    def _forget(self, physical_ids: set[str]) -> None:
        """What stays is excused by a documented limit."""
        for physical_id in physical_ids:
            del self.stage.backend.endpoints[_endpoint_id(physical_id)]

    # How CloudFormation does it

    def _excuse(self, properties: dict[str, Any], known: set[str], weather: Weather) -> None:
        """The documented limit: a delivery named the endpoint, and the last one could neither mark nor remove it."""
        if not self.deliveries.last_was_kept_from_it(weather) or "Name" not in properties:
            return
        for endpoint_id, endpoint in list(self.stage.backend.endpoints.items()):
            is_known = endpoint_id in self.strangers or _id(endpoint) in known
            if not is_known and endpoint.name == properties["Name"] and self._was_named(endpoint_id):
                del self.stage.backend.endpoints[endpoint_id]

    def _was_named(self, endpoint_id: str) -> bool:
        """Whether the endpoint got its name by an Update: none of ours is registered with it beside another."""
        return any(
            call.operation == "UpdateAppInstanceUserEndpoint" and call.parameters["EndpointId"] == endpoint_id
            for call in self.stage.backend.calls
        )

    def _excuse_overtaken(self, weather: Weather) -> None:
        """The documented limit: CloudFormation gave the resource up, and the last delivery could not remove it.

        Nor could it where it had no time left: it had tried to answer for all of it, and no further one came.
        """
        is_unheard = self.cancelled_in == self.deliveries.last and self.deliveries.last in weather.lost_answers
        if is_unheard or self.deliveries.last_was_kept_from_it(weather):
            self._forget(self._ours())

    def _roll_back(
        self, current: str, failed: dict[str, Any], old: dict[str, Any], weather: Weather, *, others: set[str]
    ) -> None:
        self.stage.clock.sleep(15)
        self._begins("UPDATE_ROLLBACK_IN_PROGRESS")
        is_lost_for_good = self.has_vanished and self._is_held_by_stranger(old)
        self._stands("UPDATE_IN_PROGRESS", current)
        event = self._updating(current, old, failed)
        answer = self.deliveries.send(event, weather)
        if self.cancelled:
            if is_lost_for_good:  # The documented limit: what an unheard delivery registered stays.
                self._forget(self._ours())
            self._excuse_overtaken(weather)
            for superseded in filter(self._exists, others):  # a stack that goes takes all that it has held
                self._clean_up(superseded, old)
            return
        if answer is None:
            self._excuse(old, {current} | others, weather)
        if answer is None or answer["Status"] == "FAILED":
            self._begins("UPDATE_ROLLBACK_FAILED")
            self.stage.clock.sleep(SERVICE_TIMEOUT)
            self._begins("UPDATE_ROLLBACK_IN_PROGRESS")
            self._stands("UPDATE_IN_PROGRESS", current)
            answer = self.deliveries.send(self._updating(current, old, failed), CALM)  # ContinueUpdateRollback
        assert answer is not None
        if answer["Status"] == "FAILED" and self.has_vanished and self._is_held_by_stranger(old):
            assert answer["Reason"].startswith(("CE-411: ", "CE-412: ")), answer
            # A stranger took the token of what had vanished; what took its place stays as it is. The documented limits:
            # what an unheard delivery registered stays until the rollback is continued, and what gave way in vain came
            # back under another id.
            self._forget(self._ours() - {current})
            self._hold(current, failed if self._exists(current) else old, "UPDATE_FAILED", is_rolled_back=True)
            return
        assert answer["Status"] == "SUCCESS", answer
        after = answer["PhysicalResourceId"]
        self._hold(after, old, "UPDATE_COMPLETE", is_rolled_back=True)
        for superseded in ({current} | others) - {after}:
            if superseded == current:
                self._clean_up(superseded, failed)

    def _clean_up(self, physical_id: str, properties: dict[str, Any], weather: Weather = CALM) -> None:
        """Deletes what was replaced; the stack goes on all the same where that fails."""
        self.stage.clock.sleep(15)
        incidents = tuple(each for each in weather.incidents if each.kind != "delete")  # the stack has got beyond that
        event = self.stage.event("Delete", properties, PhysicalResourceId=physical_id)
        answer = self.deliveries.send(event, replace(weather, incidents=incidents))
        if self._exists(physical_id):
            assert answer is None or answer["Status"] == "FAILED", answer
            assert not all(each.passes for each in self.deliveries.last_met(weather)), "failed for what passes"
            self.deliveries.abandoned.add(_endpoint_id(physical_id))

    def _delete(self, physical_id: str, properties: dict[str, Any], weather: Weather = CALM) -> None:
        self.stage.clock.sleep(15)
        self._begins("DELETE_IN_PROGRESS")
        self._stands("DELETE_IN_PROGRESS", physical_id)
        event = self.stage.event("Delete", properties, PhysicalResourceId=physical_id)
        answer = self.deliveries.send(event, weather)
        if answer is None or answer["Status"] == "FAILED":
            self.stage.clock.sleep(SERVICE_TIMEOUT)
            answer = self.deliveries.send(self.stage.event("Delete", properties, PhysicalResourceId=physical_id), CALM)
        assert answer is not None
        assert answer["Status"] == "SUCCESS", answer
        assert answer["PhysicalResourceId"] == physical_id

    def _updating(self, physical_id: str, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        return self.stage.event("Update", new, PhysicalResourceId=physical_id, OldResourceProperties=old)

    def _delete_meanwhile(self, event: dict[str, Any], after: float) -> None:
        """CloudFormation gives the resource up while its event is being handled."""
        if self.cancelled:
            return
        self.stage.clock.sleep(after)
        physical_id = event.get("PhysicalResourceId") or self._invent()
        self._begins("DELETE_IN_PROGRESS")
        self._stands("DELETE_IN_PROGRESS", physical_id)
        deletion = self.stage.event("Delete", event["ResourceProperties"], PhysicalResourceId=physical_id)
        with aside(self.stage):
            answer = self.stage.deliver(deletion, seconds=FUNCTION_TIMEOUT)
        assert answer["Status"] == "SUCCESS", answer
        self._release()
        self.cancelled, self.cancelled_in = True, self.deliveries.last

    def _read(self, event: dict[str, Any], answer: dict[str, Any]) -> None:
        """CloudFormation reads the answer to an event of a resource that it has not given up."""
        self.stage.clock.sleep(1)
        operation = event["RequestType"].upper()
        if self.cancelled or operation == "DELETE":
            return
        is_done = answer["Status"] == "SUCCESS"
        physical_id = answer["PhysicalResourceId"] if is_done else event.get("PhysicalResourceId", "")
        self._stands(f"{operation}_{'COMPLETE' if is_done else 'FAILED'}", physical_id)

    def _begins(self, status: str) -> None:
        """The stack as a whole has another status now."""
        self.stage.stack.happens(status, STACK_ID, to="chat")

    def _stands(self, status: str, physical_id: str) -> None:
        self.stage.stack.happens(status, physical_id)
        self.stage.stack.detail = {
            "ResourceStatus": status,
            "PhysicalResourceId": physical_id,
            "LastUpdatedTimestamp": self.stage.clock.now(),
        }

    def _hold(self, physical_id: str, declared: dict[str, Any], status: str, *, is_rolled_back: bool = False) -> None:
        self.held_id, self.declared = physical_id, declared
        self.meant = {self.vault.device_token(declared)} | (self.meant if is_rolled_back else set())
        self.has_vanished = self.has_vanished and not self._exists(physical_id)
        self.stage.clock.sleep(1)
        self._stands(status, physical_id)
        self._begins("UPDATE_ROLLBACK_COMPLETE" if is_rolled_back else status)

    def _release(self) -> None:
        self.held_id, self.declared, self.has_vanished = None, None, False
        detail = self.stage.stack.detail or {}
        self._stands("DELETE_COMPLETE", detail.get("PhysicalResourceId", ""))

    def _invent(self) -> str:
        self._invented += 1
        return f"chat-Phone-INVENTED{self._invented}"

    def _tokens_of(self, physical_id: str) -> set[str]:
        endpoint = self.stage.backend.endpoints.get(_endpoint_id(physical_id))
        return {token for token in (endpoint.device_token, endpoint.voip_device_token) if token} if endpoint else set()

    def _exists(self, physical_id: str) -> bool:
        return _endpoint_id(physical_id) in self.stage.backend.endpoints


def _was_killed(weather: Weather) -> bool:
    return bool(weather.killed_at_answer) or any(each.kind == "kill" for each in weather.incidents)


def _id(endpoint: Endpoint) -> str:
    return f"{endpoint.app_instance_user_arn}/endpoint/{endpoint.endpoint_id}"


def _endpoint_id(physical_id: str) -> str:
    return physical_id.rpartition("/")[2]
