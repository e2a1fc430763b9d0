"""One life of a stack with its mishaps, and what must be true of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Endpoint
from chime_endpoints_emulator.exceptions import IdentityError
from chime_endpoints_emulator.records import AppInstance, AppInstanceUser
from lifecycle.enumeration.cases import ALICE, BOB, OTHER_TOKEN, TOKEN, Case
from lifecycle.enumeration.function import Answer, Event, Function, Services
from lifecycle.enumeration.limits import limit_of
from lifecycle.enumeration.mishaps import LASTS
from lifecycle.enumeration.stack import CancelledError, Properties, Stack, StuckError
from lifecycle.enumeration.wire import Mishap, Wire
from support.stage import ACCOUNT, APPLICATION, REGION, Clock, StackStandIn

_CONTENTS = {"1": TOKEN, "2": OTHER_TOKEN}
_DAY = 86_400.0
_A_WHILE = 60.0
_RETAINED = "canary-retained"


@dataclass
class Versions:
    """A secret with two versions."""

    current: str = "1"

    def get_secret_value(self, *, SecretId: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803 - the API's names
        """Return a version, or the current one."""
        return {"ARN": SecretId, "SecretString": _CONTENTS[VersionId or self.current]}

    def token(self, properties: Properties) -> str:
        """Return the device token that is declared, as it is now."""
        attributes = properties["EndpointAttributes"]
        source = attributes.get("DeviceTokenSource", {})
        return str(attributes.get("DeviceToken") or _CONTENTS[source.get("VersionId", self.current)])


@dataclass
class Life:
    """A stack, from its creation to its deletion."""

    case: Case
    switches: Mapping[str, Any]
    mishaps: Mapping[int, tuple[str, Mishap]] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    latency: float = 0.02
    findings: list[str] = field(default_factory=list)
    strangers: dict[str, Endpoint] = field(default_factory=dict)
    told: list[list[str]] = field(default_factory=list)
    """What each process logged."""
    overtaken_after: float | None = None
    """Seconds after the beginning of an event's handling at which the next event was sent."""
    limits: set[str] = field(default_factory=set)
    """The documented limits that it has met."""
    is_possible: bool = True

    def __post_init__(self) -> None:
        self.backend = ChimeSDKIdentityBackend(REGION, ACCOUNT)
        self.backend.now = self.clock.now
        self.backend.switches.change({"requests_per_second": None, **self.switches})
        now = self.clock.now()
        for arn in (ALICE, BOB):
            instance = arn.partition("/user/")[0]
            self.backend.app_instances[instance] = AppInstance(arn=instance, name="", created=now, updated=now)
            self.backend.users[arn] = AppInstanceUser(arn=arn, name="", created=now, updated=now)
        self.vault, self.said = Versions(), StackStandIn()
        self.said.now = self.clock.now
        self.wire = Wire(self.clock, latency=self.latency)
        self.function = self.another_function(self.wire)
        self.stack = Stack(self.clock, self.said, self.function, self._exists, self._read, self._abandon)

    def another_function(self, wire: Wire) -> Function:
        """Return the function in another process."""
        return Function(Services(wire, self.backend, self.said, self.vault))

    @property
    def shares_a_token(self) -> bool:
        """Whether both declarations have a device token in common."""
        old = self.case.old
        return old is not None and self.vault.token(old) == self.vault.token(self.case.new)

    @property
    def passed(self) -> list[str]:
        """The operations at each position."""
        return self.wire.passed

    def set_up(self) -> None:
        """Let everything come about that there is before the operation."""
        case = self.case
        if case.is_retained:
            assert case.old is not None
            self.stack.create(case.old | {"EndpointAttributes": {"DeviceToken": _RETAINED}})
            self._keep(self.stack.held_id.rpartition("/")[2])
            self.clock.sleep(_DAY)
            self.stack.update(case.old, retains=True)
        if case.stranger == "as declared before" and case.old is not None:
            self._stranger(case.old, case.old.get("Name"))
        if case.old is not None and not self.stack.held_id:
            self.stack.create(case.old)
        if not self.stack.held_id and case.old is not None:
            self.is_possible = False
            return
        self.clock.sleep(_DAY)
        if case.stranger in ("as declared", "in the way"):
            name = case.new.get("Name", "theirs") if case.stranger == "as declared" else "theirs"
            self._stranger(case.new, name)
        self.clock.sleep(_DAY if case.old is not None else _A_WHILE)
        if case.rotates:
            self.vault.current = "2"
        self.wire.passed.clear()
        self.stack.past.clear()
        self.stack.failed.clear()
        self.wire.mishaps = self.mishaps

    def operate(self) -> None:
        """Perform the operation."""
        try:
            if self.case.old is None:
                self.stack.create(self.case.new, self.case.then)
            else:
                self.stack.update(self.case.new, self.case.then)
        except CancelledError:
            pass  # what follows is over as well, or goes on in another process
        except StuckError as stuck:
            self.findings.append(f"stuck: {stuck}")

    def end(self) -> None:
        """Delete the stack, and look at what is left before and after."""
        self.check("afterwards")
        try:
            self.stack.delete()
        except StuckError as stuck:
            self.findings.append(f"stuck: {stuck}")
        self.check("in the end")
        self._check_failures()
        if any("canary" in line for told in (self.function.told, *self.told) for line in told):
            self.findings.append("a secret was logged")
        self.limits = {limit for finding in self.findings if (limit := limit_of(self, finding))}
        self.findings = [finding for finding in self.findings if not limit_of(self, finding)]

    def live(self) -> None:
        """Live the whole life."""
        self.set_up()
        if self.is_possible:
            self.operate()
            self.end()

    def check(self, when: str) -> None:
        """Compare what is registered with what the stack declares."""
        endpoints, held = self.backend.endpoints, self.stack.held_id
        for endpoint_id, theirs in self.strangers.items():
            if (there := endpoints.get(endpoint_id)) is None:
                self.findings.append(f"{when}: a stranger's endpoint is gone")
            elif _unchangeable(there) != _unchangeable(theirs) or (
                self.case.stranger != "in the way" and there.name != theirs.name
            ):
                self.findings.append(f"{when}: a stranger's endpoint was changed")
        ours = {_id_of(each) for each in endpoints.values() if each.endpoint_id not in self.strangers}
        if held and held not in ours:
            self.findings.append(f"{when}: the endpoint is missing")
        if orphans := ours - {held}:
            self.findings.append(f"{when}: {len(orphans)} orphans")
        if held in ours and self.stack.declared is not None:
            self._check_truth(endpoints[held.rpartition("/")[2]], self.stack.declared, when)

    def _check_truth(self, there: Endpoint, declared: Properties, when: str) -> None:
        told = (there.app_instance_user_arn, there.type, there.resource_arn, there.voip_device_token)
        voip = declared["EndpointAttributes"].get("VoipDeviceToken")
        if told != (declared["AppInstanceUserArn"], declared["Type"], declared["ResourceArn"], voip):
            self.findings.append(f"{when}: not the declared endpoint")
        tokens = {self.vault.token(declared)} | (
            set(_CONTENTS.values()) if self.stack.is_rolled_back and self.case.rotates else set()
        )
        if there.device_token not in tokens:
            self.findings.append(f"{when}: not the declared token")
        if there.allow_messages != declared.get("AllowMessages", "ALL"):
            self.findings.append(f"{when}: not the declared messages")
        name = declared.get("Name")
        is_adopted = declared.get("AdoptExisting") == "true" and there.name == "theirs"
        if there.name != name if name else not ((there.name or "").startswith("chat-Phone-") or is_adopted):
            self.findings.append(f"{when}: not the declared name")

    def _check_failures(self) -> None:
        for event, answer in self.stack.failed:
            reason = "no answer" if answer is None else answer.reason
            if self._met(event) & LASTS or (self.strangers and reason.startswith(("CE-411", "CE-412", "CE-413"))):
                continue
            self.findings.append(f"{event['RequestType']} failed: {reason[:110]}")

    def _met(self, event: Event) -> set[str]:
        return {name for request_id, name, _ in self.wire.met if request_id == event["RequestId"]}

    def _abandon(self, event: Event) -> None:
        """Excuse what a failed cleanup leaves, which is limit L2."""
        if self._met(event) & LASTS:
            self.backend.endpoints.pop(event["PhysicalResourceId"].rpartition("/")[2], None)

    def _exists(self, physical_id: str) -> bool:
        return physical_id.rpartition("/")[2] in self.backend.endpoints

    def _read(self, answer: Answer) -> None:
        if answer.is_success:
            self.strangers.pop(answer.physical_id.rpartition("/")[2], None)  # it is adopted

    def _stranger(self, properties: Properties, name: str | None) -> None:
        attributes = properties["EndpointAttributes"]
        try:
            registered = self.backend.register_app_instance_user_endpoint(
                app_instance_user_arn=properties["AppInstanceUserArn"],
                endpoint_type=properties["Type"],
                resource_arn=properties.get("ResourceArn", APPLICATION),
                device_token=attributes["DeviceToken"],
                name=name,
            )
        except IdentityError:
            self.is_possible = False
            return
        self._keep(registered.endpoint_id)

    def _keep(self, endpoint_id: str) -> None:
        self.strangers[endpoint_id] = copy.copy(self.backend.endpoints[endpoint_id])


def _unchangeable(endpoint: Endpoint) -> tuple[Any, ...]:
    return endpoint.app_instance_user_arn, endpoint.type, endpoint.resource_arn, endpoint.device_tokens


def _id_of(endpoint: Endpoint) -> str:
    return f"{endpoint.app_instance_user_arn}/endpoint/{endpoint.endpoint_id}"
