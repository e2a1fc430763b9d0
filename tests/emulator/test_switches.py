"""Every switch with each of its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_emulator import ChannelType, ChimeSDKIdentityBackend, Switches, push_backend
from support.identity import APPLICATION, refusal, registration

Register = Callable[..., str]
OTHER_APPLICATION = APPLICATION.replace("0123", "9876")


@pytest.fixture
def switches(backend: ChimeSDKIdentityBackend) -> Switches:
    """The switches of the mocked service."""
    return backend.switches


@pytest.fixture
def bob(backend: ChimeSDKIdentityBackend, app_instance: str) -> str:
    """A second user of the app instance."""
    return backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id="bob", name="Bob")


@pytest.fixture
def carol(backend: ChimeSDKIdentityBackend) -> str:
    """A user of another app instance."""
    return backend.create_app_instance_user(
        app_instance_arn=backend.create_app_instance(name="other"), app_instance_user_id="carol", name="Carol"
    )


def test_every_switch_is_documented_and_tested() -> None:
    """This file names every switch."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert [field.name for field in fields(Switches) if f"switches.{field.name}" not in source] == []


@pytest.mark.parametrize("operation", ["update", "describe", "deregister"])
@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("forbidden", "ForbiddenException"),
        ("not_found", "NotFoundException"),
        ("bad_request", "BadRequestException"),
    ],
)
def test_a_missing_endpoint_is_refused_as_the_switch_says(
    client: Any, switches: Switches, user: str, operation: str, setting: Any, code: str
) -> None:
    """There are three possible errors for a missing endpoint."""
    switches.missing_endpoint = setting
    call = getattr(client, f"{operation}_app_instance_user_endpoint")
    assert refusal(call, AppInstanceUserArn=user, EndpointId="gone")[0] == code


def test_a_missing_endpoint_may_succeed(client: Any, switches: Switches, user: str) -> None:
    """With `success`, Update and Deregister succeed, and Describe returns nothing."""
    switches.missing_endpoint = "success"
    gone = {"AppInstanceUserArn": user, "EndpointId": "gone"}
    assert client.update_app_instance_user_endpoint(**gone, Name="x")["EndpointId"] == "gone"
    client.deregister_app_instance_user_endpoint(**gone)
    assert "AppInstanceUserEndpoint" not in client.describe_app_instance_user_endpoint(**gone)


@pytest.mark.parametrize(
    ("setting", "code", "status"),
    [
        ("forbidden", "ForbiddenException", 403),
        ("not_found", "NotFoundException", 404),
        ("bad_request", "BadRequestException", 400),
    ],
)
def test_a_missing_user_is_refused_as_the_switch_says(
    client: Any, switches: Switches, user: str, setting: Any, code: str, status: int
) -> None:
    """There are three possible errors, for every operation that names a user."""
    switches.missing_user = setting
    nobody = f"{user}-not"
    endpoint = {"AppInstanceUserArn": nobody, "EndpointId": "any"}
    for call, parameters in (
        (client.register_app_instance_user_endpoint, registration(nobody)),
        (client.update_app_instance_user_endpoint, endpoint),
        (client.describe_app_instance_user_endpoint, endpoint),
        (client.deregister_app_instance_user_endpoint, endpoint),
        (client.list_app_instance_user_endpoints, {"AppInstanceUserArn": nobody}),
        (client.describe_app_instance_user, {"AppInstanceUserArn": nobody}),
        (client.delete_app_instance_user, {"AppInstanceUserArn": nobody}),
    ):
        assert refusal(call, **parameters)[:2] == (code, status)


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("bad_request", "BadRequestException"),
        ("forbidden", "ForbiddenException"),
        ("not_found", "NotFoundException"),
    ],
)
def test_tags_of_a_deleted_user_are_refused_as_the_switch_says(
    client: Any, switches: Switches, user: str, setting: Any, code: str
) -> None:
    """This applies to every tag operation."""
    switches.missing_tagged = setting
    client.delete_app_instance_user(AppInstanceUserArn=user)
    for call, parameters in (
        (client.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (client.untag_resource, {"TagKeys": ["a"]}),
        (client.list_tags_for_resource, {}),
    ):
        assert refusal(call, ResourceARN=user, **parameters)[0] == code


@pytest.mark.parametrize("setting", ["for_ever", "while_alive"])
def test_a_remembered_token_answers_the_living_endpoint(
    backend: ChimeSDKIdentityBackend, switches: Switches, register: Register, setting: Any
) -> None:
    """The repeated request registers nothing."""
    switches.token_memory = setting
    assert register(ClientRequestToken="same") == register(ClientRequestToken="same")
    assert len(backend.endpoints) == 1


@pytest.mark.parametrize(("setting", "answers_the_dead"), [("for_ever", True), ("while_alive", False)])
def test_a_token_may_be_remembered_longer_than_its_endpoint(
    client: Any, switches: Switches, user: str, register: Register, setting: Any, *, answers_the_dead: bool
) -> None:
    """With `for_ever`, the ID of a deleted endpoint is returned; with `while_alive`, a new one."""
    switches.token_memory = setting
    first = register(ClientRequestToken="same")
    client.deregister_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=first)
    assert (register(ClientRequestToken="same") == first) is answers_the_dead


