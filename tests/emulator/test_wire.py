"""The wire format: JSON as in the model, errors as the service sends them, and arbitrary requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError
from moto.core.models import botocore_stubber

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Fault, identity_backend
from support.identity import make_client, registration

MODEL = botocore.session.get_session().get_service_model("chime-sdk-identity")
HOST = "https://identity-chime.us-east-1.amazonaws.com"


def send(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    """Send a request unchanged, without boto3."""
    request = AWSPreparedRequest(
        method, HOST + path, {"Content-Type": "application/json", **(headers or {})}, body, False
    )
    answer = botocore_stubber("before-send", request)
    assert answer is not None
    return answer.status_code, dict(answer.headers), answer.text


def _check(value: Any, shape: Any) -> None:
    """Compare a JSON value with a shape: no unknown members, correct types, allowed values."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members)
        assert set(shape.required_members) <= set(value)
        for name, member in value.items():
            _check(member, shape.members[name])
    elif shape.type_name == "list":
        for item in value:
            _check(item, shape.member)
    elif shape.type_name == "timestamp":
        assert isinstance(value, int | float)
    else:
        assert isinstance(value, {"string": str, "integer": int}[shape.type_name])
        assert value in shape.metadata.get("enum", [value])


def test_every_answer_has_the_models_form(backend: ChimeSDKIdentityBackend) -> None:
    """The status and body of each operation match the model."""
    answers: dict[str, tuple[int, bytes]] = {}

    def note(*, response_dict: Any, operation_model: Any, **_: Any) -> None:
        answers[operation_model.name] = (response_dict["status_code"], response_dict["body"])

    noting = make_client()
    noting.meta.events.register("before-parse.chime-sdk-identity", note)
    tags = [{"Key": "a", "Value": "b"}]
    app = noting.create_app_instance(Name="n", Metadata="m", Tags=tags)["AppInstanceArn"]
    user = noting.create_app_instance_user(
        AppInstanceArn=app,
        AppInstanceUserId="alice",
        Name="n",
        Metadata="m",
        ExpirationSettings={"ExpirationDays": 1, "ExpirationCriterion": "CREATED_TIMESTAMP"},
    )["AppInstanceUserArn"]
    attributes = {"DeviceToken": "t", "VoipDeviceToken": "v"}
    request = registration(user, Name="n", EndpointAttributes=attributes)
    endpoint = noting.register_app_instance_user_endpoint(**request)["EndpointId"]
    backend.set_endpoint_state(
        app_instance_user_arn=user,
        endpoint_id=endpoint,
        status="INACTIVE",
        status_reason="INVALID_PINPOINT_ARN",
    )
    key = {"AppInstanceUserArn": user, "EndpointId": endpoint}
    noting.update_app_instance_user_endpoint(**key, Name="x")
    noting.describe_app_instance_user_endpoint(**key)
    noting.list_app_instance_user_endpoints(AppInstanceUserArn=user)
    noting.tag_resource(ResourceARN=user, Tags=tags)
    noting.list_tags_for_resource(ResourceARN=user)
    noting.untag_resource(ResourceARN=user, TagKeys=["a"])
    noting.describe_app_instance(AppInstanceArn=app)
    noting.describe_app_instance_user(AppInstanceUserArn=user)
    noting.list_app_instances()
    noting.list_app_instance_users(AppInstanceArn=app)
    noting.deregister_app_instance_user_endpoint(**key)
    noting.delete_app_instance_user(AppInstanceUserArn=user)
    noting.delete_app_instance(AppInstanceArn=app)
    assert len(answers) == 16
    for name, (status, body) in answers.items():
        operation = MODEL.operation_model(name)
        assert status == operation.http.get("responseCode", 200)
        if operation.output_shape is None:
            assert body == b""
        else:
            _check(json.loads(body), operation.output_shape)


@pytest.mark.parametrize("code", sorted({shape.name for shape in MODEL.error_shapes} - {"NotFoundException"}))
def test_errors_have_the_models_form(backend: ChimeSDKIdentityBackend, code: str) -> None:
    """An error has its code in a header, its status, and a body with Code and Message."""
    backend.faults.append(Fault("ListAppInstances", error=code, message="why"))
    status, headers, text = send("GET", "/app-instances")
    [shape] = [shape for shape in MODEL.error_shapes if shape.name == code]
    assert status == shape.metadata["error"]["httpStatusCode"]
    assert headers["x-amzn-ErrorType"] == code
    body = json.loads(text)
    assert body["Message"] == "why"
    _check(body, shape)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b'"text"'])
def test_a_body_that_is_no_json_object_is_refused(backend: ChimeSDKIdentityBackend, body: bytes) -> None:
    """Any other value returns 400, and is recorded as a call."""
    status, headers, _ = send("POST", "/app-instances", body)
    assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    assert [call.parameters for call in backend.calls] == [{}]


def test_unknown_members_are_ignored(backend: ChimeSDKIdentityBackend) -> None:
    """A member outside the model has no effect. Null means an omitted member."""
    body = {"Name": "chat", "ClientRequestToken": "token", "Colour": "red", "Metadata": None}
    assert send("POST", "/app-instances", json.dumps(body).encode())[0] == 201
    assert backend.calls[0].parameters == {"Name": "chat", "ClientRequestToken": "token"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("PATCH", "/app-instances"),
        ("DELETE", "/app-instance-users/arn%3Aaws%3Achime%3A%3A%3Ax/endpoints/"),
        ("POST", "/tags?operation=something-else"),
        ("GET", "/app-instances/x/admins"),
    ],
)
def test_what_is_no_operation_answers_so(backend: ChimeSDKIdentityBackend, method: str, path: str) -> None:
    """Unknown paths, and operations that are not emulated, return 404 and are not recorded."""
    status, headers, _ = send(method, path)
    assert (status, headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    assert not backend.calls


def test_the_operation_is_found_by_method_and_path_alone(backend: ChimeSDKIdentityBackend) -> None:
    """A header or parameter with another action is ignored."""
    headers = {"X-Amz-Target": "x.DeleteAppInstance"}
    assert send("GET", "/app-instances?Action=DeleteAppInstance", headers=headers)[0] == 200
    assert [call.operation for call in backend.calls] == ["ListAppInstances"]


@pytest.mark.usefixtures("backend")
def test_a_region_without_the_service_has_no_such_host() -> None:
    """The service exists in two regions. Elsewhere, its host name does not exist."""
    make_client(region="eu-central-1").list_app_instances()
    with pytest.raises(EndpointConnectionError):
        make_client(region="us-west-2").list_app_instances()


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("way", ["environment", "header"])
def test_the_account_is_the_callers(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Moto's usual rules select the account."""
    headers: dict[str, str] = {}
    if way == "environment":
        monkeypatch.setenv("MOTO_ACCOUNT_ID", "000000000000")
    else:
        headers["x-moto-account-id"] = "000000000000"
    body = json.dumps({"Name": "chat", "ClientRequestToken": "token"}).encode()
    arn = json.loads(send("POST", "/app-instances", body, headers)[2])["AppInstanceArn"]
    assert arn.startswith("arn:aws:chime:us-east-1:000000000000:app-instance/")
    assert [*identity_backend(account_id="000000000000").app_instances] == [arn]
    assert not identity_backend().app_instances
