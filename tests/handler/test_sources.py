"""Device tokens read from Secrets Manager and Systems Manager when an event is handled."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from support.stage import REGION, Stage


def secret(content: str | bytes) -> str:
    """Makes a secret and returns its ARN."""
    kind: dict[str, Any] = {"SecretBinary" if isinstance(content, bytes) else "SecretString": content}
    arn: str = boto3.client("secretsmanager", region_name=REGION).create_secret(Name="push", **kind)["ARN"]
    return arn


def from_source(stage: Stage, **source: str) -> dict[str, Any]:
    """Properties whose device token comes from a source."""
    return stage.properties(EndpointAttributes={"DeviceTokenSource": source})


def test_a_field_of_a_secret_is_registered(stage: Stage) -> None:
    """The value is read when the event is handled."""
    stage.create(from_source(stage, SecretArn=secret(json.dumps({"apns": "canary-secret"})), Field="apns"))
    assert stage.registered[0].device_token == "canary-secret"


def test_a_whole_secret_is_registered(stage: Stage) -> None:
    """Without a Field the secret is the token."""
    stage.create(from_source(stage, SecretArn=secret("canary-secret")))
    assert stage.registered[0].device_token == "canary-secret"


def test_a_parameter_is_registered_decrypted(stage: Stage) -> None:
    """SecureString and a version work as well."""
    client = boto3.client("ssm", region_name=REGION)
    for value in ("canary-1", "canary-2"):
        client.put_parameter(Name="/push/alice", Value=value, Type="SecureString", Overwrite=True)
    stage.create(from_source(stage, ParameterName="/push/alice", Version="1"))
    assert stage.registered[0].device_token == "canary-1"


def test_a_rotated_secret_replaces_the_endpoint_at_the_next_update(stage: Stage) -> None:
    """The value read differs from what is registered."""
    arn = secret("canary-old")
    old, new = from_source(stage, SecretArn=arn), from_source(stage, SecretArn=arn) | {"Name": "new"}
    first = stage.create(old)
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=arn, SecretString="canary-new")
    answer = stage.update(first["PhysicalResourceId"], new, old)
    stage.delete(first["PhysicalResourceId"], old)
    (endpoint,) = stage.registered
    assert (endpoint.device_token, endpoint.name) == ("canary-new", "new")
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


def test_another_source_with_the_same_value_keeps_the_endpoint(stage: Stage) -> None:
    """It is the value that identifies an endpoint, not where it is kept."""
    old = stage.properties(EndpointAttributes={"DeviceToken": "canary-secret"})
    first = stage.create(old)
    answer = stage.update(first["PhysicalResourceId"], from_source(stage, SecretArn=secret("canary-secret")), old)
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert len(stage.registered) == 1


def test_a_pinned_source_is_not_read_again(stage: Stage) -> None:
    """One version of a parameter cannot change: a new name costs one call, as with a plain token."""
    boto3.client("ssm", region_name=REGION).put_parameter(Name="p", Value="canary", Type="String")
    old = from_source(stage, ParameterName="p", Version="1")
    first = stage.create(old)
    stage.update(first["PhysicalResourceId"], old | {"Name": "new"}, old)
    assert stage.operations == ["Register", "Update"]


@pytest.mark.parametrize(
    ("content", "field", "problem"),
    [
        ("canary-not-json", "apns", "not a JSON object"),
        ('["canary"]', "apns", "not a JSON object"),
        ('{"other": "canary"}', "apns", "no such Field"),
        ('{"apns": 5}', "apns", "not a string"),
        ('{"apns": ""}', "apns", "0 characters"),
        (b"canary", None, "binary"),
        ("canary-token\n", None, "control character"),
        ("canary" * 10_000, None, "60000 characters"),
    ],
)
def test_a_secret_that_holds_no_token_is_explained(
    stage: Stage, content: str | bytes, field: str | None, problem: str
) -> None:
    """F23: nothing is registered, and nothing of the secret is told."""
    source = {"SecretArn": secret(content)} | ({"Field": field} if field else {})
    answer = stage.create(from_source(stage, **source))
    assert answer["Status"] == "FAILED"
    assert problem in answer["Reason"]
    assert "canary" not in answer["Reason"]
    assert not stage.backend.calls


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ({"SecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:none-abcdef"}, "ResourceNotFound"),
        ({"ParameterName": "/none"}, "ParameterNotFound"),
        ({"ParameterName": "/none", "Version": "7"}, "ParameterNotFound"),
    ],
)
def test_a_missing_source_is_named(stage: Stage, source: dict[str, str], problem: str) -> None:
    """F23: the service's code and what to look at."""
    answer = stage.create(from_source(stage, **source))
    assert problem in answer["Reason"]
    assert "DeviceTokenSource" in answer["Reason"]


def test_a_secret_that_is_to_be_deleted_is_named(stage: Stage) -> None:
    """F23: pending deletion."""
    arn = secret("canary")
    boto3.client("secretsmanager", region_name=REGION).delete_secret(SecretId=arn)
    assert "scheduled for deletion" in stage.create(from_source(stage, SecretArn=arn))["Reason"]


def test_a_dynamic_reference_is_refused_with_the_way_to_go(stage: Stage) -> None:
    """CloudFormation does not resolve it in custom resources: it would be registered as it stands."""
    token = "{{resolve:secretsmanager:push:SecretString:apns}}"
    answer = stage.create(stage.properties(EndpointAttributes={"DeviceToken": token}))
    assert "DeviceTokenSource" in answer["Reason"]
    assert not stage.backend.calls


def test_an_update_whose_secret_is_gone_keeps_the_endpoint(stage: Stage) -> None:
    """F23: a source that fails is no reason to touch what is registered."""
    old = from_source(stage, SecretArn=secret("canary"))
    first = stage.create(old)
    gone = from_source(stage, ParameterName="/none")
    answer = stage.update(first["PhysicalResourceId"], gone, old)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert len(stage.registered) == 1


def test_the_endpoint_of_an_unanswered_create_with_a_source_is_reclaimed(stage: Stage) -> None:
    """F57: what would have been registered is read again, to recognise it."""
    properties = from_source(stage, SecretArn=secret("canary"))
    stage.create(properties)
    stage.backend.faults.append(Fault("ListAppInstanceUserEndpoints", error="ServiceFailureException", status=500))
    stage.delete("chat-Phone-1X2Y3Z", properties)
    assert not stage.registered
