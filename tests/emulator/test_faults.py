"""Every kind of fault in a mocked service without a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Fault, Spoiled
from support.identity import make_client, refusal, registration

Register = Callable[..., str]
REGISTER = "RegisterAppInstanceUserEndpoint"


class SimulatedKill(BaseException):
    """The end of the process at this point."""


@pytest.mark.parametrize(("when", "registered"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"error": "ServiceFailureException"}, ("ServiceFailureException", 500)),
        ({"error": "ServiceUnavailableException"}, ("ServiceUnavailableException", 503)),
        ({"error": "ThrottledClientException"}, ("ThrottledClientException", 429)),
        ({"error": "UnauthorizedClientException"}, ("UnauthorizedClientException", 401)),
        ({"error": "AccessDeniedException"}, ("AccessDeniedException", 403)),
        ({"error": "ExpiredTokenException"}, ("ExpiredTokenException", 403)),
        ({"error": "Strange", "status": 418}, ("Strange", 418)),
    ],
)
def test_an_error_comes_before_or_after_the_effect(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, fault: Any, expected: Any, when: Any, registered: int
) -> None:
    """The response is the same. Only the effect differs."""
    backend.faults.append(Fault(REGISTER, when=when, **fault))
    assert refusal(client.register_app_instance_user_endpoint, **registration(user))[:2] == expected
    assert len(backend.endpoints) == registered


def test_an_error_has_a_message_of_its_own(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """A test can set it to see what a client does with it."""
    backend.faults.append(Fault("ListAppInstances", error="BadRequestException", message="Value 'secret'"))
    assert refusal(client.list_app_instances)[2] == "Value 'secret'"


@pytest.mark.parametrize(("when", "registered"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("answer", "error"), [(Spoiled.HANG, ReadTimeoutError), (Spoiled.RESET, ConnectionClosedError)]
)
def test_what_needs_a_socket_is_raised_as_botocore_would(
    client: Any,
    backend: ChimeSDKIdentityBackend,
    user: str,
    answer: Spoiled,
    error: type[Exception],
    when: Any,
    registered: int,
) -> None:
    """The exception is the same as for a real connection."""
    backend.faults.append(Fault(REGISTER, when=when, answer=answer))
    with pytest.raises(error):
        client.register_app_instance_user_endpoint(**registration(user))
    assert len(backend.endpoints) == registered


def test_botocore_retries_a_raised_reset_as_a_real_one(backend: ChimeSDKIdentityBackend) -> None:
    """The fault passes through botocore's own retries."""
    backend.faults.append(Fault("ListAppInstances", answer=Spoiled.RESET))
    retrying = make_client(retries={"total_max_attempts": 2, "mode": "standard"})
    assert retrying.list_app_instances()["ResponseMetadata"]["RetryAttempts"] == 1
    assert [call.operation for call in backend.calls] == ["ListAppInstances"] * 2


@pytest.mark.parametrize("answer", [Spoiled.TRUNCATED, Spoiled.EMPTY, Spoiled.WITHOUT_ENDPOINT_ID, Spoiled.HTML])
@pytest.mark.parametrize(("when", "registered"), [("before", 0), ("after", 1)])
def test_a_spoiled_answer_lacks_the_endpoint_id(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, answer: Spoiled, when: Any, registered: int
) -> None:
    """For boto3, such a response is a success without an EndpointId."""
    backend.faults.append(Fault(REGISTER, when=when, answer=answer))
    result = client.register_app_instance_user_endpoint(**registration(user))
    assert "EndpointId" not in result
    assert len(backend.endpoints) == registered
    status = 200 if answer is Spoiled.HTML else 201
    assert result["ResponseMetadata"]["HTTPStatusCode"] == status
    if answer is Spoiled.WITHOUT_ENDPOINT_ID and when == "after":
        assert result["AppInstanceUserArn"] == user