def test_without_token_memory_the_repeated_request_is_a_new_one(
    client: Any, switches: Switches, user: str, register: Register
) -> None:
    """With `none`, the repeated request conflicts with its own first attempt."""
    switches.token_memory = "none"
    register(ClientRequestToken="same")
    call = client.register_app_instance_user_endpoint
    assert refusal(call, **registration(user, ClientRequestToken="same"))[0] == "ConflictException"


def test_all_tokens_can_be_forgotten_at_a_moment(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """A test chooses when the service forgets them."""
    register(ClientRequestToken="same")
    backend.request_tokens.clear()
    call = client.register_app_instance_user_endpoint
    assert refusal(call, **registration(user, ClientRequestToken="same"))[0] == "ConflictException"


def test_a_token_of_the_account_is_the_same_for_all_users(
    client: Any, switches: Switches, bob: str, register: Register
) -> None:
    """With `account`, another user's request with the token counts as a repeated request with other parameters."""
    switches.token_scope = "account"
    first = register(ClientRequestToken="same")
    answer = client.register_app_instance_user_endpoint(**registration(bob, ClientRequestToken="same"))
    assert answer["EndpointId"] == first


def test_a_token_of_the_user_is_the_users_own(client: Any, switches: Switches, bob: str, register: Register) -> None:
    """With `user`, two users can use the same token."""
    switches.token_scope = "user"
    first = register(ClientRequestToken="same")
    answer = client.register_app_instance_user_endpoint(**registration(bob, ClientRequestToken="same"))
    assert answer["EndpointId"] != first
    assert answer["AppInstanceUserArn"] == bob


@pytest.mark.parametrize(("setting", "succeeds"), [("forgotten", True), ("remembered", False)])
def test_a_refused_request_may_use_up_its_token(
    client: Any, switches: Switches, user: str, register: Register, setting: Any, *, succeeds: bool
) -> None:
    """After the cause is gone, `forgotten` registers the endpoint, and `remembered` refuses again."""
    switches.failed_token = setting
    blocker = register()
    request = registration(user, ClientRequestToken="same")
    call = client.register_app_instance_user_endpoint
    assert refusal(call, **request)[0] == "ConflictException"
    client.deregister_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=blocker)
    if succeeds:
        assert call(**request)["EndpointId"] != blocker
    else:
        assert refusal(call, **request)[0] == "ConflictException"
        switches.failed_token = "forgotten"
        assert call(**request)["EndpointId"] != blocker


def test_the_same_token_with_other_parameters_may_answer_the_first_endpoint(
    backend: ChimeSDKIdentityBackend, switches: Switches, register: Register
) -> None:
    """With `same_endpoint`, the new parameters are ignored."""
    switches.same_token_other_parameters = "same_endpoint"
    first = register(ClientRequestToken="same", Name="one")
    assert register(ClientRequestToken="same", Name="two") == first
    assert backend.endpoints[first].name == "one"


