"""Delete works with the ID alone, whatever the ID is."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler import index
from support.stage import STACK_ID, Stage

DEREGISTER = "DeregisterAppInstanceUserEndpoint"
LIST = "ListAppInstanceUserEndpoints"


def test_a_delete_deregisters_with_one_call(stage: Stage) -> None:
    """If nothing fails, Deregister is the only call, and the function does not wait."""
    first = stage.create()
    began = stage.clock.now()
    answer = stage.delete(first["PhysicalResourceId"])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    assert not stage.registered
    assert stage.operations == ["Register", "Deregister"]
    assert (stage.stack.asked, stage.clock.now()) == (0, began)


def test_a_delete_needs_nothing_but_the_id(stage: Stage) -> None:
    """F21: invalid properties do not prevent the deletion of an endpoint."""
    first = stage.create()
    stage.delete(first["PhysicalResourceId"], {"Schema": "of long ago"})
    assert not stage.registered


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request", "success"])
def test_a_delete_of_what_is_gone_succeeds(stage: Stage, missing: str) -> None:
    """F31, F32, F34: the Delete succeeds if List no longer shows the endpoint, whatever error the service returns."""
    stage.backend.switches.change({"missing_endpoint": missing})
    first = stage.create()
    stage.backend.endpoints.clear()
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.operations[2:] == ([] if missing == "success" else ["List", "List"])


def test_a_refused_delete_of_what_exists_fails_with_the_permission(stage: Stage) -> None:
    """F31: the Delete fails and names the permission, because List still shows the endpoint."""
    first = stage.create()
    stage.backend.faults.append(Fault.deny(DEREGISTER))
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert "chime:DeregisterAppInstanceUserEndpoint" in answer["Reason"]


def test_a_delete_that_is_refused_for_another_reason_names_no_permission(stage: Stage) -> None:
    """F31: the reason names no permission, because none would help."""
    first = stage.create()
    stage.backend.faults.append(Fault(DEREGISTER, error="BadRequestException"))
    answer = stage.delete(first["PhysicalResourceId"])
    assert (answer["Status"], len(stage.registered)) == ("FAILED", 1)
    assert "BadRequestException, and the endpoint is still registered" in answer["Reason"]
    assert "chime:" not in answer["Reason"]


def test_a_delete_fails_if_list_is_refused_as_well(stage: Stage) -> None:
    """F31: the Delete fails if List is refused as well."""
    first = stage.create()
    stage.backend.faults += [Fault.deny(DEREGISTER), Fault.deny(LIST)]
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "FAILED"


def test_a_delete_that_took_effect_succeeds_though_the_service_goes_on_failing(stage: Stage) -> None:
    """F31, F63: if Deregister takes effect without a response and then keeps failing, List shows that it is done."""
    first = stage.create()
    stage.backend.faults += [
        Fault(DEREGISTER, when="after", error="ServiceFailureException", status=500),
        Fault(DEREGISTER, error="ServiceFailureException", status=500, nth=2, times=None),
    ]
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.registered == []


def test_a_throttled_delete_fails_in_time(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F24, F63: the function retries until the deadline, then fails and logs the one line that the metric counts."""
    first = stage.create()
    stage.backend.faults.append(Fault(DEREGISTER, error="ThrottledClientException", times=None))
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    (counted,) = [each for each in caplog.records if (each.name, each.levelname) == (index.log.name, "ERROR")]
    assert counted.getMessage().startswith("Delete of Phone failed (")
    assert first["Data"]["EndpointId"] in counted.getMessage()
    assert len(stage.backend.calls) > 50


@pytest.mark.parametrize(
    "physical_id",
    [
        "None",
        "..",
        "../..",
        "a/b",
        "x" * 1500,
        "chat_Phone_ABCDEFGH",
        "chat-Phone-1X2Y3Z",
        "\ud800",
        "{user}/endpoint/..",
    ],
)
def test_a_delete_of_any_id_succeeds_and_touches_no_stranger(stage: Stage, physical_id: str) -> None:
    """F20: the response repeats the ID verbatim, and endpoints of others stay."""
    theirs = stage.stranger()
    physical_id = physical_id.format(user=stage.user)
    answer = stage.delete(physical_id)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [theirs.endpoint_id]
    assert "Deregister" not in stage.operations


