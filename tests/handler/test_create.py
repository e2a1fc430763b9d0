"""Create: what the function registers, and what its response contains."""

from __future__ import annotations

import copy
import logging

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model.physical_id import suffix
from support.anomalies import second_user
from support.stage import OTHER_APPLICATION, STACK_ID, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"


def test_a_create_registers_the_declaration_with_one_call(stage: Stage) -> None:
    """If nothing fails, Register is the only call."""
    answer = stage.create(stage.properties(AllowMessages="NONE"))
    (endpoint,) = stage.registered
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"
    assert answer["Data"] == {"EndpointId": endpoint.endpoint_id, "AppInstanceUserArn": stage.user}
    assert (endpoint.name, endpoint.device_token, endpoint.allow_messages) == (
        "canary phone",
        "canary-token-a",
        "NONE",
    )
    assert stage.operations == ["Register"]
    assert stage.stack.asked == 0


def test_a_voip_token_is_registered_with_its_device_token(stage: Stage) -> None:
    """Both tokens belong to one endpoint."""
    stage.create(stage.properties(EndpointAttributes={"DeviceToken": "a", "VoipDeviceToken": "v"}))
    (endpoint,) = stage.registered
    assert endpoint.device_tokens == {"a", "v"}


def test_an_undeclared_name_is_made_of_stack_logical_id_and_suffix(stage: Stage) -> None:
    """The function generates a name as CloudFormation does for unnamed resources."""
    stage.create(stage.properties(Name=None))
    (endpoint,) = stage.registered
    assert endpoint.name == f"chat-Phone-{suffix(STACK_ID, 'Phone')}"


def test_an_empty_name_is_a_declared_name(stage: Stage) -> None:
    """The API allows an empty name, and the function uses it as declared."""
    stage.create(stage.properties(Name=""))
    (endpoint,) = stage.registered
    assert not endpoint.name


def test_every_problem_of_a_request_is_named_at_once(stage: Stage) -> None:
    """One response names every problem, and nothing is registered."""
    answer = stage.create({"Typ": "APNS", "ResourceArn": "x", "EndpointAttributes": {"DeviceToken": ""}})
    for part in ("Typ is not a property; did you mean Type?", "AppInstanceUserArn is missing", "ResourceArn is not"):
        assert part in answer["Reason"]
    assert "DeviceToken has 0 characters" in answer["Reason"]
    assert answer["Status"] == "FAILED"
    assert not stage.backend.calls


def test_the_delete_after_a_refused_declaration_makes_no_call(stage: Stage) -> None:
    """The ID of a Create that registered nothing says so."""
    answer = stage.create({"Type": "nonsense"})
    deleted = stage.delete(answer["PhysicalResourceId"], {"Type": "nonsense"})
    assert deleted["Status"] == "SUCCESS"
    assert not stage.backend.calls


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_transient_failure_is_tried_again(stage: Stage, status: int) -> None:
    """F24, F25: after a throttle, or a failure without effect, the function retries and succeeds."""
    codes = {429: "ThrottledClientException", 500: "ServiceFailureException", 503: "ServiceUnavailableException"}
    stage.backend.faults.append(Fault(REGISTER, error=codes[status], status=status, times=3))
    assert stage.create()["Status"] == "SUCCESS"
    assert len(stage.registered) == 1


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ServiceFailureException", "status": 500},
        {"error": "ServiceUnavailableException", "status": 503},
        {"answer": "hang"},
        {"answer": "reset"},
        {"answer": "truncated"},
        {"answer": "empty"},
        {"answer": "without_endpoint_id"},
        {"answer": "html"},
    ],
    ids=str,
)
def test_a_lost_answer_of_register_leaves_one_endpoint(
    stage: Stage, fault: dict[str, object], memory: str, name: str | None
) -> None:
    """F25, F26: if Register takes effect but its response is lost, one endpoint exists and the response has its ID."""
    stage.backend.switches.change({"token_memory": memory})
    stage.backend.faults.append(Fault(REGISTER, when="after", **fault))  # type: ignore[arg-type] # one of several
    answer = stage.create(stage.properties(Name=name))
    (endpoint,) = stage.registered
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
def test_the_same_event_twice_gives_the_same_endpoint(stage: Stage, memory: str, name: str | None) -> None:
    """F43: a repeated event reports the same endpoint, whether or not the service remembers the request token."""
    stage.backend.switches.change({"token_memory": memory})
    event = stage.event("Create", stage.properties(Name=name))
    assert stage.deliver(event) == stage.deliver(event)
    assert len(stage.registered) == 1


