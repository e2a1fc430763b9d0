"""Lists with several pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from support.identity import APPLICATION, refusal


def _register(backend: ChimeSDKIdentityBackend, user: str, count: int) -> list[str]:
    backend.switches.endpoints_per_user = 1000
    return [
        backend.register_app_instance_user_endpoint(
            app_instance_user_arn=user, endpoint_type="APNS", resource_arn=APPLICATION, device_token=str(number)
        ).endpoint_id
        for number in range(count)
    ]


def _pages(call: Callable[..., dict[str, Any]], member: str, **parameters: Any) -> list[list[Any]]:
    answer = call(**parameters)
    pages = [answer[member]]
    while "NextToken" in answer:
        answer = call(**parameters, NextToken=answer["NextToken"])
        pages.append(answer[member])
    return pages


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (50, [50]), (51, [50, 1]), (500, [50] * 10)])
def test_endpoints_come_fifty_at_a_time(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, count: int, sizes: list[int]
) -> None:
    """A page has 50. There is no token after the last page, and every endpoint is returned once, in order."""
    endpoints = _register(backend, user, count)
    pages = _pages(client.list_app_instance_user_endpoints, "AppInstanceUserEndpoints", AppInstanceUserArn=user)
    assert [len(page) for page in pages] == sizes
    assert [item["EndpointId"] for page in pages for item in page] == endpoints


def test_max_results_makes_pages_smaller(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """MaxResults is the size of a page."""
    _register(backend, user, 5)
    pages = _pages(
        client.list_app_instance_user_endpoints,
        "AppInstanceUserEndpoints",
        AppInstanceUserArn=user,
        MaxResults=2,
    )
    assert [len(page) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize("size", [-1, 0, 51])
def test_max_results_is_from_1_to_50(unchecked: Any, user: str, size: int) -> None:
    """Other sizes are refused."""
    code, _, message = refusal(unchecked.list_app_instance_user_endpoints, AppInstanceUserArn=user, MaxResults=size)
    assert code == "BadRequestException"
    assert f"Value {size} at 'MaxResults'" in message


def test_max_results_is_a_number(unchecked: Any, user: str) -> None:
    """Text instead of a number is refused like any other invalid value."""
    call = unchecked.list_app_instance_user_endpoints
    assert refusal(call, AppInstanceUserArn=user, MaxResults="many")[:2] == ("BadRequestException", 400)


def test_an_invented_next_token_is_refused(client: Any, user: str) -> None:
    """Only a NextToken from a response is accepted."""
    call = client.list_app_instance_user_endpoints
    assert refusal(call, AppInstanceUserArn=user, NextToken="mine")[0] == "BadRequestException"


def test_a_page_may_be_asked_for_again(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """The same NextToken returns the same page without deleted endpoints."""
    endpoints = _register(backend, user, 3)
    call = client.list_app_instance_user_endpoints
    token = call(AppInstanceUserArn=user, MaxResults=1)["NextToken"]

    def page() -> list[str]:
        answer = call(AppInstanceUserArn=user, NextToken=token)
        return [item["EndpointId"] for item in answer["AppInstanceUserEndpoints"]]

    assert page() == page() == endpoints[1:]
    backend.deregister_app_instance_user_endpoint(app_instance_user_arn=user, endpoint_id=endpoints[1])
    assert page() == endpoints[2:]


def test_app_instances_and_users_come_in_pages_too(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str
) -> None:
    """The other lists use the same pages."""
    users = [
        backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id=name, name=name)
        for name in "abc"
    ]
    others = [backend.create_app_instance(name="other") for _ in range(2)]
    pages = _pages(client.list_app_instances, "AppInstances", MaxResults=2)
    assert [[item["AppInstanceArn"] for item in page] for page in pages] == [
        [app_instance, others[0]],
        [others[1]],
    ]
    pages = _pages(client.list_app_instance_users, "AppInstanceUsers", AppInstanceArn=app_instance, MaxResults=2)
    assert [[item["AppInstanceUserArn"] for item in page] for page in pages] == [users[:2], users[2:]]