def test_a_page_may_come_with_an_error_status(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """A proxy's page has the status of the fault."""
    backend.faults.append(Fault("ListAppInstances", answer=Spoiled.HTML, status=502))
    with pytest.raises(ClientError) as caught:
        client.list_app_instances()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502


def test_a_next_token_may_repeat_for_ever(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """A client that does not check NextToken never stops."""
    register()
    backend.faults.append(
        Fault("ListAppInstanceUserEndpoints", when="after", answer=Spoiled.REPEATED_NEXT_TOKEN, times=None)
    )
    token = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["NextToken"]
    for _ in range(3):
        answer = client.list_app_instance_user_endpoints(AppInstanceUserArn=user, NextToken=token)
        assert answer["NextToken"] == token
        assert len(answer["AppInstanceUserEndpoints"]) == 1


def test_a_delayed_call_continues(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """The call succeeds later."""
    waited: list[float] = []
    backend.sleep = waited.append
    backend.faults.append(Fault("ListAppInstances", delay=7))
    client.list_app_instances()
    assert waited == [7]


def test_a_delay_comes_before_any_other_effect(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """The other effect of the fault follows after the delay."""
    waited: list[float] = []
    backend.sleep = waited.append
    backend.faults.append(Fault("ListAppInstances", delay=7, error="ServiceFailureException"))
    assert refusal(client.list_app_instances)[1] == 500
    assert waited == [7]


def test_another_event_may_be_nested_between_two_calls(
    client: Any, backend: ChimeSDKIdentityBackend, user: str
) -> None:
    """A `call` runs after the effect and before the response, and can use the same client."""

    def deregister_all() -> None:
        for item in client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]:
            client.deregister_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=item["EndpointId"])

    backend.faults.append(Fault(REGISTER, when="after", call=deregister_all))
    assert client.register_app_instance_user_endpoint(**registration(user))["EndpointId"]
    assert not backend.endpoints
    assert [call.operation for call in backend.calls] == [
        REGISTER,
        "ListAppInstanceUserEndpoints",
        "DeregisterAppInstanceUserEndpoint",
    ]


@pytest.mark.parametrize(("when", "registered"), [("before", 0), ("after", 1)])
def test_the_process_may_be_killed_at_a_call(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, when: Any, registered: int
) -> None:
    """A BaseException passes through boto3 to the simulation of the process."""

    def kill() -> None:
        raise SimulatedKill

    backend.faults.append(Fault(REGISTER, when=when, call=kill))
    with pytest.raises(SimulatedKill):
        client.register_app_instance_user_endpoint(**registration(user))
    assert len(backend.endpoints) == registered


def test_any_failure_of_a_connection_can_be_raised(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """A `call` can raise every failure that has no name among the faults."""

    def no_such_host() -> None:
        raise EndpointConnectionError(endpoint_url="https://nowhere")

    backend.faults.append(Fault(call=no_such_host))
    with pytest.raises(EndpointConnectionError):
        client.list_app_instances()


def test_iam_can_deny_an_operation(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """The denial names the action and the resource, and is permanent."""
    backend.faults.append(Fault.deny(REGISTER))
    for _ in range(2):
        code, status, message = refusal(client.register_app_instance_user_endpoint, **registration(user))
        assert (code, status) == ("AccessDeniedException", 403)
        assert f"is not authorized to perform: chime:{REGISTER} on resource: {user}" in message
    client.list_app_instance_user_endpoints(AppInstanceUserArn=user)


def _outcomes(client: Any, count: int) -> str:
    """A letter for the result of each call: o for success, x for failure."""
    outcomes = ""
    for _ in range(count):
        try:
            client.list_app_instances()
            outcomes += "o"
        except ClientError:
            outcomes += "x"
    return outcomes


@pytest.mark.parametrize(
    ("limits", "outcomes", "left"),
    [
        ({}, "xoooo", 0),
        ({"times": 3}, "xxxoo", 0),
        ({"times": None}, "xxxxx", 1),
        ({"nth": 3}, "ooxoo", 0),
        ({"nth": 2, "times": 2}, "oxxoo", 0),
        ({"nth": 4, "times": None}, "oooxx", 1),
        ({"nth": 9}, "ooooo", 1),
    ],
)
def test_a_fault_strikes_as_often_as_it_says(
    client: Any, backend: ChimeSDKIdentityBackend, limits: Any, outcomes: str, left: int
) -> None:
    """It affects one call, several, or all, from the n-th call. Then it is removed from the list."""
    backend.faults.append(Fault("ListAppInstances", error="ServiceFailureException", **limits))
    assert _outcomes(client, 5) == outcomes
    assert len(backend.faults) == left


def test_equal_faults_strike_one_after_another(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """After the first fault has affected a call, the second affects the next call."""
    backend.faults.extend(Fault("ListAppInstances", error="ServiceFailureException") for _ in range(2))
    assert _outcomes(client, 4) == "xxoo"


def test_a_fault_strikes_its_operation_only(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """Other operations are not affected. A fault without a name affects all of them."""
    backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    client.list_app_instances()
    backend.faults.append(Fault(error="ServiceUnavailableException", times=None))
    assert refusal(client.list_app_instances)[1] == 503
    assert refusal(client.register_app_instance_user_endpoint, **registration(user))[1] == 500


def test_a_fault_after_the_effect_strikes_refused_calls_too(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """A nested call runs regardless of the service's response."""
    register()
    ran: list[bool] = []
    backend.faults.append(Fault(REGISTER, when="after", call=lambda: ran.append(True)))
    assert refusal(client.register_app_instance_user_endpoint, **registration(user))[1] == 409
    assert ran == [True]


def test_a_fault_after_the_effect_waits_for_one(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """A call that a fault has stopped before its effect does not count."""
    backend.faults += [
        Fault(REGISTER, error="ServiceFailureException"),
        Fault(REGISTER, when="after", answer=Spoiled.EMPTY),
    ]
    assert refusal(client.register_app_instance_user_endpoint, **registration(user))[1] == 500
    assert not backend.endpoints
    assert "EndpointId" not in client.register_app_instance_user_endpoint(**registration(user))
    assert len(backend.endpoints) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "RegisterEndpoint", "delay": 1},
        {"effect": None},
        {"when": "later"},
        {"answer": "spoilt"},
        {"error": "ServiceFailureException", "answer": Spoiled.HTML},
        {"times": 0},
        {"nth": 0},
        {"delay": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: Any) -> None:
    """A mistake in a fault must not lead to a test that tests nothing."""
    wrong.pop("effect", None)
    with pytest.raises(ValueError, match=f"{next(iter(wrong), 'none')}|one of error"):
        Fault(**wrong)


def test_calls_are_recorded_as_sent(client: Any, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """Each record has the operation, parameters and time, even if the call was refused or had a fault."""
    backend.now = lambda: 5.0
    backend.faults.append(Fault(REGISTER, error="ServiceFailureException"))
    sent = registration(user, ClientRequestToken="token-1", Name="n")
    refusal(client.register_app_instance_user_endpoint, **sent)
    refusal(client.list_tags_for_resource, ResourceARN="arn:aws:s3:::bucket")
    first, second = backend.calls
    assert (first.operation, first.parameters, first.at) == (REGISTER, sent, 5.0)
    assert (second.operation, second.parameters) == ("ListTagsForResource", {"ResourceARN": "arn:aws:s3:::bucket"})


def test_direct_methods_are_out_of_band(backend: ChimeSDKIdentityBackend, user: str) -> None:
    """A direct change of the backend has no fault and no record."""
    backend.faults.append(Fault(error="ServiceFailureException"))
    registered = backend.register_app_instance_user_endpoint(
        app_instance_user_arn=user,
        endpoint_type="GCM",
        resource_arn=registration(user)["ResourceArn"],
        device_token="stranger",
    )
    backend.deregister_app_instance_user_endpoint(app_instance_user_arn=user, endpoint_id=registered.endpoint_id)
    assert len(backend.faults) == 1
    assert not backend.calls
