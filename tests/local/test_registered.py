"""What `list` reads from the service and from CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_cli.registered import Holder, endpoints_of, holders_of_endpoints, tags_of, users_of
from chime_endpoints_cli.tables import endpoints_table, tags_table
from chime_endpoints_cli.terminal import say, show
from chime_endpoints_emulator import identity_backend
from support.identity import make_client, registration


@pytest.fixture
def chime() -> Iterator[Any]:
    """A client of an emulated service."""
    with mock_aws():
        yield make_client()


@pytest.fixture
def app_instance(chime: Any) -> str:
    """An app instance with more users than a page of the service holds."""
    identity_backend().switches.requests_per_second = None
    arn = str(chime.create_app_instance(Name="app", ClientRequestToken="app")["AppInstanceArn"])
    for number in range(60):
        chime.create_app_instance_user(
            AppInstanceArn=arn, AppInstanceUserId=f"user-{number}", Name="u", ClientRequestToken=f"user-{number}"
        )
    return arn


def test_users_are_listed_over_all_pages(chime: Any, app_instance: str) -> None:
    """None is left out where there are more than a page holds."""
    assert len(set(users_of(chime, app_instance))) == 60


def test_an_endpoint_is_told_with_the_stack_that_holds_it(chime: Any, app_instance: str) -> None:
    """The stack is found by the endpoint's physical id; one that no stack holds has none."""
    user = f"{app_instance}/user/user-1"
    held = chime.register_app_instance_user_endpoint(
        **registration(user, Name="Phone", AllowMessages="NONE", ClientRequestToken="one")
    )["EndpointId"]
    stray = chime.register_app_instance_user_endpoint(
        **registration(user, device_token="other", ClientRequestToken="two")
    )["EndpointId"]
    identity_backend().set_endpoint_state(
        app_instance_user_arn=user, endpoint_id=held, status="INACTIVE", status_reason="INVALID_DEVICE_TOKEN"
    )
    holder = Holder(stack="Push", logical_id="Phone")
    found = {one.endpoint_id: one for one in endpoints_of(chime, user, {f"{user}/endpoint/{held}": holder})}
    assert (found[held].name, found[held].type, found[held].allow_messages) == ("Phone", "APNS", "NONE")
    assert (found[held].state, found[held].state_reason) == ("INACTIVE", "INVALID_DEVICE_TOKEN")
    assert found[held].holder == holder
    assert found[held].user_id == "user-1"
    assert found[stray].holder is None


def test_tags_are_read_from_the_user(chime: Any, app_instance: str) -> None:
    """Endpoints have none of their own."""
    user = f"{app_instance}/user/user-1"
    chime.tag_resource(ResourceARN=user, Tags=[{"Key": "team", "Value": "chat"}])
    assert tags_of(chime, user) == {"team": "chat"}


class _CloudFormation:
    """Answers pages as the service does."""

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, list[dict[str, Any]]] = {
            "describe_stacks": [{"Stacks": [{"StackName": "Push"}]}, {"Stacks": [{"StackName": "Other"}]}],
            "list_stack_resources": [
                {
                    "StackResourceSummaries": [
                        _resource("Phone", "id-1"),
                        _resource("Role", "id-2", type_="AWS::IAM::Role"),
                    ]
                },
                {"StackResourceSummaries": [_resource("Unfinished", None)]},
            ],
        }

        class Paginator:
            def paginate(self, **parameters: str) -> list[dict[str, Any]]:
                return [] if parameters.get("StackName") == "Other" else pages[operation]

        return Paginator()


def _resource(
    name: str, physical_id: str | None, *, type_: str = "Custom::ChimeAppInstanceUserEndpoint"
) -> dict[str, Any]:
    identified = {} if physical_id is None else {"PhysicalResourceId": physical_id}
    return {"LogicalResourceId": name, "ResourceType": type_, **identified}


def test_holders_are_the_endpoints_resources_of_all_stacks() -> None:
    """Other resources, and those that have no id yet, hold no endpoint."""
    assert holders_of_endpoints(_CloudFormation()) == {"id-1": Holder(stack="Push", logical_id="Phone")}


def test_what_users_wrote_is_printed_as_it_is(
    chime: Any, app_instance: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Brackets and colons in a name mean nothing to the table."""
    user = f"{app_instance}/user/user-1"
    chime.register_app_instance_user_endpoint(**registration(user, Name="[red]:fire:", ClientRequestToken="one"))
    show(endpoints_table(endpoints_of(chime, user, {}), changes={}))
    show(tags_table({"user-1": {"a": "[b]"}}))
    say("secret:[x]:secret:")
    printed = capsys.readouterr().out
    assert "[red]:fire:" in printed
    assert "a=[b]" in printed
    assert "secret:[x]:secret:" in printed