def test_a_delete_without_an_id_is_answered_with_one(stage: Stage) -> None:
    """F20: the response to a Delete without an ID has one, because CloudFormation requires it."""
    answer = stage.delete("")
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].startswith("not-applied/")


def test_a_late_delete_spares_the_resource_that_took_its_place(stage: Stage) -> None:
    """F43, F67: a repeated Delete with an invented ID keeps the endpoint of a resource that was added again."""
    first = stage.create(stage.properties(Name=None))
    stage.stack.detail = {
        "ResourceStatus": "CREATE_COMPLETE",
        "PhysicalResourceId": first["PhysicalResourceId"],
    }
    stage.delete("chat-Phone-1X2Y3Z4", stage.properties(Name=None))
    assert len(stage.registered) == 1


def test_a_delete_with_an_invented_id_succeeds_where_the_user_is_gone(stage: Stage) -> None:
    """F33: a Delete succeeds if the user no longer exists, because its endpoints are gone too."""
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    assert stage.delete("chat-Phone-1X2Y3Z4")["Status"] == "SUCCESS"
    assert stage.operations == ["List"] * 3


def test_a_delete_of_an_unknown_type_succeeds(stage: Stage) -> None:
    """F17: a Delete of an unknown type removes nothing, because its Create was refused."""
    answer = stage.delete("anything", ResourceType="Custom::SomethingElse")
    assert answer["Status"] == "SUCCESS"
    assert not stage.backend.calls


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("conflict", ["user", "none"])
@pytest.mark.parametrize("how", ["own id", "invented id"])
def test_a_stack_deletes_its_own_endpoint_only(stage: Stage, name: str | None, conflict: str, how: str) -> None:
    """F71: a stack deletes only its own endpoint, even if logical ID, user and name are the same in two stacks."""
    stage.backend.switches.change({"device_token_conflict": conflict})
    declared = {
        stack: stage.properties(
            Name=name, EndpointAttributes={"DeviceToken": "canary" if conflict == "none" else f"canary-{stack}"}
        )
        for stack in ("blue", "green")
    }
    stacks = {stack: STACK_ID.replace("/chat/", f"/{stack}/") for stack in declared}
    held = {}
    for stack, properties in declared.items():
        stage.clock.sleep(7200)
        stage.stack.stack_id, stage.stack.events = stacks[stack], []
        stage.stack.happens("CREATE_IN_PROGRESS", "")
        held[stack] = stage.create(properties, StackId=stacks[stack])["PhysicalResourceId"]
    stage.sent()
    physical_id = held["green"] if how == "own id" else "green-Phone-1X2Y3Z4"
    stage.delete(physical_id, declared["green"], StackId=stacks["green"])
    assert [f"{stage.user}/endpoint/{each.endpoint_id}" for each in stage.registered] == [held["blue"]]


@pytest.mark.parametrize("user", [None, 5, "", "alice", ["arn"]], ids=str)
def test_a_delete_with_an_invented_id_and_no_user_has_nothing_to_look_for(stage: Stage, user: object) -> None:
    """F18, F57: a Delete without a usable user makes no call, because its Create registered nothing."""
    answer = stage.delete("chat-Phone-1X2Y3Z4", stage.properties() | {"AppInstanceUserArn": user})
    assert (answer["Status"], stage.operations) == ("SUCCESS", [])


def test_a_delete_without_time_to_look_again_succeeds(stage: Stage) -> None:
    """F42: a Delete succeeds without a second look if there is no time for it."""
    answer = stage.deliver(
        stage.event("Delete", stage.properties(), PhysicalResourceId="chat-Phone-1X2Y3Z4"), seconds=2.2
    )
    assert answer["Status"] == "SUCCESS"
    assert set(stage.operations) == {"List"}
