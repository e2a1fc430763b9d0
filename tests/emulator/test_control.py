"""The control API, on a server in the test's own process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend, EmulatorServer, Fault, Switches, identity_backend
from support.identity import make_client, refusal, registration


@pytest.fixture(scope="module")
def running() -> Iterator[EmulatorServer]:
    """A server for all backends."""
    with EmulatorServer() as started:
        yield started


@pytest.fixture
def server(running: EmulatorServer, backend: ChimeSDKIdentityBackend) -> EmulatorServer:  # noqa: ARG001 - empty
    """A server for one test, with empty backends."""
    return running


def control(server: EmulatorServer, method: str, path: str, value: Any = None) -> tuple[int, Any]:
    """The status and value of a response from the control API."""
    connection = HTTPConnection(*server.server_address[:2], timeout=20)  # type: ignore[arg-type] # bytes on no platform here
    try:
        body = None if value is None else json.dumps(value)
        connection.request(method, f"/_emulator/{path}", body=body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_it_says_that_it_lives(server: EmulatorServer) -> None:
    """Health responds as soon as the server accepts requests."""
    assert control(server, "GET", "health") == (200, {"status": "ok"})


def test_the_state_is_all_there_is(
    server: EmulatorServer, backend: ChimeSDKIdentityBackend, app_instance: str, user: str
) -> None:
    """It contains app instances, users, endpoints with their tokens, and tags."""
    client = make_client(url=server.url)
    endpoint = client.register_app_instance_user_endpoint(**registration(user))["EndpointId"]
    client.tag_resource(ResourceARN=user, Tags=[{"Key": "a", "Value": "b"}])
    _, state = control(server, "GET", "state")
    assert [item["arn"] for item in state["app_instances"]] == [app_instance]
    assert [item["arn"] for item in state["users"]] == [user]
    [found] = state["endpoints"]
    assert (found["endpoint_id"], found["device_token"]) == (endpoint, "token")
    assert state["tags"] == {user: {"a": "b"}}
    assert endpoint in backend.endpoints


def test_another_account_and_region_can_be_looked_into(server: EmulatorServer) -> None:
    """The query selects the backend. A region without the service is refused."""
    identity_backend(account_id="000000000000", region_name="eu-central-1").create_app_instance(name="chat")
    _, state = control(server, "GET", "state?account=000000000000&region=eu-central-1")
    assert (state["account"], state["region"]) == ("000000000000", "eu-central-1")
    assert len(state["app_instances"]) == 1
    status, answer = control(server, "GET", "state?region=us-west-2")
    assert (status, answer) == (400, {"error": "region: the service is not available in us-west-2"})


def test_switches_are_read_and_changed(server: EmulatorServer, backend: ChimeSDKIdentityBackend) -> None:
    """PUT changes the given switches and returns all of them."""
    assert control(server, "GET", "switches") == (200, Switches().as_dict())
    status, answer = control(server, "PUT", "switches", {"missing_endpoint": "success"})
    assert (status, answer["missing_endpoint"]) == (200, "success")
    assert backend.switches == Switches(missing_endpoint="success")
    status, answer = control(server, "PUT", "switches", {"missing_endpoint": "maybe"})
    assert status == 400
    assert "missing_endpoint: 'maybe' is not one of forbidden" in answer["error"]


def test_faults_are_put_seen_and_removed(server: EmulatorServer, backend: ChimeSDKIdentityBackend) -> None:
    """A fault that is set over HTTP works like one that is set in process."""
    client = make_client(url=server.url)
    fault = {"operation": "ListAppInstances", "error": "ServiceFailureException", "times": 2}
    status, faults = control(server, "POST", "faults", fault)
    assert status == 200
    assert [item["error"] for item in faults] == ["ServiceFailureException"]
    assert refusal(client.list_app_instances)[1] == 500
    assert control(server, "GET", "faults")[1][0]["seen"] == 1
    backend.faults.append(Fault(call=lambda: None))
    assert "lambda" in control(server, "GET", "faults")[1][1]["call"]
    assert control(server, "DELETE", "faults") == (200, None)
    assert not backend.faults
    client.list_app_instances()


@pytest.mark.parametrize(
    "wrong", [{"operation": "Nothing"}, {"colour": "red"}, {"call": "x"}, {"times": "often"}, {"answer": 5}, {}, [], 5]
)
def test_a_wrong_fault_is_refused(server: EmulatorServer, backend: ChimeSDKIdentityBackend, wrong: Any) -> None:
    """The response is 400, and no fault is added."""
    status, answer = control(server, "POST", "faults", wrong)
    assert status == 400
    assert answer["error"]
    assert not backend.faults


def test_calls_are_listed_and_forgotten(server: EmulatorServer, backend: ChimeSDKIdentityBackend) -> None:
    """They are listed in order until they are deleted."""
    backend.now = lambda: 5.0
    make_client(url=server.url).list_app_instances(MaxResults=3)
    expected = [{"operation": "ListAppInstances", "parameters": {"MaxResults": 3}, "at": 5.0}]
    assert control(server, "GET", "calls") == (200, expected)
    control(server, "DELETE", "calls")
    assert control(server, "GET", "calls") == (200, [])


def test_a_user_is_there_with_the_arn_that_is_given(server: EmulatorServer) -> None:
    """Its app instance is created too, only once for repeated requests. The service itself would choose the ID."""
    instance = "arn:aws:chime:us-east-1:123456789012:app-instance/01234567-89ab-cdef-0123-456789abcdef"
    for _ in range(2):
        assert control(server, "PUT", "user", {"app_instance_user_arn": f"{instance}/user/a:b"})[0] == 200
    client = make_client()
    users = client.list_app_instance_users(AppInstanceArn=instance)["AppInstanceUsers"]
    assert [user["AppInstanceUserArn"] for user in users] == [f"{instance}/user/a:b"]
    for wrong in (instance, "alice", f"{instance.replace('us-east-1', 'eu-central-1')}/user/alice"):
        assert control(server, "PUT", "user", {"app_instance_user_arn": wrong})[0] == 400


def test_an_endpoint_is_made_inactive(server: EmulatorServer, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """The state after a failed delivery can be set over HTTP. Invalid states are refused."""
    client = make_client(url=server.url)
    endpoint = client.register_app_instance_user_endpoint(**registration(user))["EndpointId"]
    wanted = {
        "app_instance_user_arn": user,
        "endpoint_id": endpoint,
        "status": "INACTIVE",
        "status_reason": "INVALID_DEVICE_TOKEN",
    }
    assert control(server, "PUT", "endpoint-state", wanted) == (200, None)
    assert backend.endpoints[endpoint].status == "INACTIVE"
    for wrong in ({"status": "TIRED"}, {"endpoint_id": "gone"}, {"status_reason": "BORED"}):
        assert control(server, "PUT", "endpoint-state", wanted | wrong)[0] == 400


def test_reset_forgets_everything(server: EmulatorServer, backend: ChimeSDKIdentityBackend, user: str) -> None:
    """State, switches, faults and calls of all accounts and regions are as at the start."""
    make_client(url=server.url).register_app_instance_user_endpoint(**registration(user))
    elsewhere = identity_backend(region_name="eu-central-1")
    elsewhere.create_app_instance(name="chat")
    backend.switches.missing_user = "not_found"
    backend.faults.append(Fault(delay=1))
    assert control(server, "POST", "reset") == (200, None)
    for forgotten in (backend.endpoints, backend.users, backend.calls, backend.faults, elsewhere.app_instances):
        assert not forgotten
    assert backend.switches == Switches()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "nothing", 404), ("POST", "state", 405), ("GET", "reset", 405), ("PUT", "endpoint-state", 400)],
)
def test_what_the_control_api_does_not_have_is_refused(
    server: EmulatorServer, method: str, path: str, status: int
) -> None:
    """The response to an unknown path, wrong method or missing body says what is possible."""
    found, answer = control(server, method, path)
    assert found == status
    assert answer["error"]


def test_a_region_without_the_service_is_refused_over_http(server: EmulatorServer) -> None:
    """A local server cannot be a missing host, so it rejects the region of the credentials."""
    code, status, message = refusal(make_client(region="us-west-2", url=server.url).list_app_instances)
    assert (code, status) == ("InvalidSignatureException", 403)
    assert "us-west-2" in message


def test_an_application_with_working_channels_is_there_with_the_arn_that_is_given(server: EmulatorServer) -> None:
    """Only what is missing is created, and an application of another account or region is refused."""
    arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"
    client = make_client("pinpoint")
    for types in ([], ["APNS", "GCM"], ["APNS"]):
        wanted = {"application_arn": arn, "channel_types": types}
        assert control(server, "PUT", "push/application", wanted) == (200, None)
    channels = client.get_channels(ApplicationId=arn.rpartition("/")[2])["ChannelsResponse"]["Channels"]
    assert {name: (each["Enabled"], each["Version"]) for name, each in channels.items()} == dict.fromkeys(
        ["APNS", "GCM"], (True, 1)
    )
    for wrong in (arn.replace("us-east-1", "eu-central-1"), arn.replace("apps/", "campaigns/"), "pushes"):
        assert control(server, "PUT", "push/application", {"application_arn": wrong})[0] == 400


def test_a_token_is_rejected_until_that_ends(server: EmulatorServer) -> None:
    """The push service has its own state, switches, faults and calls."""
    arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"
    control(server, "PUT", "push/application", {"application_arn": arn, "channel_types": ["APNS"]})
    make_client("pinpoint").get_app(ApplicationId=arn.rpartition("/")[2])
    for rejection, expected in (("unregistered", {"canary": "unregistered"}), (None, {})):
        assert control(server, "PUT", "push/rejection", {"device_token": "canary", "rejection": rejection})[0] == 200
        assert control(server, "GET", "push/state")[1]["rejections"] == expected
    assert control(server, "PUT", "push/rejection", {"device_token": "canary", "rejection": "tired"})[0] == 400
    assert control(server, "GET", "push/state")[1]["channels"][0]["type"] == "APNS"
    assert control(server, "PUT", "push/switches", {"new_channel_enabled": True})[1]["new_channel_enabled"] is True
    assert control(server, "POST", "push/faults", {"operation": "GetApp", "error": "NotFoundException"})[0] == 200
    assert [call["operation"] for call in control(server, "GET", "push/calls")[1]] == ["GetApp"]
    assert control(server, "POST", "reset") == (200, None)
    assert control(server, "GET", "push/state")[1]["applications"] == []
    assert control(server, "GET", "push/faults")[1] == []
