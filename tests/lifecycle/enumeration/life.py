"""One life of a stack with its mishaps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Endpoint
from chime_endpoints_emulator.exceptions import IdentityError
from chime_endpoints_emulator.records import AppInstance, AppInstanceUser
from lifecycle.enumeration import truth
from lifecycle.enumeration.cases import ALICE, BOB, Case
from lifecycle.enumeration.function import Answer, Event, Function, Services
from lifecycle.enumeration.limits import limit_of
from lifecycle.enumeration.mishaps import LASTS
from lifecycle.enumeration.sources import Sources
from lifecycle.enumeration.stack import CancelledError, Properties, Stack, StuckError
from lifecycle.enumeration.wire import Mishap, Wire
from support.stage import ACCOUNT, APPLICATION, OTHER_APPLICATION, REGION, Clock, StackStandIn

_DAY = 86_400.0
_A_WHILE = 60.0
_LEAVES_AFTER = 30.0
_RETAINED = "canary-retained"
SIBLING = "Tablet"


@dataclass
class Life:
    """A stack, from its creation to its deletion."""

    case: Case
    switches: Mapping[str, Any]
    mishaps: Mapping[int, tuple[str, Mishap]] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    latency: float = 0.02
    pause: float = _DAY
    """Seconds between one operation of the stack and the next."""
    findings: list[str] = field(default_factory=list)
    strangers: dict[str, Endpoint] = field(default_factory=dict)
    told: list[list[str]] = field(default_factory=list)
    """What each process logged."""
    refused: set[str] = field(default_factory=set)
    """The RequestIds of the events that failed while an endpoint of someone else was there."""
    overtaken_after: float | None = None
    """Seconds after the beginning of an event's handling at which the next event was sent."""
    limits: set[str] = field(default_factory=set)
    """The documented limits that it has met."""
    is_possible: bool = True
    events_before: int = 0
    """How many events there were before the operation."""

    def __post_init__(self) -> None:
        self.backend = ChimeSDKIdentityBackend(REGION, ACCOUNT)
        self.backend.now = self.clock.now
        self.switches = {**self.switches, **self.case.switches}
        self.backend.switches.change({"requests_per_second": None, **self.switches})
        now = self.clock.now()
        for arn in (ALICE, BOB):
            instance = arn.partition("/user/")[0]
            self.backend.app_instances[instance] = AppInstance(arn=instance, name="", created=now, updated=now)
            self.backend.users[arn] = AppInstanceUser(arn=arn, name="", created=now, updated=now)
        self.sources, self.said = Sources(), StackStandIn()
        self.said.now = self.clock.now
        self.wire = Wire(self.clock, latency=self.latency)
        self.function = self.another_function(self.wire)
        self.stack = Stack(self.clock, self.said, self.function, self._exists, self._read, self._abandon, self._failed)

    def another_function(self, wire: Wire) -> Function:
        """Return the function in another process."""
        return Function(Services(wire, self.backend, self.said, self.sources))

    @property
    def shares_a_token(self) -> bool:
        """Whether both declarations have a device token in common."""
        old = self.case.old
        return old is not None and self.sources.tokens(old)[0] == self.sources.tokens(self.case.new)[0]

    @property
    def passed(self) -> list[str]:
        """The operations at each position."""
        return self.wire.passed

    def met(self, event: Event) -> set[str]:
        """Return the mishaps of an event so far."""
        return {name for request_id, name, _ in self.wire.met if request_id == event["RequestId"]}

    def set_up(self) -> None:
        """Let everything come about that there is before the operation."""
        case = self.case
        if case.former == "unanswered":
            self.stack.create_in_vain(case.old or case.new)
        if case.former == "replaced with RETAIN":
            assert case.old is not None
            self.stack.create(case.old | {"EndpointAttributes": {"DeviceToken": _RETAINED}})
            self._keep(self.stack.held_id.rpartition("/")[2])
            self.clock.sleep(self.pause)
            self.stack.update(case.old, retains=True)
        if case.stranger == "as declared before" and case.old is not None:
            self._stranger(case.old, case.old.get("Name"))
        if case.old is not None and not self.stack.held_id:
            self.stack.create(case.old)
        if not self.stack.held_id and case.old is not None:
            self.is_possible = False
            return
        self.clock.sleep(self.pause)
        if case.stranger not in ("", "as declared before"):
            self._stranger(case.new, case.new.get("Name", "theirs") if case.stranger == "as declared" else "theirs")
        self.clock.sleep(self.pause if case.old is not None else _A_WHILE)
        if case.is_gone:
            del self.backend.endpoints[self.stack.held_id.rpartition("/")[2]]
        self.sources.happens(case.source)
        self.backend.switches.change(case.switched)
        if case.stranger == "leaves":
            self._leaves_at = self.clock.now() + 30 + _LEAVES_AFTER
            self.wire.meanwhile = self._leave
        self.events_before = len(self.stack.past)
        self.findings.clear()
        self.wire.passed.clear()
        self.wire.mishaps = self.mishaps

    def operate(self) -> None:
        """Perform the operation."""
        case = self.case
        try:
            if case.is_added_again:
                is_retained = case.former == "deleted with RETAIN"
                if is_retained:
                    self._keep(self.stack.held_id.rpartition("/")[2])
                self.stack.remove(retains=is_retained)
                self.clock.sleep(_A_WHILE)
            if case.old is None or case.is_added_again:
                self.stack.create(case.new, case.then)
            else:
                self.stack.update(case.new, case.then)
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
        self.findings += truth.of_the_answers(self)
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
        self.findings += [f"{when}: {what}" for what in truth.of_what_is_registered(self)]

    # What CloudFormation notices

    def _read(self, event: Event, answer: Answer) -> None:
        self.findings += truth.of_an_answer(self, event, answer)
        if not answer.is_success and self.strangers:
            self.refused.add(event["RequestId"])
        may_be_taken = event["ResourceProperties"].get("AdoptExisting") or self.case.former == "deleted with RETAIN"
        if answer.is_success and may_be_taken and self.case.stranger != "a sibling's":
            self.strangers.pop(answer.physical_id.rpartition("/")[2], None)

    def _failed(self, event: Event, answer: Answer | None) -> None:
        self.findings += truth.of_a_failure(self, event, answer)

    def _abandon(self, event: Event) -> None:
        """Excuse what a failed cleanup leaves, which is limit L2."""
        if self.met(event) & LASTS:
            self.backend.endpoints.pop(event["PhysicalResourceId"].rpartition("/")[2], None)

    def _exists(self, physical_id: str) -> bool:
        return physical_id.rpartition("/")[2] in self.backend.endpoints

    # What others do

    def _stranger(self, properties: Properties, name: str | None) -> None:
        kind = self.case.stranger
        user_arn = properties["AppInstanceUserArn"]
        is_other_type = kind == "another type"
        try:
            registered = self.backend.register_app_instance_user_endpoint(
                app_instance_user_arn=BOB if kind == "another user's" else user_arn,
                endpoint_type="APNS_SANDBOX" if is_other_type else properties["Type"],
                resource_arn=OTHER_APPLICATION if is_other_type else properties.get("ResourceArn", APPLICATION),
                device_token=self.sources.tokens(properties)[0],
                name=name,
            )
        except IdentityError:
            self.is_possible = False
            return
        self._keep(registered.endpoint_id)
        if kind == "a sibling's":
            physical_id = f"{user_arn}/endpoint/{registered.endpoint_id}"
            self.said.others[SIBLING] = {"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": physical_id}
            self.said.happens("CREATE_COMPLETE", physical_id, to=SIBLING)

    def _leave(self) -> None:
        """Let the strangers leave when it is time."""
        if self.clock.now() >= self._leaves_at:
            for endpoint_id in self.strangers:
                self.backend.endpoints.pop(endpoint_id, None)
            self.strangers.clear()

    def _keep(self, endpoint_id: str) -> None:
        self.strangers[endpoint_id] = copy.copy(self.backend.endpoints[endpoint_id])
