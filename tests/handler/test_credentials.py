"""Credentials that expire or are missing, a wrong clock, and an environment that is not Lambda's."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError, PartialCredentialsError

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.aws.clients import AwsClients
from chime_endpoints_handler.aws.failures.errors import translate
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.sink import Sink
from support.stage import ACCOUNT, APPLICATION, Clock, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
EXPIRED = [
    ("ExpiredTokenException", 403),
    ("ExpiredToken", 400),
    ("RequestExpired", 400),
    ("RequestTimeTooSkewed", 403),
    ("InvalidSignatureException", 403),
    ("SignatureDoesNotMatch", 403),
]
WHAT_TO_DO = "The function's credentials have expired, or its clock is wrong. Deploy again."


def expired(code: str, status: int, **when: Any) -> Fault:
    """Refuse every call."""
    return Fault(error=code, status=status, times=None, **when)


@pytest.mark.parametrize(("code", "status"), EXPIRED)
def test_expired_credentials_are_reported_as_such(stage: Stage, code: str, status: int) -> None:
    """F38: the error names the credentials, not a wrong value or a missing permission."""
    stage.backend.faults.append(expired(code, status))
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"CE-516: {REGISTER} with application {APPLICATION} failed: {code}. {WHAT_TO_DO}"
    stage.backend.faults.clear()
    assert stage.delete(answer["PhysicalResourceId"])["Status"] == "SUCCESS"


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize(("code", "status"), EXPIRED)
def test_credentials_that_expire_after_an_unseen_registration_leave_its_trace(
    stage: Stage, code: str, status: int, name: str | None
) -> None:
    """F38: if Register takes effect and every later call is refused, the Delete finds the endpoint."""
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        expired(code, status, nth=2),
    ]
    answer = stage.create(stage.properties(Name=name))
    assert answer["Status"] == "FAILED"
    assert len(stage.registered) == 1
    stage.backend.faults.clear()
    stage.clock.sleep(60)
    assert stage.delete(answer["PhysicalResourceId"], stage.properties(Name=name))["Status"] == "SUCCESS"
    assert stage.registered == []


@pytest.mark.parametrize("nth", range(1, 5))
@pytest.mark.parametrize(("code", "status"), EXPIRED)
def test_credentials_that_expire_during_a_replacement_leave_the_old_endpoint(
    stage: Stage, code: str, status: int, nth: int
) -> None:
    """F38: whichever call is refused, the rollback leaves the old declaration registered once."""
    old, new = stage.properties(), stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    first = stage.create(old)
    stage.backend.faults.append(expired(code, status, nth=nth))
    answer = stage.update(first["PhysicalResourceId"], new, old)
    assert answer["Status"] == "FAILED"
    assert WHAT_TO_DO in answer["Reason"]
    stage.backend.faults.clear()
    assert stage.update(answer["PhysicalResourceId"], old, new)["Status"] == "SUCCESS"
    assert [(endpoint.device_token, endpoint.name) for endpoint in stage.registered] == [
        ("canary-token-a", "canary phone")
    ]


@pytest.mark.parametrize(("code", "status"), EXPIRED)
def test_a_delete_with_expired_credentials_does_not_take_what_is_there_for_gone(
    stage: Stage, code: str, status: int
) -> None:
    """F38: a refused Delete fails; with valid credentials it removes the endpoint and the tags."""
    first = stage.create()
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.create(tags, ResourceType=TAGS_TYPE)
    stage.backend.faults.append(expired(code, status))
    failed = [
        stage.delete(first["PhysicalResourceId"]),
        stage.delete(f"{stage.user}/tags", tags, ResourceType=TAGS_TYPE),
    ]
    assert all(answer["Status"] == "FAILED" and WHAT_TO_DO in answer["Reason"] for answer in failed)
    stage.backend.faults.clear()
    stage.delete(first["PhysicalResourceId"])
    stage.delete(f"{stage.user}/tags", tags, ResourceType=TAGS_TYPE)
    assert stage.registered == []
    assert not any(stage.backend.tags.values())


def bare_stage(sink: Sink, monkeypatch: pytest.MonkeyPatch, home: Path) -> Stage:
    """A stage with its own clients, an empty environment and no service behind it."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "none"))
    user = f"arn:aws:chime:us-east-1:{ACCOUNT}:app-instance/i/user/alice"
    stage = Stage(sink=sink, user=user, backend=None, clock=Clock())  # type: ignore[arg-type] # there is none
    stage.clients = AwsClients()  # type: ignore[assignment] # the real ones
    return stage


