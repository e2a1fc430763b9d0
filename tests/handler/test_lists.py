"""Users with many endpoints: the right one is found on any page, and an endless list ends in an error."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import unanswered_create
from support.stage import Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
LIST = "ListAppInstanceUserEndpoints"
COUNTS = [0, 1, 50, 51, 500]
LOST = {"when": "after", "error": "ServiceFailureException", "status": 500}


def strangers(stage: Stage, count: int) -> list[dict[str, Any]]:
    """This number of endpoints of others, as they are now."""
    stage.backend.switches.endpoints_per_user = 1000
    return [vars(stage.stranger(f"theirs-{number}", name=f"theirs {number}")).copy() for number in range(count)]


def others(stage: Stage) -> list[dict[str, Any]]:
    """The registered endpoints that are not ours; being listed does not count as a change."""
    return [vars(each) | {"listed": True} for each in stage.registered if each.device_token.startswith("theirs")]


@pytest.mark.slow
@pytest.mark.parametrize("first_list", [True, False])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("count", COUNTS)
def test_an_own_attempt_is_found_among_many(stage: Stage, count: int, name: str | None, *, first_list: bool) -> None:
    """F36: if Register's response is lost, List finds our endpoint among many others."""
    before = strangers(stage, count)
    stage.backend.switches.change({"token_memory": "none", "new_endpoint_in_first_list": first_list})
    stage.backend.faults.append(Fault(REGISTER, **LOST))  # type: ignore[arg-type] # one of several
    answer = stage.create(stage.properties(Name=name), LogicalResourceId="Phone")
    assert answer["Status"] == "SUCCESS"
    (ours,) = [each for each in stage.registered if each.device_token == "canary-token-a"]
    assert answer["Data"]["EndpointId"] == ours.endpoint_id
    assert others(stage) == before


@pytest.mark.parametrize("first_list", [True, False])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("count", COUNTS)
def test_an_unanswered_create_is_reclaimed_among_many(
    stage: Stage, count: int, name: str | None, *, first_list: bool
) -> None:
    """F36, F57: an unanswered Create's endpoint is found on the last page, even if List lags."""
    before = strangers(stage, count)
    stage.backend.switches.change({"new_endpoint_in_first_list": first_list})
    unanswered_create(stage, stage.properties(Name=name))
    stage.delete("chat-Phone-1X2Y3Z4", stage.properties(Name=name))
    assert [vars(each) | {"listed": True} for each in stage.registered] == before


@pytest.mark.parametrize("count", COUNTS)
def test_what_is_gone_is_gone_whatever_number_is_left(stage: Stage, count: int) -> None:
    """F31, F34, F36: the Delete of a vanished endpoint reads every page before it succeeds."""
    first = stage.create()
    stage.backend.endpoints.clear()
    before = strangers(stage, count)
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert others(stage) == before


@pytest.mark.parametrize("count", COUNTS[1:])
def test_what_is_there_is_not_gone_on_whatever_page(stage: Stage, count: int) -> None:
    """F31, F36: if Deregister is refused, the endpoint is found on the last page and the Delete fails."""
    strangers(stage, count)
    first = stage.create()
    stage.backend.faults.append(Fault.deny("DeregisterAppInstanceUserEndpoint"))
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "FAILED"
    assert len(stage.registered) == count + 1


@pytest.mark.parametrize("count", [1, 51])
def test_a_list_without_end_ends_in_a_clear_reason(stage: Stage, count: int) -> None:
    """F36: if NextToken repeats, the event fails early with a clear reason, and nothing counts as gone."""
    first = stage.create()
    before = strangers(stage, count)
    stage.backend.faults += [
        Fault.deny("DeregisterAppInstanceUserEndpoint"),
        Fault(LIST, answer="repeated_next_token", when="after", times=None),  # type: ignore[arg-type] # the value
    ]
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert "DeregisterAppInstanceUserEndpoint" in answer["Reason"]
    assert "and ListAppInstanceUserEndpoints also failed: an endless list. " in answer["Reason"]
    assert stage.operations.count("List") < 10
    assert others(stage) == before


def test_a_conflict_and_a_list_without_end_leave_everything_as_it_is(stage: Stage) -> None:
    """F27, F36: if List does not end, a conflict fails and changes nothing."""
    theirs = vars(stage.stranger()).copy()
    stage.backend.faults.append(
        Fault(LIST, answer="repeated_next_token", when="after", times=None)  # type: ignore[arg-type] # the value
    )
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert "ListAppInstanceUserEndpoints failed: an endless list. " in answer["Reason"]
    assert [vars(each) for each in stage.registered] == [theirs]
    assert len(stage.backend.calls) < 20


def test_a_list_of_ever_new_tokens_ends_in_a_clear_reason(stage: Stage) -> None:
    """F36: if NextToken never ends, the event fails with a clear reason instead of running on."""
    first = stage.create()
    stage.backend.faults.append(Fault.deny("DeregisterAppInstanceUserEndpoint"))
    stage.clients = Endless(stage)  # type: ignore[assignment] # in the place of the staged ones
    answer = stage.delete(first["PhysicalResourceId"])
    assert "and ListAppInstanceUserEndpoints also failed: an endless list. " in answer["Reason"]
    assert len(stage.registered) == 1


class Endless:
    """Clients whose List always has another page."""

    def __init__(self, stage: Stage) -> None:
        self._real = stage.clients.chime("us-east-1")
        self._pages = 0

    def chime(self, _: str) -> Endless:
        """The client itself."""
        return self

    def stacks(self) -> None:
        """No CloudFormation to ask."""

    def deregister_app_instance_user_endpoint(self, **parameters: Any) -> Any:
        """The real client's operation."""
        return self._real.deregister_app_instance_user_endpoint(**parameters)

    def list_app_instance_user_endpoints(self, **_: Any) -> dict[str, Any]:
        """An empty page with a token for the next one."""
        self._pages += 1
        return {"AppInstanceUserEndpoints": [], "NextToken": str(self._pages)}
