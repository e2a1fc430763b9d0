"""Lives of a stack with tags: each case, each position, and everything that can go wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import get_args, get_type_hints

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from chime_endpoints_emulator.records import AppInstance, AppInstanceUser
from chime_endpoints_emulator.switches import Switches
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from lifecycle.enumeration.cases import ALICE, BOB, ENDS
from lifecycle.enumeration.function import Answer, Event, Function, Services
from lifecycle.enumeration.mishaps import LASTS, MISHAPS, possible_at
from lifecycle.enumeration.sources import Sources
from lifecycle.enumeration.stack import CancelledError, Properties, Stack, StuckError, Then
from lifecycle.enumeration.sweep import Tally
from lifecycle.enumeration.wire import Mishap, Wire
from support.stage import ACCOUNT, REGION, Clock, StackStandIn

Tags = Mapping[str, str]
_THEIRS: Tags = {"cost center": "4711", "team": "theirs"}
_DAY = 86_400.0


@dataclass(frozen=True)
class TagCase:
    """One operation of a stack with tags, after which the stack is deleted."""

    name: str
    new: Tags
    old: Tags | None = None
    """None for the creation of the stack."""
    moves: bool = False
    """Whether the identity is another one than before."""
    then: Then = "stays"

    def __str__(self) -> str:
        return f"tags, {self.name}, {self.then}"


def tag_cases() -> Iterator[TagCase]:
    """Yield the cases."""
    one, other, more = {"device": "phone"}, {"device": "tablet"}, {"device": "phone", "owner": "alice"}
    for then in ENDS[:2]:
        yield TagCase("Create", more, then=then)
        yield TagCase("value", other, one, then=then)
        yield TagCase("one more", more, one, then=then)
        yield TagCase("one fewer", one, more, then=then)
        yield TagCase("others", {"owner": "alice"}, one, then=then)
        yield TagCase("none", {}, one, then=then)
        yield TagCase("the same", one, one, then=then)
    for then in ENDS:
        yield TagCase("moved", one, one, moves=True, then=then)
        yield TagCase("moved, others", {"owner": "alice"}, one, moves=True, then=then)


@dataclass
class TagLife:
    """A stack with tags, from its creation to its deletion."""

    case: TagCase
    switches: Mapping[str, str]
    mishaps: Mapping[int, tuple[str, Mishap]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    limits: set[str] = field(default_factory=set)
    abandoned: dict[str, dict[str, str]] = field(default_factory=dict)
    """What failed cleanups have left, which is limit L2."""

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.backend = ChimeSDKIdentityBackend(REGION, ACCOUNT)
        self.backend.now, now = self.clock.now, self.clock.now()
        self.backend.switches.change({"requests_per_second": None, **self.switches})
        for arn in (ALICE, BOB):
            instance = arn.partition("/user/")[0]
            self.backend.app_instances[instance] = AppInstance(arn=instance, name="", created=now, updated=now)
            self.backend.users[arn] = AppInstanceUser(arn=arn, name="", created=now, updated=now)
            self.backend.tags[arn] = dict(_THEIRS)
        said = StackStandIn()
        said.now = self.clock.now
        self.wire = Wire(self.clock)
        self.function = Function(Services(self.wire, self.backend, said, Sources()))
        self.stack = Stack(
            self.clock, said, self.function, lambda _: True,
            on_abandoned=self._abandon, on_failed=self._failed, resource_type=TAGS_TYPE,
        )  # fmt: skip

    def live(self) -> None:
        """Live the whole life."""
        case, old = self.case, self.case.old
        new = _declared(case.new, BOB if case.moves else ALICE)
        if old is not None:
            self.stack.create(_declared(old, ALICE))
            self.clock.sleep(_DAY)
        self.wire.passed.clear()
        self.wire.mishaps = self.mishaps
        try:
            if old is None:
                self.stack.create(new, case.then)
            else:
                self.stack.update(new, case.then)
            self._check("afterwards")
            self.stack.delete()
        except (CancelledError, StuckError) as error:
            self.findings.append(f"stuck: {error}")
        self._check("in the end")
        if any(met[1:] == ("empty after", "list_tags_for_resource") for met in self.wire.met) and self.findings:
            self.limits, self.findings = {"L11, tags are left out"}, []

    def _check(self, when: str) -> None:
        declared = self.stack.declared
        for arn in (ALICE, BOB):
            wanted = dict(_THEIRS) | self.abandoned.get(arn, {})
            if declared is not None and declared["ResourceARN"] == arn:
                wanted |= {each["Key"]: each["Value"] for each in declared["Tags"]}
            if self.backend.tags[arn] != wanted:
                self.findings.append(f"{when}: {self.backend.tags[arn]} instead of {wanted}")

    def _abandon(self, event: Event) -> None:
        if self._met(event) & LASTS:
            arn = event["ResourceProperties"]["ResourceARN"]
            self.abandoned[arn] = dict(self.backend.tags[arn])

    def _failed(self, event: Event, answer: Answer | None) -> None:
        reason = "no answer" if answer is None else answer.reason
        if not self._met(event) & LASTS:
            self.findings.append(f"{event['RequestType']} failed: {reason[:110]}")
        if answer is not None and not reason.startswith("CE-"):
            self.findings.append(f"failed without a code: {reason[:110]}")

    def _met(self, event: Event) -> set[str]:
        return {name for request_id, name, _ in self.wire.met if request_id == event["RequestId"]}


def sweep_tags(tally: Tally) -> None:
    """Live each case with nothing, and then with everything that can go wrong at one position."""
    for case, missing in product(tag_cases(), get_args(get_type_hints(Switches)["missing_tagged"])):
        switches = {"missing_tagged": missing}
        calm = TagLife(case, switches)
        calm.live()
        tally.count(calm)
        for position, operation in enumerate(calm.wire.passed):
            for name in possible_at(operation):
                life = TagLife(case, switches, {position: (name, MISHAPS[name])})
                life.live()
                tally.count(life, f"{name} at {position}, {operation}")


def _declared(tags: Tags, arn: str) -> Properties:
    return {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