def test_a_strangers_endpoint_is_named_and_left_alone(stage: Stage) -> None:
    """F27: if another endpoint has the device token, the Create fails and does not change that endpoint."""
    theirs = stage.stranger()
    before = vars(theirs).copy()
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]
    assert "AdoptExisting" in answer["Reason"]
    assert stage.delete(answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert [vars(endpoint) for endpoint in stage.registered] == [before]


def test_an_older_endpoint_equal_in_everything_is_a_strangers(stage: Stage) -> None:
    """F27, F73: an endpoint that existed before the Create began belongs to someone else."""
    theirs = stage.stranger(name="canary phone")
    stage.clock.sleep(60)
    stage.stack.detail = {"ResourceStatus": "CREATE_IN_PROGRESS", "LastUpdatedTimestamp": stage.clock.now()}
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [theirs.endpoint_id]


def test_the_token_of_another_user_is_explained(stage: Stage) -> None:
    """F27: if device tokens are unique beyond a user, the function explains that it cannot see the holder."""
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    bob = second_user(stage)
    stage.stranger(app_instance_user_arn=bob)
    assert "another user's endpoint" in stage.create()["Reason"]
    assert len(stage.registered) == 1


def test_an_existing_endpoint_is_adopted_where_declared(stage: Stage) -> None:
    """With AdoptExisting, the function takes the endpoint over and brings it to the declaration."""
    theirs = stage.stranger()
    answer = stage.create(stage.properties(AdoptExisting="true", AllowMessages="NONE"))
    (endpoint,) = stage.registered
    assert answer["Data"]["EndpointId"] == theirs.endpoint_id == endpoint.endpoint_id
    assert (endpoint.name, endpoint.allow_messages) == ("canary phone", "NONE")


@pytest.mark.parametrize("name", [None, "", "theirs"])
def test_adopting_what_is_as_declared_changes_nothing_of_it(stage: Stage, name: str | None) -> None:
    """A missing name equals an empty one, and the function sends no change to the service."""
    theirs = stage.stranger(name=name)
    before = copy.deepcopy(theirs)
    answer = stage.create(stage.properties(AdoptExisting="true", Name=name or ""))
    assert answer["Status"] == "SUCCESS"
    assert stage.registered == [before]
    assert "Update" not in stage.operations


def test_an_existing_endpoint_of_another_application_is_not_adopted(stage: Stage) -> None:
    """The application of an endpoint cannot change, so adoption is refused."""
    stage.stranger(resource_arn=OTHER_APPLICATION)
    answer = stage.create(stage.properties(AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert "differs from the declaration in ResourceArn, which cannot be changed" in answer["Reason"]
    assert stage.registered[0].name == "somebody else's"


def test_an_exceeded_quota_is_reported_with_its_number(stage: Stage) -> None:
    """F29: nothing is registered, and the reason names the quota to increase."""
    stage.backend.switches.endpoints_per_user = 0
    answer = stage.create()
    assert "10 by default" in answer["Reason"]
    assert answer["Status"] == "FAILED"
    assert stage.registered == []


def test_a_refusal_names_the_permissions_to_check(stage: Stage) -> None:
    """F30: the function retries a 403 for a while, because a role may be new, and then names the permissions."""
    stage.backend.faults.append(Fault(REGISTER, error="ForbiddenException", times=None))
    began = stage.clock.now()
    answer = stage.create()
    assert "mobiletargeting:GetApp" in answer["Reason"]
    assert 15 <= stage.clock.now() - began < 20
    assert not stage.registered


def test_a_role_that_takes_effect_late_is_waited_for(stage: Stage) -> None:
    """F30: the function retries until a recently attached policy takes effect."""
    stage.backend.faults.append(Fault.deny(REGISTER, times=4))
    assert stage.create()["Status"] == "SUCCESS"


def test_a_throttle_for_ever_fails_in_time(stage: Stage) -> None:
    """F24, F42: if every call is throttled, the Create fails before the deadline and registers nothing."""
    stage.backend.faults.append(Fault(REGISTER, error="ThrottledClientException", times=None))
    began = stage.clock.now()
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert "ThrottledClientException" in answer["Reason"]
    assert stage.clock.now() - began < 120


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_registration_without_an_answer_for_ever_is_removed(stage: Stage, name: str | None) -> None:
    """If Register always takes effect without a response, the failed Create leaves nothing registered."""
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", status=500, times=None))
    answer = stage.create(stage.properties(Name=name))
    assert answer["Status"] == "FAILED"
    assert not stage.registered


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_conflict_that_cannot_be_resolved_leaves_nothing(stage: Stage, name: str | None) -> None:
    """F25, F27: a failed Create removes what Register left, even if the conflicting endpoint cannot be described."""
    stage.backend.switches.change({"token_memory": "none"})
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        Fault("DescribeAppInstanceUserEndpoint", error="BadRequestException"),
    ]
    answer = stage.create(stage.properties(Name=name))
    assert (answer["Status"], stage.registered) == ("FAILED", [])


def test_a_registration_in_place_of_a_stray_leaves_nothing_where_it_fails(stage: Stage) -> None:
    """F25, F27: a Create removes a former declaration's endpoint, and its own if Register is never answered."""
    stage.stranger(name=f"chat-Phone-{suffix(STACK_ID, 'Phone')}", resource_arn=OTHER_APPLICATION)
    stage.backend.faults.append(
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500, nth=2, times=None)
    )
    answer = stage.create(stage.properties(Name=None))
    assert (answer["Status"], stage.registered) == ("FAILED", [])


def test_a_clean_up_that_fails_leaves_the_real_id(stage: Stage) -> None:
    """The Delete after a failed Create finds the endpoint that could not be removed."""
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500, times=None),
        Fault.deny("DeregisterAppInstanceUserEndpoint"),
    ]
    answer = stage.create()
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"
    stage.backend.faults.clear()
    stage.delete(answer["PhysicalResourceId"])
    assert not stage.registered


