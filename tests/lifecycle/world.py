"""CloudFormation's behavior: made-up IDs, Deletes of failed Creates, both forms of rollback, and what it abandons.

The local cloud does none of this. A history is driven from outside; `check` fails if the registered endpoints are not
the stack's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from lifecycle.deliveries import FUNCTION_TIMEOUT, LONGEST_AGE, Deliveries, snapshot
from lifecycle.holding import Holding, endpoint_id_of, was_killed
from lifecycle.sibling import Sibling, aside, is_siblings
from lifecycle.weather import CALM, Weather

SERVICE_TIMEOUT = 900.0


@dataclass
class World(Holding):
    """One stack with an endpoint resource, and another stack that continues beside it."""

    _invented: int = 0

    def __post_init__(self) -> None:
        self.stage.clients = replace(self.stage.clients, vault=self.vault)
        self.deliveries = Deliveries(self.stage, self._delete_meanwhile, self._read)
        self.deliveries.live_beside = Sibling(self.stage, self.strangers).live_on
        app_instance = self.stage.user.partition("/user/")[0]
        self.other_user = self.stage.backend.create_app_instance_user(
            app_instance_arn=app_instance, app_instance_user_id="bob", name="Bob"
        )

    @property
    def rivals(self) -> list[dict[str, Any]]:
        """Endpoints that someone else has registered, who is not a resource of this stack."""
        return [theirs for theirs in self.strangers.values() if not is_siblings(theirs)]

    # CloudFormation's operations

    def create(self, properties: dict[str, Any], weather: Weather = CALM, *, sibling_fails: bool = False) -> None:
        """Create the resource; roll back if it fails."""
        self.stage.clock.sleep(30)
        self._begins("CREATE_IN_PROGRESS")
        self._stands("CREATE_IN_PROGRESS", "")
        self.cancelled = False
        answer = self.deliveries.send(self.stage.event("Create", properties), weather)
        if self.cancelled:
            self._excuse_overtaken(weather)
            return
        self._adopt(answer, properties)
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
        """Update the resource; roll back if it fails."""
        assert self.held_id is not None
        assert self.declared is not None
        has_look_alike = any(theirs["name"] != "theirs" for theirs in self.rivals)
        if has_look_alike:
            # Limit L13: only the current endpoint's age separates a stranger's equal endpoint, name included, from our
            # predecessor.
            self.stage.clock.sleep(4 * 3600)
        self.stage.clock.sleep(30)
        self._begins("UPDATE_IN_PROGRESS")
        self._stands("UPDATE_IN_PROGRESS", self.held_id)
        self.cancelled = False
        before, old = self.held_id, self.declared
        was_there = self._exists(before)
        tokens = self._tokens_of(before)
        if has_look_alike and not was_there:
            # Limit L13: if its predecessor is lost, a rollback may return to a stranger's equal endpoint.
            sibling_fails = False
        answer = self.deliveries.send(self._updating(before, properties, old), weather)
        if self.cancelled:
            self._excuse_overtaken(weather)
            return
        self._adopt(answer, properties)
        is_failed_in_vain = answer is not None and answer["Status"] == "FAILED" and was_killed(weather)
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
            # Limit L9: an endpoint that came back under another ID, and a stack that is deleted during the rollback.
            self.stage.backend.endpoints.pop(endpoint_id_of(answer["PhysicalResourceId"]), None)

    def delete(self, weather: Weather = CALM) -> None:
        """Delete the resource; retry if it fails."""
        assert self.held_id is not None
        assert self.declared is not None
        self.stage.clock.sleep(30)
        self._delete(self.held_id, self.declared, weather)
        self._release()

    def retain(self) -> None:
        """Remove the resource, and retain its endpoint."""
        assert self.held_id is not None
        self.stage.clock.sleep(30)
        retained = self.stage.backend.endpoints[endpoint_id_of(self.held_id)]
        self.strangers[retained.endpoint_id] = snapshot(retained)
        self._release()
        self.stage.clock.sleep(LONGEST_AGE)  # limits L13 and L15: until then, only its age distinguishes it from ours

    def delete_after_its_user(self, weather: Weather = CALM) -> None:
        """Delete the user in the console, then the stack; a user with this ID exists again later."""
        assert self.declared is not None
        backend, user = self.stage.backend, self.declared["AppInstanceUserArn"]
        for endpoint_id in [each for each, theirs in self.strangers.items() if theirs["app_instance_user_arn"] == user]:
            del self.strangers[endpoint_id], backend.endpoints[endpoint_id]
        backend.delete_app_instance_user(app_instance_user_arn=user)
        self.delete(weather)
        for kept in [each for each in backend.endpoints.values() if each.app_instance_user_arn == user]:
            del backend.endpoints[kept.endpoint_id]  # a deleted user's endpoint cannot be reached
        app_instance, _, user_id = user.partition("/user/")
        backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id=user_id, name="anew")

    # The operations of others

    def stranger_registers(self, token: str, name: str) -> None:
        """Register an endpoint of someone else, long before or after ours."""
        if name != "theirs":
            # Limit L13: one that equals the declaration in everything differs from our own attempt only by age.
            self.stage.clock.sleep(LONGEST_AGE)
        with suppress(Exception):  # the service may refuse it
            endpoint = self.stage.stranger(token, name=name)
            self.strangers[endpoint.endpoint_id] = snapshot(endpoint)
        self.stage.clock.sleep(7200 if name == "theirs" else LONGEST_AGE)

    def stranger_registers_what_is_declared(self, properties: dict[str, Any]) -> dict[str, Any]:
        """Register an endpoint of someone else that can be adopted; return a declaration that adopts it."""
        device, voip = self.vault.pair(properties)
        with suppress(Exception):  # the service may refuse it
            endpoint = self.stage.stranger(
                device,
                name="theirs",
                app_instance_user_arn=properties["AppInstanceUserArn"],
                endpoint_type=properties["Type"],
                resource_arn=properties["ResourceArn"],
                voip_device_token=voip,
            )
            self.strangers[endpoint.endpoint_id] = snapshot(endpoint)
        self.stage.clock.sleep(7200)
        return properties | {"AdoptExisting": "true"}

    def rotate(self) -> None:
        """Put another content into the secret that a device token may be in."""
        self.vault.rotate()

    def vanish(self) -> None:
        """Deregister the endpoint outside CloudFormation."""
        assert self.held_id is not None
        self.stage.backend.endpoints.pop(self.held_id.rpartition("/")[2], None)
        self.has_vanished = True

    # The steps of CloudFormation

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
            if is_lost_for_good:  # Limit L9: the endpoint of a delivery without a response stays.
                self._forget(self._ours())
            self._excuse_overtaken(weather)
            for superseded in filter(self._exists, others):  # a deleted stack removes all that it has held
                self._clean_up(superseded, old)
            return
        self._adopt(answer, old)
        if answer is None:
            self._excuse(old, {current} | others, weather)
        elif answer["Status"] == "SUCCESS":
            self._excuse_refused(failed, {current, answer["PhysicalResourceId"]}, weather)
        if answer is None or answer["Status"] == "FAILED":
            self._begins("UPDATE_ROLLBACK_FAILED")
            self.stage.clock.sleep(SERVICE_TIMEOUT)
            self._begins("UPDATE_ROLLBACK_IN_PROGRESS")
            self._stands("UPDATE_IN_PROGRESS", current)
            answer = self.deliveries.send(self._updating(current, old, failed), CALM)  # ContinueUpdateRollback
            self._adopt(answer, old)
        assert answer is not None
        if answer["Status"] == "FAILED" and self.has_vanished and self._is_held_by_stranger(old):
            assert answer["Reason"].startswith(("CE-411: ", "CE-412: ", "CE-413: ")), answer
            # A stranger took the vanished endpoint's token; its replacement stays as it is. Limit L9: the endpoint of a
            # delivery without a response stays until the rollback is continued, and an endpoint that gave way in vain
            # came back under another ID.
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
        """Delete what was replaced; the stack continues even if that fails."""
        self.stage.clock.sleep(15)
        incidents = tuple(each for each in weather.incidents if each.kind != "delete")  # that step is over
        event = self.stage.event("Delete", properties, PhysicalResourceId=physical_id)
        answer = self.deliveries.send(event, replace(weather, incidents=incidents))
        if self._exists(physical_id):
            assert answer is None or answer["Status"] == "FAILED", answer
            assert not all(each.passes for each in self.deliveries.last_met(weather)), "failed for what passes"
            self.deliveries.abandoned.add(endpoint_id_of(physical_id))

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
        """Delete the resource while its event is being handled."""
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
        """Read the response to an event of a resource that still exists."""
        self.stage.clock.sleep(1)
        operation = event["RequestType"].upper()
        if self.cancelled or operation == "DELETE":
            return
        is_done = answer["Status"] == "SUCCESS"
        physical_id = answer["PhysicalResourceId"] if is_done else event.get("PhysicalResourceId", "")
        self.stage.stack.happens(f"{operation}_IN_PROGRESS", answer["PhysicalResourceId"])
        self._stands(f"{operation}_{'COMPLETE' if is_done else 'FAILED'}", physical_id)

    def _invent(self) -> str:
        self._invented += 1
        return f"chat-Phone-INVENTED{self._invented}"
