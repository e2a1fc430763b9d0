"""Every Delete ends, even if someone deleted the user or app instance before its endpoints in the console."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.anomalies import DEREGISTER, LIST, REGISTER, ids, second_user, stands, unheard
from support.stage import Stage

USER = "User: arn:aws:sts::123456789012:assumed-role/role/session"
IAMS_WORDS = [
    f"{USER} is not authorized to perform: {{}} because no identity-based policy allows the {{}} action",
    f"{USER} is not authorized to perform: {{}} on resource: arn with an explicit deny in a service control policy",
    f"{USER} is not authorized to perform: {{}} with an explicit deny in an identity-based policy",
    f"{USER} is not authorized to perform: {{}} because no permissions boundary allows the {{}} action",
    f"{USER} is not authorized to perform: {{}} because no VPC endpoint policy allows the {{}} action",
    f"{USER} is not authorized to perform: {{}} because no session policy allows the {{}} action",
    f"{USER} is not authorized to perform: {{}} with an explicit deny in a resource control policy",
    f"{USER} is NOT\nauthorized to perform: {{}}",
    "You are not authorized to perform this operation.",
    "Access denied with an explicit deny in a VPC endpoint policy",
    "Access denied because no VPC endpoint policy allows the {} action",
]


@pytest.fixture(params=["forbidden", "not_found", "bad_request"])
def missing(stage: Stage, request: pytest.FixtureRequest) -> str:
    """The error that the service returns for a deleted user."""
    stage.backend.switches.change({"missing_user": request.param, "missing_tagged": request.param})
    answered: str = request.param
    return answered


def delete_instance(stage: Stage) -> None:
    """Delete the app instance with everything in it."""
    stage.backend.delete_app_instance(app_instance_arn=stage.user.partition("/user/")[0])


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize("kept", ["deleted", "kept"])
@pytest.mark.parametrize("what", ["user", "app instance"])
def test_a_delete_succeeds_where_the_user_is_gone(stage: Stage, what: str, kept: str) -> None:
    """F31, F33: a Delete succeeds at once with its ID, because a deleted user has no reachable endpoints."""
    stage.backend.switches.change({"endpoints_on_user_deletion": kept})
    first, began = stage.create(), stage.clock.now()
    if what == "user":
        stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    else:
        delete_instance(stage)
    answer = stage.delete(first["PhysicalResourceId"])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    assert stage.operations == ["Register", "Deregister", "List", "List"]
    assert stage.clock.now() == began


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize("name", ["canary phone", None])
def test_the_clean_up_after_a_move_succeeds_where_the_former_user_is_gone(stage: Stage, name: str | None) -> None:
    """F33, F69: the Delete succeeds, whether the former user was deleted before or right after the move."""
    bob = second_user(stage)
    old = stage.properties(Name=name)
    first = stage.create(old)["PhysicalResourceId"]
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    moved = stage.update(first, old | {"AppInstanceUserArn": bob}, old)
    assert moved["Status"] == "SUCCESS"
    assert stage.delete(first, old)["Status"] == "SUCCESS"
    assert ids(stage) == {moved["PhysicalResourceId"]}


@pytest.mark.usefixtures("missing")
def test_a_stack_can_be_deleted_after_a_rollback_to_a_user_that_is_gone(stage: Stage) -> None:
    """F33, F62: a failed rollback to a deleted user still lets the stack's endpoints be deleted."""
    bob = second_user(stage)
    old, new = stage.properties(), stage.properties(AppInstanceUserArn=bob)
    first = stage.create(old)["PhysicalResourceId"]
    moved = stage.update(first, new, old)["PhysicalResourceId"]
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    assert stage.update(moved, old, new)["Status"] == "FAILED"
    assert stage.delete(moved, new)["Status"] == "SUCCESS"
    assert stage.delete(first, old)["Status"] == "SUCCESS"
    assert stage.registered == []


@pytest.mark.usefixtures("missing")
def test_a_delete_of_an_unanswered_create_succeeds_where_the_user_is_gone(stage: Stage) -> None:
    """F33, F57: a Delete succeeds with CloudFormation's own ID and with the ID of a Create without a clear outcome."""
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    failed = stage.create()["PhysicalResourceId"]
    stage.backend.faults.clear()
    delete_instance(stage)
    assert stage.delete(failed)["Status"] == "SUCCESS"
    assert stage.delete("chat-Phone-1X2Y3Z4")["Status"] == "SUCCESS"