@pytest.mark.parametrize(
    ("setting", "code"), [("conflict", "ConflictException"), ("bad_request", "BadRequestException")]
)
def test_the_same_token_with_other_parameters_may_be_refused(
    client: Any, switches: Switches, user: str, register: Register, setting: Any, code: str
) -> None:
    """The other values refuse in two ways. The same parameters still return the endpoint."""
    switches.same_token_other_parameters = setting
    first = register(ClientRequestToken="same")
    request = registration(user, ClientRequestToken="same", device_token="another")
    assert refusal(client.register_app_instance_user_endpoint, **request)[0] == code
    assert register(ClientRequestToken="same") == first


@pytest.mark.parametrize(
    ("setting", "same_user", "same_app_instance", "elsewhere", "other_application"),
    [
        ("user", True, False, False, True),
        ("app_instance", True, True, False, True),
        ("application", True, True, True, False),
        ("none", False, False, False, False),
    ],
)
def test_a_device_token_conflicts_within_its_scope(
    client: Any,
    switches: Switches,
    user: str,
    bob: str,
    carol: str,
    register: Register,
    setting: Any,
    *,
    same_user: bool,
    same_app_instance: bool,
    elsewhere: bool,
    other_application: bool,
) -> None:
    """The scope decides which existing endpoints conflict."""
    switches.device_token_conflict = setting
    register()
    for request, conflicts in (
        (registration(bob), same_app_instance),
        (registration(carol), elsewhere),
        (registration(user, ResourceArn=OTHER_APPLICATION), other_application),
        (registration(user), same_user),
    ):
        if conflicts:
            code, status, message = refusal(client.register_app_instance_user_endpoint, **request)
            assert (code, status) == ("ConflictException", 409)
            assert "token" in message
        else:
            client.register_app_instance_user_endpoint(**request)


@pytest.mark.parametrize(
    "attributes",
    [
        {"DeviceToken": "voip"},
        {"DeviceToken": "new", "VoipDeviceToken": "device"},
        {"DeviceToken": "new", "VoipDeviceToken": "voip"},
    ],
)
def test_voip_tokens_conflict_like_device_tokens(
    client: Any, user: str, register: Register, attributes: dict[str, str]
) -> None:
    """A token counts in both places."""
    register(EndpointAttributes={"DeviceToken": "device", "VoipDeviceToken": "voip"})
    request = registration(user, EndpointAttributes=attributes)
    assert refusal(client.register_app_instance_user_endpoint, **request)[0] == "ConflictException"


@pytest.mark.parametrize("reason", ["INVALID_DEVICE_TOKEN", "INVALID_PINPOINT_ARN"])
def test_a_new_endpoint_may_be_inactive(
    client: Any, switches: Switches, user: str, register: Register, *, reason: str
) -> None:
    """A switch decides that, and for which reason."""
    switches.new_endpoint_state = reason.lower()  # type: ignore[assignment]  # one of them
    found = client.describe_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=register())
    state = found["AppInstanceUserEndpoint"]["EndpointState"]
    assert state == {"Status": "INACTIVE", "StatusReason": reason}


@pytest.mark.parametrize("setting", [True, False])
def test_an_inactive_endpoint_may_give_its_token_free(
    client: Any, switches: Switches, backend: ChimeSDKIdentityBackend, user: str, register: Register, *, setting: bool
) -> None:
    """A switch decides whether an INACTIVE endpoint conflicts."""
    switches.inactive_endpoints_conflict = setting
    endpoint = register()
    backend.set_endpoint_state(app_instance_user_arn=user, endpoint_id=endpoint, status="INACTIVE")
    if setting:
        assert refusal(client.register_app_instance_user_endpoint, **registration(user))[1] == 409
    else:
        assert register() != endpoint


@pytest.mark.parametrize(("setting", "name", "allow_messages"), [("kept", "Phone", "NONE"), ("reset", None, "ALL")])
def test_what_update_omits_is_kept_or_reset(
    client: Any,
    switches: Switches,
    backend: ChimeSDKIdentityBackend,
    user: str,
    register: Register,
    setting: Any,
    name: str | None,
    allow_messages: str,
) -> None:
    """An omitted member of Update stays the same, or is reset to the default of Register."""
    switches.omitted_on_update = setting
    key = {"AppInstanceUserArn": user, "EndpointId": register(Name="Phone", AllowMessages="NONE")}
    endpoint = backend.endpoints[key["EndpointId"]]
    client.update_app_instance_user_endpoint(**key)
    assert (endpoint.name, endpoint.allow_messages) == (name, allow_messages)
    client.update_app_instance_user_endpoint(**key, Name="new")
    assert (endpoint.name, endpoint.allow_messages) == ("new", allow_messages)
    client.update_app_instance_user_endpoint(**key, AllowMessages="NONE")
    assert (endpoint.name, endpoint.allow_messages) == ("new" if setting == "kept" else None, "NONE")