def test_a_missing_user_is_explained(stage: Stage) -> None:
    """The service returns Forbidden for a user that does not exist, and the reason explains it."""
    answer = stage.create(stage.properties(AppInstanceUserArn=stage.user + "x"))
    assert "Check that the AppInstanceUser exists" in answer["Reason"]


def test_an_application_that_is_refused_is_explained(stage: Stage) -> None:
    """A 400 fails the Create at once, and the reason omits the service's message, which quotes values."""
    stage.backend.faults.append(
        Fault(REGISTER, error="BadRequestException", status=400, message="bad token canary-token-a")
    )
    answer = stage.create()
    assert "Check that the application exists" in answer["Reason"]
    assert "canary" not in answer["Reason"]
    assert len(stage.backend.calls) == 1


def test_a_create_that_cloudformation_gave_up_is_withdrawn(stage: Stage) -> None:
    """F44: if a sibling fails and the Delete comes first, the late Create removes what it registers."""
    stage.backend.faults.append(Fault(REGISTER, error="ThrottledClientException"))
    stage.stack.detail = {"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "invented"}
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    what = "What it registered was removed"
    assert answer["Reason"] == f"CE-415: CloudFormation is no longer waiting for this Create. {what}."
    assert not stage.registered


def test_a_create_delivered_long_after_its_end_changes_nothing(stage: Stage) -> None:
    """F43: hours later, the same event gets the same response without a call."""
    event = stage.event("Create", stage.properties())
    first = stage.deliver(event)
    stage.sent()
    stage.clock.sleep(7200)
    stage.stack.detail = {
        "ResourceStatus": "CREATE_COMPLETE",
        "PhysicalResourceId": first["PhysicalResourceId"],
    }
    assert stage.deliver(event) == first
    assert stage.operations == ["Register"]


def test_a_create_delivered_after_the_deletion_registers_nothing(stage: Stage) -> None:
    """F43: the function registers nothing if CloudFormation no longer has the resource."""
    event = stage.event("Create", stage.properties())
    stage.sent()
    stage.clock.sleep(7200)
    stage.stack.detail = {"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "gone"}
    assert stage.deliver(event)["Status"] == "FAILED"
    assert "Register" not in stage.operations


def test_two_resources_that_declare_the_same_do_not_share_an_endpoint(stage: Stage) -> None:
    """F10, F71: the second resource fails, although the young endpoint equals its declaration."""
    stage.sent()
    stage.stack.detail = {"ResourceStatus": "CREATE_IN_PROGRESS", "LastUpdatedTimestamp": stage.clock.now()}
    assert stage.create()["Status"] == "SUCCESS"
    answer = stage.create(LogicalResourceId="Phone2")
    assert answer["Status"] == "FAILED"
    stage.delete(answer["PhysicalResourceId"], LogicalResourceId="Phone2")
    assert len(stage.registered) == 1


def test_a_create_that_succeeds_after_it_was_refused_is_undone(stage: Stage) -> None:
    """F43: if a second delivery succeeds after the first one failed, the following Delete removes the endpoint."""
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", status=400))
    event = stage.event("Create", stage.properties())
    refused = stage.deliver(event)
    assert (refused["Status"], stage.deliver(event)["Status"]) == ("FAILED", "SUCCESS")
    stage.delete(refused["PhysicalResourceId"])
    assert stage.registered == []


def test_a_renamed_logical_id_does_not_take_the_old_ones_endpoint(stage: Stage) -> None:
    """F73: a Create under a new logical ID fails and keeps the old one's endpoint, even if Lambda sends no time."""
    stage.clock.sleep(5)
    old = stage.create()
    stage.clock.sleep(5)
    answer = stage.create(LogicalResourceId="RenamedPhone")
    assert answer["Status"] == "FAILED"
    assert old["Data"]["EndpointId"] in answer["Reason"]
    stage.delete(answer["PhysicalResourceId"], LogicalResourceId="RenamedPhone")
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [old["Data"]["EndpointId"]]


@pytest.mark.parametrize("is_same_process", [True, False])
def test_a_create_whose_process_was_lost_finds_its_endpoint(stage: Stage, *, is_same_process: bool) -> None:
    """F37, F43: a Create finds its endpoint without Lambda's help and without the service's memory of the token."""
    stage.backend.switches.change({"token_memory": "none"})
    stage.clock.sleep(5)
    event = stage.event("Create", stage.properties())
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
    stage.clock.sleep(60)
    if not is_same_process:
        stage.starts_anew()
    answer = stage.deliver(event)
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [answer["Data"]["EndpointId"]]


def test_a_create_without_time_for_its_call_has_done_nothing(stage: Stage) -> None:
    """F42: a Create without time for a call makes none, so the Delete has nothing to look for."""
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=0.5)
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    calls = len(stage.backend.calls)
    stage.delete(answer["PhysicalResourceId"])
    assert len(stage.backend.calls) == calls


def test_the_log_has_the_number_of_calls(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F24: the log has the number of calls, including the throttled ones."""
    caplog.set_level(logging.INFO)
    stage.backend.faults.append(Fault(REGISTER, error="ThrottledClientException", times=2))
    stage.create()
    (endpoint,) = stage.registered
    expected = f"Create of Phone: SUCCESS, registered {endpoint.endpoint_id} (3 calls, 2 throttled, 0."
    assert expected in caplog.text


def test_the_log_of_an_update_names_an_endpoint_only_if_it_was_registered(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """F24: the log names an EndpointId if the event has registered it."""
    caplog.set_level(logging.INFO)
    first = stage.create()
    stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert "Update of Phone: SUCCESS (1 calls, 0.0 s)" in caplog.text
    stage.update(first["PhysicalResourceId"], stage.properties(RequireActive="true"), stage.properties(Name="new"))
    assert "Update of Phone: SUCCESS (3 calls, 0.0 s)" in caplog.text
    assert {each.levelname for each in caplog.records} == {"INFO"}


def test_a_logical_id_that_is_no_unicode_is_an_id(stage: Stage) -> None:
    """F22: a lone surrogate in a logical ID becomes part of the endpoint's mark like any other character."""
    answer = stage.create(LogicalResourceId="\ud800")
    stage.delete(answer["PhysicalResourceId"], LogicalResourceId="\ud800")
    assert (answer["Status"], stage.registered) == ("SUCCESS", [])