@pytest.mark.usefixtures("missing")
def test_a_stale_create_ends_where_the_user_is_gone(stage: Stage) -> None:
    """F33, F44: a second delivery fails and registers nothing after the stack and the user were deleted."""
    stage.sent()
    event = stage.event("Create", stage.properties())
    unheard(stage, event)
    delete_instance(stage)
    stands(stage, "DELETE_COMPLETE")
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize("when", ["before", "while they are removed"])
@pytest.mark.parametrize("of", ["user", "app instance", "bot"])
def test_a_delete_of_tags_succeeds_where_their_identity_is_gone(stage: Stage, of: str, when: str) -> None:
    """F33: a Delete of tags succeeds, because the service deletes tags with their identity."""
    instance = stage.user.partition("/user/")[0]
    identities = {"user": stage.user, "app instance": instance}
    identity = identities.get(of) or stage.backend.create_app_instance_bot(app_instance_arn=instance)
    tags = {"ResourceARN": identity, "Tags": [{"Key": "team", "Value": "chat"}]}
    held = stage.create(tags, ResourceType=TAGS_TYPE)["PhysicalResourceId"]
    if when == "before":
        delete_instance(stage)
    else:
        stage.backend.faults.append(Fault("UntagResource", call=lambda: delete_instance(stage)))
    assert stage.delete(held, tags, ResourceType=TAGS_TYPE)["Status"] == "SUCCESS"


@pytest.mark.parametrize("words", IAMS_WORDS, ids=range(len(IAMS_WORDS)))
@pytest.mark.parametrize("code", ["ForbiddenException", "AccessDeniedException", "BadRequestException"])
def test_iams_words_are_a_missing_permission_whatever_the_code(stage: Stage, words: str, code: str) -> None:
    """F31: the function assumes that the resource exists and names the missing permissions."""
    first = stage.create()
    deny(stage, code, words, DEREGISTER, LIST)
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].endswith(
        f"failed: {code}, and {LIST} also failed: {code}."
        f" The function's role needs chime:{DEREGISTER} and chime:{LIST} on the AppInstanceUser."
    )
    assert len(stage.registered) == 1


@pytest.mark.parametrize(
    ("refusals", "said", "needed"),
    [
        ({DEREGISTER: "denied", LIST: "forbidden"}, "AccessDeniedException", DEREGISTER),
        ({DEREGISTER: "forbidden", LIST: "denied"}, "AccessDeniedException", LIST),
        ({DEREGISTER: "denied"}, "and the endpoint is still registered", DEREGISTER),
        ({DEREGISTER: "forbidden"}, "and the endpoint is still registered", DEREGISTER),
    ],
    ids=str,
)
def test_one_refusal_of_the_service_proves_nothing(
    stage: Stage, refusals: dict[str, str], said: str, needed: str
) -> None:
    """F31: a Delete succeeds only if the service itself refuses twice; otherwise it fails and names the permission."""
    first = stage.create()
    for operation, how in refusals.items():
        fault = Fault.deny(operation) if how == "denied" else Fault(operation, error="ForbiddenException", times=None)
        stage.backend.faults.append(fault)
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert answer["Reason"].endswith(f"The function's role needs chime:{needed} on the AppInstanceUser.")
    assert len(stage.registered) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("UnauthorizedClientException", 401),
        ("UnknownOperationException", 404),
        ("OptInRequired", 403),
        ("ValidationException", 400),
        ("ConflictException", 409),
    ],
)
def test_a_refusal_that_says_nothing_of_a_user_proves_nothing(stage: Stage, code: str, status: int) -> None:
    """F31, F32: if Deregister and List always fail with an unrelated error, the Delete fails."""
    first = stage.create()
    for operation in (DEREGISTER, LIST):
        stage.backend.faults.append(Fault(operation, error=code, status=status, times=None))
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert f"{LIST} also failed: {code}" in answer["Reason"]
    assert len(stage.registered) == 1


def test_an_endpoint_that_list_shows_after_one_refusal_is_still_there(stage: Stage) -> None:
    """F31: if List is refused once and then shows the endpoint, the endpoint still exists."""
    first = stage.create()
    stage.backend.faults += [
        Fault(DEREGISTER, error="ForbiddenException", times=None),
        Fault(LIST, error="ForbiddenException"),
    ]
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert "ForbiddenException, and the endpoint is still registered" in answer["Reason"]


def test_a_denied_removal_of_what_is_gone_succeeds(stage: Stage) -> None:
    """F31, F34: a denied Deregister succeeds if List does not show the endpoint."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults.append(Fault.deny(DEREGISTER))
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"


@pytest.mark.parametrize("operation", ["ListTagsForResource", "UntagResource"])
def test_denied_tags_are_not_taken_for_gone(stage: Stage, operation: str) -> None:
    """F31: IAM's message counts, even under the service's error code."""
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    held = stage.create(tags, ResourceType=TAGS_TYPE)["PhysicalResourceId"]
    deny(stage, "ForbiddenException", IAMS_WORDS[1], operation)
    answer = stage.delete(held, tags, ResourceType=TAGS_TYPE)
    assert answer["Status"] == "FAILED"
    assert f"The function's role needs chime:{operation} on" in answer["Reason"]
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def deny(stage: Stage, code: str, words: str, *operations: str) -> None:
    """Let IAM deny operations in its own words, under a code that the service may use too."""
    for operation in operations:
        message: Any = words.replace("{}", f"chime:{operation}")
        stage.backend.faults.append(Fault(operation, error=code, message=message, times=None))