def test_a_function_without_credentials_says_so(sink: Sink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """F47: the function fails at once and sends no request, because credentials will not appear."""
    stage = bare_stage(sink, monkeypatch, tmp_path)
    began = stage.clock.now()
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert "NoCredentialsError. The function has no credentials. Check that its role exists." in answer["Reason"]
    assert stage.clock.now() == began
    assert stage.delete(f"{stage.user}/endpoint/e")["Status"] == "FAILED"


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        CredentialRetrievalError(provider="container-role", error_msg="canary"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_credential_error_is_reported_as_such(error: Exception) -> None:
    """F47: every credential error of botocore gets the same advice, whatever its wording."""
    assert "The function has no credentials. Check that its role exists." in str(translate(REGISTER, error))


@pytest.mark.parametrize("source", [{"ParameterName": "/push/alice"}, {"SecretArn": "{secret}"}])
def test_a_token_is_not_read_without_region_or_credentials(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: dict[str, str]
) -> None:
    """F47: the reason names the source's property and what the function lacks."""
    stage = bare_stage(sink, monkeypatch, tmp_path)
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:push-AbCdEf"
    named = {member: value.format(secret=secret) for member, value in source.items()}
    answer = stage.create(stage.properties(EndpointAttributes={"DeviceTokenSource": named}))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-516: ")
    assert " for DeviceTokenSource failed: " in answer["Reason"]
    assert "The function has no " in answer["Reason"]


def test_a_refused_connection_is_reported(sink: Sink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """F26, F47: the reason for a real refused connection names the regions that have the service."""
    stage = bare_stage(sink, monkeypatch, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert "EndpointConnectionError" in answer["Reason"]
    assert "us-east-1 and eu-central-1 only" in answer["Reason"]


@pytest.mark.parametrize("region", ["eu-central-1", "ap-south-1"])
def test_calls_go_to_the_users_region_whatever_the_functions_region(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    """F47: the function must be in the stack's region, but the user may be in another."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_REGION", region)
    stage.clients = AwsClients()  # type: ignore[assignment] # made with that environment
    first = stage.create()
    assert first["Status"] == "SUCCESS"
    assert len(stage.registered) == 1
    stage.delete(first["PhysicalResourceId"])
    assert stage.registered == []


def test_an_unsupported_region_is_reported_with_the_supported_ones(stage: Stage) -> None:
    """F47: the host of that region does not exist, and the reason lists the regions that have the service."""
    there = {
        name: value.replace("us-east-1", "eu-west-1") for name, value in stage.properties().items() if "Arn" in name
    }
    answer = stage.create(stage.properties(**there))
    assert answer["Status"] == "FAILED"
    assert "us-east-1 and eu-central-1 only" in answer["Reason"]
    assert stage.registered == []


def test_an_empty_environment_costs_nothing_but_hints(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """F47: without LOG_LEVEL, region and trace ID, the function still succeeds or fails as usual."""
    for name in ("LOG_LEVEL", "AWS_DEFAULT_REGION", "AWS_REGION", "_X_AMZN_TRACE_ID", "AWS_LAMBDA_FUNCTION_NAME"):
        monkeypatch.delenv(name, raising=False)
    stage.clients = AwsClients()  # type: ignore[assignment] # CloudFormation's too, which then has no region
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", status=500))
    first = stage.create()
    assert first["Status"] == "SUCCESS"
    stage.clock.sleep(60)
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    second = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert second["Status"] == "SUCCESS"
    stage.delete(first["PhysicalResourceId"])
    stage.delete(second["PhysicalResourceId"], new)
    assert stage.registered == []


def test_sams_own_variable_stays_as_it_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM's variable is set only while crhelper is created, and then restored."""
    for value in ("theirs", None):
        if value is None:
            monkeypatch.delenv("AWS_SAM_LOCAL", raising=False)
        else:
            monkeypatch.setenv("AWS_SAM_LOCAL", value)
        stage.create()
        assert os.environ.get("AWS_SAM_LOCAL") == value
