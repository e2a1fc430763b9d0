"""A resource does not adopt an endpoint of another resource of the stack, whose removal would deregister it.

If a resource is renamed, CloudFormation creates the new one before it deletes the one with the former logical ID.
"""

from __future__ import annotations

from typing import Any

import pytest

from support.stage import Stage

RENAMED = "RenamedPhone"


def holds(stage: Stage, physical_id: str, *, status: str = "UPDATE_COMPLETE") -> None:
    """CloudFormation knows the resource of the first Create."""
    stage.stack.others["Phone"] = {"ResourceStatus": status, "PhysicalResourceId": physical_id}


def rename(stage: Stage, **changes: Any) -> dict[str, Any]:
    """Deliver the Create of the renamed resource."""
    stage.clock.sleep(5)
    return stage.create(stage.properties(**changes), LogicalResourceId=RENAMED)


def first_of(stage: Stage, **changes: Any) -> str:
    """The ID of the endpoint under the former logical ID."""
    stage.clock.sleep(5)
    return str(stage.create(stage.properties(**changes))["PhysicalResourceId"])


@pytest.mark.parametrize("adopt", ["true", "false"])
@pytest.mark.parametrize("name", [None, "Alice's phone"])
def test_a_renamed_resource_leaves_the_endpoint_to_the_former_one(stage: Stage, name: str | None, adopt: str) -> None:
    """F73: if the name or the stack's events show that another resource has the endpoint, adoption fails."""
    held = first_of(stage, Name=name)
    stage.stack.happens("CREATE_COMPLETE", held)
    holds(stage, held)
    answer = rename(stage, Name=name, AdoptExisting=adopt)
    assert answer["Status"] == "FAILED"
    assert "CE-411" in answer["Reason"]
    assert "belongs to resource Phone of this stack, so removing that resource would deregister it" in answer["Reason"]
    assert "If you renamed Phone, keep its logical ID" in answer["Reason"]
    stage.delete(answer["PhysicalResourceId"], LogicalResourceId=RENAMED)
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [held.rpartition("/")[2]]


@pytest.mark.parametrize("name", [None, "Alice's phone"])
@pytest.mark.parametrize("detail", [{"ResourceStatus": "DELETE_SKIPPED"}, {"PhysicalResourceId": "another"}])
def test_what_the_former_resource_no_longer_holds_is_adopted(
    stage: Stage, name: str | None, detail: dict[str, str]
) -> None:
    """F73: an endpoint is adopted if its former resource was removed and retained it, or replaced it."""
    held = first_of(stage, Name=name)
    stage.stack.happens("DELETE_SKIPPED", held)
    stage.stack.others["Phone"] = {"ResourceStatus": "UPDATE_COMPLETE", "PhysicalResourceId": held} | detail
    answer = rename(stage, Name=name, AdoptExisting="true")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", held)


def test_what_the_stack_no_longer_knows_is_adopted(stage: Stage) -> None:
    """F73: an endpoint is adopted if the stack no longer knows its former resource."""
    held = first_of(stage)
    stage.stack.others["Phone"] = "Resource Phone does not exist for stack chat"
    assert rename(stage, AdoptExisting="true")["PhysicalResourceId"] == held


def test_an_endpoint_of_another_stack_is_a_strangers(stage: Stage) -> None:
    """F27: an endpoint with a name like ours and no event in this stack counts as another stack's."""
    theirs = stage.stranger(name="chat-Phone-0123456789abcdef")
    stage.stack.happens("CREATE_COMPLETE", "another")
    holds(stage, "another")
    answer = rename(stage)
    assert "This resource does not own that endpoint and did not change it" in answer["Reason"]
    assert rename(stage, AdoptExisting="true")["Data"]["EndpointId"] == theirs.endpoint_id


def test_if_cloudformation_cannot_be_asked_the_reason_covers_both_cases(stage: Stage) -> None:
    """F73: if CloudFormation cannot be asked, the reason covers both cases."""
    first_of(stage, Name="Alice's phone")
    answer = rename(stage, Name="Alice's phone")
    assert "set AdoptExisting to true" in answer["Reason"]
    assert "if you renamed the resource that it belongs to, keep its logical ID" in answer["Reason"]


def test_events_are_read_so_far_and_no_further(stage: Stage) -> None:
    """Only a limited number of the stack's events is read, since many endpoints may be adopted at once."""
    held = first_of(stage, Name="Alice's phone")
    stage.stack.happens("CREATE_COMPLETE", held)
    for number in range(20):
        stage.stack.happens("CREATE_COMPLETE", f"another-{number}", to=f"Another{number}")
    holds(stage, held)
    assert rename(stage, Name="Alice's phone", AdoptExisting="true")["PhysicalResourceId"] == held
    assert stage.stack.asked_for_rollback.count("DescribeStackEvents") == 3


def test_without_time_nothing_is_asked(stage: Stage) -> None:
    """F42: if there is no time, CloudFormation is not asked, and the response comes before the deadline."""
    holds(stage, first_of(stage))
    event = stage.event("Create", stage.properties(), LogicalResourceId=RENAMED)
    asked = stage.stack.asked
    assert "CE-411" in stage.deliver(event, seconds=5)["Reason"]
    assert stage.stack.asked == asked
