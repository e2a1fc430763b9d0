"""A resource as its stack knows it: CloudFormation's view of it, and the checks of the registered endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import Endpoint
from lifecycle.deliveries import Deliveries, snapshot
from lifecycle.vault import Vault
from lifecycle.weather import Weather
from support.stage import STACK_ID, Stage

_IMMUTABLE = ("AppInstanceUserArn", "Type", "ResourceArn", "EndpointAttributes")


@dataclass
class Holding:
    """The stack's view of an endpoint resource."""

    stage: Stage
    held_id: str | None = None
    declared: dict[str, Any] | None = None
    meant: set[tuple[str, str | None]] = field(default_factory=set)
    """The tokens that the declaration allows: after a rollback, the former one or the source's current one."""
    has_vanished: bool = False
    cancelled: bool = False
    cancelled_in: int | None = None
    """The delivery during which the resource was deleted."""
    adopted: set[str] = field(default_factory=set)
    """The names of what was adopted, which it keeps until something of the resource changes."""
    vault: Vault = field(default_factory=Vault)
    deliveries: Deliveries = field(init=False)

    @property
    def strangers(self) -> dict[str, dict[str, Any]]:
        """The endpoints of others, as they must stay."""
        return self.deliveries.strangers

    # The checks that must pass whenever no event is in flight

    def check(self) -> None:
        """Check that no endpoint is lost, doubled or stolen, the declaration is true, and no secret leaks."""
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
        assert (endpoint.device_token, endpoint.voip_device_token) in self.meant
        assert endpoint.allow_messages == declared.get("AllowMessages", "ALL")
        if "Name" in declared:
            assert endpoint.name == declared["Name"]
        elif endpoint.name not in self.adopted:  # what gives way comes back with the name that it had
            assert (endpoint.name or "").startswith("chat-Phone-")

    def _check_replacement(
        self, before: str, tokens: set[str], *, was_there: bool, new: dict[str, Any], old: dict[str, Any]
    ) -> None:
        """An ID changes only with an immutable property, and the old endpoint is left to CloudFormation's Delete."""
        changed = [name for name in _IMMUTABLE if new[name] != old[name]]
        is_rotated = tokens != self.vault.tokens(new)
        assert changed or is_rotated or not was_there, "replaced without a reason"
        shared = self.vault.tokens(new) & tokens
        scope = self.stage.backend.switches.device_token_conflict
        is_moved = new["AppInstanceUserArn"] != old["AppInstanceUserArn"]
        may_give_way = shared and (scope == "application" if is_moved else scope != "none")
        assert self._exists(before) or may_give_way or not was_there, "the predecessor was removed"

    def _check_failed_create(self, answered: str, properties: dict[str, Any], weather: Weather) -> None:
        """Check that no endpoint stays registered, unless the clean-up failed too."""
        self._check_patience(properties, weather)
        if self.deliveries.could_clean_up(weather):
            ours = self.deliveries.registered_then - self.deliveries.abandoned
            assert ours <= {endpoint_id_of(answered)}, "a failed Create left something"

    def _check_failed_update(self, answered: str, properties: dict[str, Any], weather: Weather) -> None:
        """Check that what gave way came back, unless that failed too, or the delivery's response was lost.

        If another application's endpoint has the token, the endpoint may have given way in vain, which is one more
        failure.
        """
        self._check_patience(properties, weather)
        may_give_way_in_vain = self._is_held_by_stranger(properties)
        is_first = self.deliveries.last == 0 and not was_killed(weather)
        if self.deliveries.could_clean_up(weather) and is_first and not may_give_way_in_vain:
            assert endpoint_id_of(answered) in self.deliveries.registered_then, "a failed Update left nothing"

    def _check_patience(self, properties: dict[str, Any], weather: Weather) -> None:
        """Check that no event fails for a passing or ended fault, only for what someone else holds."""
        all_passes = all(each.passes for each in self.deliveries.last_met(weather))
        assert self._is_held_by_stranger(properties) or not all_passes, "failed for what passes"

    def _is_held_by_stranger(self, properties: dict[str, Any]) -> bool:
        """Whether a stranger has the token, or an abandoned Delete left its endpoint, which looks like a stranger's."""
        left = [vars(each) for each in self.stage.registered if each.endpoint_id in self.deliveries.abandoned]
        tokens = self.vault.tokens(properties)
        return any(
            tokens & {each["device_token"], each["voip_device_token"]} for each in [*self.strangers.values(), *left]
        )

    def _is_abandoned(self, physical_id: str) -> bool:
        return endpoint_id_of(physical_id) in self.deliveries.abandoned

    def _ours(self) -> set[str]:
        endpoints = self.stage.backend.endpoints
        return {id_of(each) for each in endpoints.values() if each.endpoint_id not in self.strangers}

    def _forget(self, physical_ids: set[str]) -> None:
        """Exclude an endpoint that stays because of a limit."""
        for physical_id in physical_ids:
            del self.stage.backend.endpoints[endpoint_id_of(physical_id)]

    def _adopt(self, answer: dict[str, Any] | None, declared: dict[str, Any]) -> None:
        """Let the endpoint in a successful answer be this resource's, if it was someone else's and may be adopted."""
        if answer is None or answer["Status"] == "FAILED" or "AdoptExisting" not in declared:
            return
        endpoint_id = endpoint_id_of(answer["PhysicalResourceId"])
        if (theirs := self.strangers.pop(endpoint_id, None)) is not None:
            self.adopted.add(theirs["name"])

    # The exceptions that the limits allow

    def _excuse(self, properties: dict[str, Any], known: set[str], weather: Weather) -> None:
        """Limit L7: a delivery named the endpoint, the last one could not undo it, and the rollback fails as well."""
        if not self.deliveries.last_was_kept_from_it(weather) or "Name" not in properties:
            return
        for endpoint_id, endpoint in list(self.stage.backend.endpoints.items()):
            is_known = endpoint_id in self.strangers or id_of(endpoint) in known
            if not is_known and endpoint.name == properties["Name"] and self._was_named(endpoint_id):
                del self.stage.backend.endpoints[endpoint_id]

    def _was_named(self, endpoint_id: str) -> bool:
        """Whether an Update named the endpoint: beside another of ours, none is registered with its name."""
        return any(
            call.operation == "UpdateAppInstanceUserEndpoint" and call.parameters["EndpointId"] == endpoint_id
            for call in self.stage.backend.calls
        )

    def _excuse_refused(self, failed: dict[str, Any], known: set[str], weather: Weather) -> None:
        """Limit L11: a user counts as deleted if the service refuses again and again to list the endpoints."""
        assert self.declared is not None
        user = failed["AppInstanceUserArn"]
        is_refused = any(each.kind == "refuse" and each.lasts for each in self.deliveries.last_met(weather))
        if is_refused and user != self.declared["AppInstanceUserArn"]:
            self._forget({each for each in self._ours() - known if each.startswith(f"{user}/")})

    def _excuse_overtaken(self, weather: Weather) -> None:
        """Limit L7: CloudFormation deleted the resource, and the last delivery could not remove its endpoint.

        It could not if it had no time left: it had already sent its response, and no further delivery came.
        """
        is_unheard = self.cancelled_in == self.deliveries.last and self.deliveries.last in weather.lost_answers
        if is_unheard or self.deliveries.last_was_kept_from_it(weather):
            self._forget(self._ours())

    # CloudFormation's view of the resource

    def _begins(self, status: str) -> None:
        """Set the new status of the stack as a whole."""
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
        self.meant = {self.vault.pair(declared)} | (self.meant if is_rolled_back else set())
        self.has_vanished = self.has_vanished and not self._exists(physical_id)
        self.stage.clock.sleep(1)
        self._stands(status, physical_id)
        self._begins("UPDATE_ROLLBACK_COMPLETE" if is_rolled_back else status)

    def _release(self) -> None:
        self.held_id, self.declared, self.has_vanished = None, None, False
        self.adopted.clear()
        detail = self.stage.stack.detail or {}
        self._stands("DELETE_COMPLETE", detail.get("PhysicalResourceId", ""))

    def _tokens_of(self, physical_id: str) -> set[str]:
        endpoint = self.stage.backend.endpoints.get(endpoint_id_of(physical_id))
        return {token for token in (endpoint.device_token, endpoint.voip_device_token) if token} if endpoint else set()

    def _exists(self, physical_id: str) -> bool:
        return endpoint_id_of(physical_id) in self.stage.backend.endpoints


def was_killed(weather: Weather) -> bool:
    """Whether a process is killed in it."""
    return bool(weather.killed_at_answer) or any(each.kind == "kill" for each in weather.incidents)


def id_of(endpoint: Endpoint) -> str:
    """The physical ID of an endpoint."""
    return f"{endpoint.app_instance_user_arn}/endpoint/{endpoint.endpoint_id}"


def endpoint_id_of(physical_id: str) -> str:
    """The EndpointId in a physical ID."""
    return physical_id.rpartition("/")[2]
