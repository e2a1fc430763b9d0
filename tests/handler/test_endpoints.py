"""What each operation on an endpoint sends, what it reads from the response, and how it reports a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.calls import Attempts, Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import Endpoints, Identity, Listed, Registered
from chime_endpoints_handler.aws.failures.errors import ServiceError
from support.answering import Answering

USER = "arn:aws:chime:eu-central-1:123456789012:app-instance/i/user/alice"
APPLICATION = "arn:aws:mobiletargeting:eu-central-1:123456789012:apps/a"
REFUSED = ClientError(
    {"Error": {"Code": "BadRequestException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "an operation"
)
Call = Callable[[Endpoints], object]


def endpoints_of(service: Answering) -> Endpoints:
    """Return the endpoints of the user at that service."""
    return Endpoints(USER, clients=service, call=Caller(deadline=Deadline(lambda: 60.0), sleep=lambda _: None))


def register(name: str | None, voip: str | None) -> Call:
    """Register an endpoint with that name and VoIP token."""
    identity = Identity(user_arn=USER, type="APNS", resource_arn=APPLICATION, device_token="t", voip_device_token=voip)
    return lambda endpoints: endpoints.register(
        identity, name=name, allow_messages="NONE", client_request_token="token of the event", attempts=Attempts()
    )


REGISTERED = {
    "AppInstanceUserArn": USER,
    "Type": "APNS",
    "ResourceArn": APPLICATION,
    "EndpointAttributes": {"DeviceToken": "t"},
    "AllowMessages": "NONE",
    "ClientRequestToken": "token of the event",
}


@pytest.mark.parametrize(
    ("call", "operation", "sent"),
    [
        (register(None, None), "register_app_instance_user_endpoint", REGISTERED),
        (
            register("phone", "v"),
            "register_app_instance_user_endpoint",
            REGISTERED | {"Name": "phone", "EndpointAttributes": {"DeviceToken": "t", "VoipDeviceToken": "v"}},
        ),
        (
            lambda endpoints: endpoints.update("e", name="", allow_messages="ALL"),
            "update_app_instance_user_endpoint",
            {"AppInstanceUserArn": USER, "EndpointId": "e", "Name": "", "AllowMessages": "ALL"},
        ),
        (
            lambda endpoints: endpoints.describe("e"),
            "describe_app_instance_user_endpoint",
            {"AppInstanceUserArn": USER, "EndpointId": "e"},
        ),
        (
            lambda endpoints: endpoints.deregister("e"),
            "deregister_app_instance_user_endpoint",
            {"AppInstanceUserArn": USER, "EndpointId": "e"},
        ),
        (
            lambda endpoints: endpoints.list(),
            "list_app_instance_user_endpoints",
            {"AppInstanceUserArn": USER, "MaxResults": 50},
        ),
    ],
)
def test_an_operation_sends_what_it_is_given_and_no_more(call: Call, operation: str, sent: dict[str, Any]) -> None:
    """Each operation calls the user's region."""
    service = Answering({"EndpointId": "e", "AppInstanceUserEndpoints": []})
    call(endpoints_of(service))
    assert service.asked == [(operation, sent)]
    assert service.region == "eu-central-1"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (register("canary", None), f"RegisterAppInstanceUserEndpoint with application {APPLICATION}"),
        (
            lambda endpoints: endpoints.update("e", name="canary", allow_messages="ALL"),
            "UpdateAppInstanceUserEndpoint of endpoint e",
        ),
        (lambda endpoints: endpoints.describe("e"), "DescribeAppInstanceUserEndpoint of endpoint e"),
        (lambda endpoints: endpoints.deregister("e"), "DeregisterAppInstanceUserEndpoint of endpoint e"),
        (lambda endpoints: endpoints.list(), "ListAppInstanceUserEndpoints"),
    ],
)
def test_a_failure_names_the_operation_and_its_endpoint(call: Call, told: str) -> None:
    """The error names the endpoint, so that the deployer can look at it, and no refused call is repeated."""
    service = Answering(REFUSED)
    with pytest.raises(ServiceError) as caught:
        call(endpoints_of(service))
    assert caught.value.text.startswith(f"{told} failed: BadRequestException. ")
    assert len(service.asked) == 1


DESCRIBED = {"EndpointId": "e", "EndpointAttributes": {"DeviceToken": "t"}}


@pytest.mark.parametrize(
    "endpoint",
    [None, {}, DESCRIBED | {"EndpointId": "another"}, DESCRIBED | {"EndpointAttributes": {}}, {"EndpointId": "e"}],
    ids=str,
)
def test_an_answer_that_does_not_describe_the_endpoint_says_nothing(endpoint: dict[str, Any] | None) -> None:
    """F26: a description of another endpoint, or one without a device token, is unusable."""
    assert endpoints_of(Answering({"AppInstanceUserEndpoint": endpoint})).describe("e") is None


def test_a_description_may_leave_out_unneeded_members() -> None:
    """F26: members that the function does not need may be missing, and count as unknown."""
    assert endpoints_of(Answering({"AppInstanceUserEndpoint": DESCRIBED})).describe("e") == Registered(
        endpoint_id="e",
        identity=Identity(user_arn=USER, type="", resource_arn="", device_token="t"),
        name=None,
        allow_messages="",
        created=None,
    )


def test_what_a_list_shows_without_an_id_is_passed_over() -> None:
    """F26: the function skips endpoints without an ID, and needs only the ID of the others."""
    service = Answering(
        {
            "AppInstanceUserEndpoints": [
                {"Name": "n"},
                {"EndpointId": "a"},
                {"EndpointId": "b", "Name": "n", "Type": "GCM", "AllowMessages": "ALL"},
            ]
        }
    )
    assert endpoints_of(service).list() == [
        Listed(endpoint_id="a", name=None, type="", allow_messages=""),
        Listed(endpoint_id="b", name="n", type="GCM", allow_messages="ALL"),
    ]


def test_an_empty_endpoint_id_addresses_no_collection() -> None:
    """F20: the request would address all endpoints of the user, and the API model does not prevent it."""
    service = Answering({})
    with pytest.raises(ValueError, match=r"^an empty EndpointId would address the collection$"):
        endpoints_of(service).deregister("")
    assert service.asked == []