@pytest.mark.parametrize("setting", [True, False])
def test_a_new_endpoint_may_be_missing_from_the_first_list(
    client: Any, switches: Switches, user: str, register: Register, *, setting: bool
) -> None:
    """The first List then omits it, and the second returns it."""
    old = register(device_token="old")
    switches.new_endpoint_in_first_list = setting
    new = register(device_token="new")

    def listed() -> list[str]:
        answer = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)
        return [item["EndpointId"] for item in answer["AppInstanceUserEndpoints"]]

    assert listed() == ([old, new] if setting else [old])
    assert listed() == [old, new]
    client.describe_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=new)


@pytest.mark.parametrize("seconds", [0, 0.5, 5])
def test_a_deregistered_endpoint_may_stay_in_lists_for_some_seconds(
    client: Any, switches: Switches, backend: ChimeSDKIdentityBackend, user: str, register: Register, *, seconds: float
) -> None:
    """Until then List shows it, and the other operations do not find it."""
    switches.deregistered_listed_seconds = seconds
    now = 1_790_000_000.0
    backend.now = lambda: now
    endpoint, kept = register(device_token="a"), register(device_token="b")
    client.deregister_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=endpoint)

    def listed() -> list[str]:
        answer = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)
        return [item["EndpointId"] for item in answer["AppInstanceUserEndpoints"]]

    if seconds:
        assert listed() == [kept, endpoint]
        code, _, _ = refusal(client.describe_app_instance_user_endpoint, AppInstanceUserArn=user, EndpointId=endpoint)
        assert code == "ForbiddenException"
        now += seconds - 0.1
        assert listed() == [kept, endpoint]
    now += 0.1
    assert listed() == [kept]


@pytest.mark.parametrize("setting", ["deleted", "kept"])
def test_endpoints_of_a_deleted_user_are_deleted_or_kept(
    client: Any,
    switches: Switches,
    backend: ChimeSDKIdentityBackend,
    app_instance: str,
    user: str,
    register: Register,
    setting: Any,
) -> None:
    """A kept endpoint is reachable again after a user with the same ID is created."""
    switches.endpoints_on_user_deletion = setting
    endpoint = register()
    client.delete_app_instance_user(AppInstanceUserArn=user)
    call = client.list_app_instance_user_endpoints
    assert refusal(call, AppInstanceUserArn=user)[0] == "ForbiddenException"
    backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id="alice", name="Alice again")
    found = [item["EndpointId"] for item in call(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]]
    assert found == ([endpoint] if setting == "kept" else [])


def test_timestamps_may_come_as_botocore_reads_them(
    client: Any, switches: Switches, user: str, register: Register
) -> None:
    """With `seconds`, botocore parses them."""
    switches.timestamps = "seconds"
    answer = client.describe_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=register())
    assert answer["AppInstanceUserEndpoint"]["CreatedTimestamp"].year >= 2025


def test_timestamps_may_come_as_the_documentation_says(
    client: Any, switches: Switches, user: str, register: Register
) -> None:
    """With `milliseconds`, botocore fails to parse the response."""
    switches.timestamps = "milliseconds"
    with pytest.raises(ValueError, match="year"):
        client.describe_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=register())


def test_the_quota_is_adjustable(client: Any, switches: Switches, user: str, register: Register) -> None:
    """The quota can be any number, and the message contains it."""
    switches.endpoints_per_user = 1
    register()
    request = registration(user, device_token="other")
    assert "1 endpoints" in refusal(client.register_app_instance_user_endpoint, **request)[2]


