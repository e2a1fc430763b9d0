"""The permissions that calls need, if a service decides what callers may do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore import UNSIGNED
from moto import mock_aws

from chime_endpoints_emulator import EmulatorServer, identity_backend, push_backend
from chime_endpoints_emulator.authorization import Denial, Permission, RemoteAuthorizer
from chime_endpoints_emulator.push.responses import OPERATIONS as PUSH_OPERATIONS
from chime_endpoints_emulator.responses import OPERATIONS
from support.identity import APPLICATION, make_client, refusal, registration

pytestmark = pytest.mark.slow

CALLER = "arn:aws:sts::123456789012:assumed-role/function/session"


class Iam:
    """An authorizer that records what is needed, and denies one action."""

    def __init__(self) -> None:
        self.needed: list[Permission] = []
        self.denied = ""
        self.down = False

    def __call__(self, *, access_key: str, region: str, needed: Sequence[Permission]) -> Denial | None:
        """Decide."""
        assert (access_key, region) == ("made-up", "us-east-1")
        if self.down:
            raise ConnectionRefusedError("down")
        self.needed.extend(needed)
        lacking = [each for each in needed if each.action == self.denied]
        return Denial(principal=CALLER, permission=lacking[0]) if lacking else None


@pytest.fixture
def iam() -> Iam:
    """An authorizer that allows everything at first."""
    return Iam()


@pytest.fixture
def client(iam: Iam) -> Iterator[Any]:
    """A client of a server that asks the authorizer."""
    with mock_aws(), EmulatorServer(authorizer=iam) as server:
        yield make_client(url=server.url)


@pytest.fixture
def user(client: Any) -> str:
    """The ARN of a user."""
    app_instance = client.create_app_instance(Name="chat")["AppInstanceArn"]
    named = {"AppInstanceArn": app_instance, "AppInstanceUserId": "alice", "Name": "Alice"}
    return str(client.create_app_instance_user(**named)["AppInstanceUserArn"])


def test_a_registration_needs_the_user_and_the_application(client: Any, iam: Iam, user: str) -> None:
    """Both permissions are the caller's."""
    iam.needed.clear()
    client.register_app_instance_user_endpoint(**registration(user))
    assert iam.needed == [
        ("chime:RegisterAppInstanceUserEndpoint", user),
        ("mobiletargeting:GetApp", APPLICATION),
    ]


def test_a_denied_operation_has_no_effect(client: Any, iam: Iam, user: str) -> None:
    """The message names the caller, the action and the resource, as IAM's does."""
    iam.denied = action = "chime:TagResource"
    tags = {"ResourceARN": user, "Tags": [{"Key": "team", "Value": "chat"}]}
    assert refusal(client.tag_resource, **tags) == (
        "AccessDeniedException",
        403,
        (
            f"User: {CALLER} is not authorized to perform: {action} on resource: {user}"
            f" because no identity-based policy allows the {action} action"
        ),
    )
    assert client.list_tags_for_resource(ResourceARN=user)["Tags"] == []


def test_an_application_that_the_caller_may_not_see_is_forbidden(client: Any, iam: Iam, user: str) -> None:
    """The service asks for it, so the error is the service's own."""
    iam.denied = "mobiletargeting:GetApp"
    code, status, _ = refusal(client.register_app_instance_user_endpoint, **registration(user))
    assert (code, status) == ("ForbiddenException", 403)
    assert client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"] == []


def test_without_a_decision_nothing_is_done(client: Any, iam: Iam, user: str) -> None:
    """The service is unavailable."""
    iam.down = True
    code, status, _ = refusal(client.delete_app_instance_user, AppInstanceUserArn=user)
    assert (code, status) == ("ServiceUnavailableException", 503)


@mock_aws
def test_an_unsigned_request_is_denied(iam: Iam) -> None:
    """Nobody has made it."""
    with EmulatorServer(authorizer=iam) as server:
        client = make_client(url=server.url, signature_version=UNSIGNED)
        assert refusal(client.list_app_instances)[:2] == ("MissingAuthenticationTokenException", 403)
    assert iam.needed == []


@cache
def authorization_reference(prefix: str) -> dict[str, Any]:
    """A service in the Service Authorization Reference; its file has megabytes."""
    found = find_spec("parliament")
    assert found is not None
    assert found.origin is not None
    services = json.loads((Path(found.origin).parent / "iam_definition.json").read_text())
    (service,) = (each for each in services if each["prefix"] == prefix)
    return dict(service)


def resource_kinds(prefix: str, operation: str) -> list[str]:
    """The ARNs of an action in the reference, with placeholders."""
    service = authorization_reference(prefix)
    (action,) = (each for each in service["privileges"] if each["privilege"] == operation)
    arns = {each["resource"]: each["arn"] for each in service["resources"]}
    return [arns.get(each["resource_type"].rstrip("*"), "*") for each in action["resource_types"]]


PLACE = "us-east-1:123456789012"
INSTANCE = f"arn:aws:chime:{PLACE}:app-instance/i"
NAMES = {"${Partition}": "aws", "${Region}": "us-east-1", "${AccountId}": "123456789012", "${Account}": "123456789012"}
IDS = {"${AppInstanceId}": "i", "${AppInstanceUserId}": "u", "${AppId}": "a"}


@mock_aws
@pytest.mark.parametrize(
    ("prefix", "operation"),
    [("chime", name) for name in OPERATIONS] + [("mobiletargeting", name) for name in PUSH_OPERATIONS],
)
def test_permissions_are_on_the_resources_of_the_service_authorization_reference(prefix: str, operation: str) -> None:
    """The resource is of a kind that the reference lists for the action."""
    backend: Any = identity_backend() if prefix == "chime" else push_backend()
    parameters = {"AppInstanceArn": INSTANCE} if prefix == "chime" else {"ApplicationId": "a"}
    if operation == "CreateApp":
        parameters = {}
    if "AppInstanceUser" in operation and operation not in ("ListAppInstanceUsers", "CreateAppInstanceUser"):
        parameters = {"AppInstanceUserArn": f"{INSTANCE}/user/u"}
    if "Tag" in operation:
        parameters = {"ResourceARN": f"{INSTANCE}/user/u"}
    needed = backend.permissions_for(operation, parameters)[0]
    possible = []
    for arn in resource_kinds(prefix, operation):
        for placeholder, value in {**NAMES, **IDS, "${ChannelType}": needed.resource.rpartition("/")[2]}.items():
            arn = arn.replace(placeholder, value)
        possible += [arn, arn.replace("/i/", "/*/"), arn[: arn.rfind("/")] + "/*"]
    assert needed.action == f"{prefix}:{operation}"
    assert needed.resource in possible


@pytest.mark.parametrize(
    ("answer", "denial"),
    [
        (None, None),
        (
            {"principal": CALLER, "action": "chime:X", "resource": "arn"},
            Denial(principal=CALLER, permission=Permission("chime:X", "arn")),
        ),
        (
            {"code": "UnrecognizedClientException", "message": "no"},
            Denial(code="UnrecognizedClientException", message="no"),
        ),
    ],
    ids=["allowed", "denied", "unknown credentials"],
)
def test_another_service_can_decide(answer: Any, denial: Denial | None) -> None:
    """It is asked over HTTP."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"denied": answer}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        authorizer = RemoteAuthorizer(f"http://127.0.0.1:{server.server_port}/")
        assert authorizer(access_key="key", region="us-east-1", needed=[Permission("chime:X", "arn")]) == denial
    assert asked == [{"access_key": "key", "region": "us-east-1", "needed": [["chime:X", "arn"]]}]