def test_the_rate_counts_all_calls_of_the_account(
    client: Any, switches: Switches, backend: ChimeSDKIdentityBackend, user: str
) -> None:
    """After this number of calls, a second must pass. Refused calls do not count."""
    time = 1000.0
    backend.now = lambda: time
    switches.requests_per_second = 3
    calls: tuple[tuple[Any, dict[str, str]], ...] = (
        (client.list_app_instances, {}),
        (client.list_tags_for_resource, {"ResourceARN": user}),
        (client.list_app_instance_user_endpoints, {"AppInstanceUserArn": user}),
    )
    for call, parameters in calls:
        call(**parameters)
    for _ in range(5):
        assert refusal(client.list_app_instances)[:2] == ("ThrottledClientException", 429)
    time += 0.5
    client.list_app_instances()
    assert refusal(client.list_app_instances)[1] == 429
    time += 60
    for call, parameters in calls:
        call(**parameters)
    assert refusal(client.list_app_instances)[1] == 429


def test_the_rate_is_fifty_a_second_unless_it_is_taken_away(
    client: Any, switches: Switches, backend: ChimeSDKIdentityBackend
) -> None:
    """The default is that of the service. None removes the limit."""
    backend.now = lambda: 1000.0
    for _ in range(50):
        client.list_app_instances()
    assert refusal(client.list_app_instances)[0] == "ThrottledClientException"
    switches.requests_per_second = None
    client.list_app_instances()


def test_a_clock_that_runs_backwards_allows_no_extra_calls(client: Any, switches: Switches, backend: Any) -> None:
    """The rate limit still works."""
    switches.requests_per_second = 1
    times = iter([10.0, 10.0, 5.0, 5.0, 5.0])
    backend.now = lambda: next(times)
    client.list_app_instances()
    assert refusal(client.list_app_instances)[1] == 429


def test_switches_are_changed_together_or_not_at_all(switches: Switches) -> None:
    """Every problem of a change is reported, and then nothing is changed."""
    wrong = {
        "missing_user": "not_found",
        "token_memory": "sometimes",
        "inactive_endpoints_conflict": "yes",
        "endpoints_per_user": -1,
        "requests_per_second": 0,
        "no_such": 1,
    }
    with pytest.raises(ValueError, match="token_memory: 'sometimes' is not one of for_ever") as caught:
        switches.change(wrong)
    for name in wrong:
        assert (name in str(caught.value).partition("no_such: not one of")[0]) == (
            name not in ("missing_user", "no_such")
        )
    assert switches == Switches()


@pytest.mark.parametrize(
    "values",
    [
        {"endpoints_per_user": True},
        {"endpoints_per_user": 1.5},
        {"requests_per_second": "fast"},
        {"requests_per_second": True},
        {"missing_user": None},
        {"missing_user": ["forbidden"]},
    ],
)
def test_a_switch_takes_its_own_type_only(switches: Switches, values: dict[str, Any]) -> None:
    """Values of another type are refused."""
    with pytest.raises(ValueError, match=next(iter(values))):
        switches.change(values)


def test_switches_can_be_reset_to_their_defaults(switches: Switches) -> None:
    """Changes can be undone."""
    switches.change({"missing_user": "not_found", "requests_per_second": None, "endpoints_per_user": 3})
    assert switches.as_dict()["requests_per_second"] is None
    switches.restore()
    assert switches == Switches()


@pytest.mark.parametrize(
    ("setting", "channels", "is_accepted"),
    [
        ("accepted", None, True),
        ("bad_request", None, False),
        ("bad_request", {}, False),
        ("bad_request", {"APNS": False}, False),
        ("bad_request", {"GCM": True}, False),
        ("bad_request", {"APNS": True}, True),
    ],
)
def test_an_application_without_an_enabled_channel_is_refused_or_not(
    client: Any, switches: Switches, user: str, setting: Any, channels: dict[str, bool] | None, *, is_accepted: bool
) -> None:
    """The channel for the endpoint's type decides; None is an application that does not exist."""
    switches.unusable_application = setting
    if channels is not None:
        push_backend().ensure_app(application_arn=APPLICATION)
        for kind, enabled in channels.items():
            push_backend().update_channel(
                application_id=APPLICATION.rpartition("/")[2], channel_type=ChannelType(kind), enabled=enabled
            )
    if is_accepted:
        client.register_app_instance_user_endpoint(**registration(user))
    else:
        code, status, message = refusal(client.register_app_instance_user_endpoint, **registration(user))
        assert (code, status, "APNS" in message) == ("BadRequestException", 400, True)
