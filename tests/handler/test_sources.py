"""Device tokens are read from Secrets Manager and Systems Manager when an event is handled."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import SourceError
from chime_endpoints_handler.model.declaration import ParameterSource, SecretSource
from support.anomalies import unanswered_create
from support.answering import Answering
from support.refusing import Refusing
from support.stage import ACCOUNT, REGION, Stage


def secret(content: str | bytes, *, region: str = REGION) -> str:
    """Create a secret and return its ARN."""
    kind: dict[str, Any] = {"SecretBinary" if isinstance(content, bytes) else "SecretString": content}
    arn: str = boto3.client("secretsmanager", region_name=region).create_secret(Name="push", **kind)["ARN"]
    return arn


def from_source(stage: Stage, **source: str) -> dict[str, Any]:
    """Properties whose device token comes from a source."""
    return stage.properties(EndpointAttributes={"DeviceTokenSource": source})


def test_a_field_of_a_secret_is_registered(stage: Stage) -> None:
    """The field of a secret is read when the event is handled, and registered."""
    stage.create(from_source(stage, SecretArn=secret(json.dumps({"apns": "canary-secret"})), Field="apns"))
    assert stage.registered[0].device_token == "canary-secret"


def test_a_whole_secret_is_registered(stage: Stage) -> None:
    """Without a Field, the whole secret is the token."""
    stage.create(from_source(stage, SecretArn=secret("canary-secret")))
    assert stage.registered[0].device_token == "canary-secret"


def test_a_parameter_is_registered_decrypted(stage: Stage) -> None:
    """A SecureString is decrypted and registered, also with a version."""
    client = boto3.client("ssm", region_name=REGION)
    for value in ("canary-1", "canary-2"):
        client.put_parameter(Name="/push/alice", Value=value, Type="SecureString", Overwrite=True)
    stage.create(from_source(stage, ParameterName="/push/alice", Version="1"))
    assert stage.registered[0].device_token == "canary-1"


def test_a_parameter_is_read_in_the_region_of_its_arn(stage: Stage) -> None:
    """A parameter is read in the region of its ARN, even if another region has the same name."""
    for region, value in ((REGION, "canary-here"), ("us-west-2", "canary-there")):
        boto3.client("ssm", region_name=region).put_parameter(Name="/push/alice", Value=value, Type="SecureString")
    stage.create(from_source(stage, ParameterName=f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/push/alice"))
    assert stage.registered[0].device_token == "canary-there"


def test_a_rotated_secret_replaces_the_endpoint_at_the_next_update(stage: Stage) -> None:
    """If the value of a rotated secret differs from the registered token, the next Update replaces it."""
    arn = secret("canary-old")
    old, new = from_source(stage, SecretArn=arn), from_source(stage, SecretArn=arn) | {"Name": "new"}
    first = stage.create(old)
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=arn, SecretString="canary-new")
    answer = stage.update(first["PhysicalResourceId"], new, old)
    stage.delete(first["PhysicalResourceId"], old)
    (endpoint,) = stage.registered
    assert (endpoint.device_token, endpoint.name) == ("canary-new", "new")
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


def test_a_rotated_voip_token_replaces_the_endpoint_at_the_next_update(stage: Stage) -> None:
    """A rotated VoIP token replaces the endpoint, although the device token is given as plain text."""
    arn = secret("canary-old")
    old = stage.properties(
        EndpointAttributes={"DeviceToken": "canary-token-a", "VoipDeviceTokenSource": {"SecretArn": arn}}
    )
    first = stage.create(old)
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=arn, SecretString="canary-new")
    answer = stage.update(first["PhysicalResourceId"], old | {"Name": "new"}, old)
    assert answer["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert stage.registered[-1].voip_device_token == "canary-new"


def test_another_source_with_the_same_value_keeps_the_endpoint(stage: Stage) -> None:
    """Another source with the same value keeps the endpoint, which its value identifies."""
    old = stage.properties(EndpointAttributes={"DeviceToken": "canary-secret"})
    first = stage.create(old)
    answer = stage.update(first["PhysicalResourceId"], from_source(stage, SecretArn=secret("canary-secret")), old)
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert len(stage.registered) == 1


def test_a_pinned_source_is_not_read_again(stage: Stage) -> None:
    """If a source names a version, an Update of the name does not read it again."""
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
        ('{"other": "canary"}', "apns", 'has no field "apns"'),
        ('{"apns": 5}', "apns", 'has a field "apns" that is not a string'),
        ('{"apns": ""}', "apns", "0 characters"),
        (b"canary", None, "binary"),
        ("canary-token\n", None, "a line break at its end"),
        ("\n", None, "a line break at its beginning"),
        ("canary\x00", None, "a NUL character at its end"),
        ("x" * 65_536, None, "65536 characters"),
        ("null", "apns", "not a JSON object"),
        ("[" * 60_000, "apns", "not a JSON object"),
        ("[" * 60_000, None, "is text in brackets"),
        ('{"apns": null}', "apns", 'has a field "apns" that is not a string'),
        ('{"apns": {"canary": "1"}}', "apns", 'has a field "apns" that is not a string'),
    ],
)
def test_a_secret_that_holds_no_token_is_explained(
    stage: Stage, content: str | bytes, field: str | None, problem: str
) -> None:
    """F23: if a secret has no token, the reason explains that without its content, and nothing is registered."""
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
    """F23: if a source does not exist, the reason has the service's code and what to check."""
    answer = stage.create(from_source(stage, **source))
    assert problem in answer["Reason"]
    assert "DeviceTokenSource" in answer["Reason"]


def test_a_secret_that_is_to_be_deleted_is_named(stage: Stage) -> None:
    """F23: if a secret is pending deletion, the reason says so."""
    arn = secret("canary")
    boto3.client("secretsmanager", region_name=REGION).delete_secret(SecretId=arn)
    assert "scheduled for deletion" in stage.create(from_source(stage, SecretArn=arn))["Reason"]


def test_a_dynamic_reference_is_refused_with_the_way_to_go(stage: Stage) -> None:
    """A dynamic reference fails with advice, because CloudFormation does not resolve it in custom resources."""
    token = "{{resolve:secretsmanager:push:SecretString:apns}}"
    answer = stage.create(stage.properties(EndpointAttributes={"DeviceToken": token}))
    assert "DeviceTokenSource" in answer["Reason"]
    assert not stage.backend.calls


def test_an_update_whose_secret_is_gone_keeps_the_endpoint(stage: Stage) -> None:
    """F23: if the source fails, an Update leaves the registered endpoint as it is."""
    old = from_source(stage, SecretArn=secret("canary"))
    first = stage.create(old)
    gone = from_source(stage, ParameterName="/none")
    answer = stage.update(first["PhysicalResourceId"], gone, old)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert len(stage.registered) == 1


def test_the_endpoint_of_an_unanswered_create_with_a_source_is_reclaimed(stage: Stage) -> None:
    """F57: a Delete reads the source again to find the endpoint of an unanswered Create."""
    properties = from_source(stage, SecretArn=secret("canary"))
    unanswered_create(stage, properties)
    stage.backend.faults.append(Fault("ListAppInstanceUserEndpoints", error="ServiceFailureException", status=500))
    stage.delete("chat-Phone-1X2Y3Z", properties)
    assert not stage.registered


SOURCES = {
    "secret": {"SecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:push-AbCdEf"},
    "parameter": {"ParameterName": "/push/alice"},
}


@pytest.mark.parametrize(
    ("kind", "code", "told"),
    [
        (
            "secret",
            "AccessDeniedException",
            "needs secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key",
        ),
        (
            "secret",
            "DecryptionFailure",
            "needs secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key",
        ),
        ("secret", "InvalidRequestException", "The secret may be scheduled for deletion"),
        ("secret", "ResourceNotFoundException", "The secret, or its declared version, does not exist"),
        ("secret", "ExpiredTokenException", "credentials have expired"),
        ("secret", "InvalidParameterException", "failed: InvalidParameterException. Read the secret with the AWS CLI"),
        ("parameter", "AccessDeniedException", "needs ssm:GetParameter on the parameter, and kms:Decrypt on its key"),
        ("parameter", "ParameterNotFound", "The parameter, or its declared version, does not exist"),
        ("parameter", "ParameterVersionNotFound", "The parameter, or its declared version, does not exist"),
        ("parameter", "InvalidKeyId", "needs ssm:GetParameter on the parameter, and kms:Decrypt on its key"),
    ],
)
@pytest.mark.parametrize("member", ["DeviceToken", "VoipDeviceToken"])
def test_a_source_that_cannot_be_read_is_reported_with_advice(
    stage: Stage, member: str, kind: str, code: str, told: str
) -> None:
    """F23: if the source is denied, the reason says what to do; a Create registers and an Update changes nothing."""
    stage.clients = Refusing(stage, code, times=None)  # type: ignore[assignment] # in the place of the staged ones
    attributes = {"DeviceToken": "canary-token-a"} if member == "VoipDeviceToken" else {}
    declared = stage.properties(EndpointAttributes=attributes | {f"{member}Source": SOURCES[kind]})
    refused = stage.create(declared)
    held = stage.create()["PhysicalResourceId"]
    failed = stage.update(held, declared, stage.properties())
    for answer in (refused, failed):
        assert answer["Status"] == "FAILED"
        assert (
            f" of {kind} {next(iter(SOURCES[kind].values()))} for {member}Source failed: {code}. " in answer["Reason"]
        )
        assert told in answer["Reason"]
        assert "canary" not in answer["Reason"]
    assert failed["PhysicalResourceId"] == held
    assert [endpoint.device_tokens for endpoint in stage.registered] == [{"canary-token-a"}]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_source_that_is_refused_for_a_moment_is_read_all_the_same(stage: Stage, kind: str, code: str) -> None:
    """F23, F30: if the source is throttled or denied for a short time, the read is retried and succeeds."""
    stage.clients = Refusing(stage, code, times=3)  # type: ignore[assignment] # in the place of the staged ones
    stage.create(stage.properties(EndpointAttributes={"DeviceTokenSource": SOURCES[kind]}))
    assert [endpoint.device_token for endpoint in stage.registered] == ["canary-secret"]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_that_is_throttled_for_ever_fails_in_time(stage: Stage, kind: str) -> None:
    """F23, F24: if the source stays throttled, the Create fails before the deadline and registers nothing."""
    stage.clients = Refusing(stage, "ThrottlingException", times=None)  # type: ignore[assignment] # likewise
    began = stage.clock.now()
    declared = stage.properties(EndpointAttributes={"DeviceTokenSource": SOURCES[kind]})
    answer = stage.create(declared)
    assert answer["Status"] == "FAILED"
    assert "throttled the call until the function had to stop retrying" in answer["Reason"]
    assert stage.clock.now() - began < 120
    assert stage.delete(answer["PhysicalResourceId"], declared)["Status"] == "SUCCESS"
    assert not stage.backend.calls


@pytest.mark.parametrize(
    ("value", "problem"),
    [("canary\n", "a line break"), ("c" * 1601, "1601 characters"), ("canary\x00", "a NUL character")],
)
def test_a_parameter_that_holds_no_token_is_explained(stage: Stage, value: str, problem: str) -> None:
    """F23: if a parameter has no token, the reason explains that."""
    boto3.client("ssm", region_name=REGION).put_parameter(Name="/push", Value=value, Type="SecureString")
    answer = stage.create(from_source(stage, ParameterName="/push"))
    assert answer["Status"] == "FAILED"
    assert problem in answer["Reason"]
    assert "canary" not in answer["Reason"]
    assert not stage.backend.calls


@pytest.mark.parametrize("version", [2, "2"])
def test_a_version_may_come_as_a_number_or_as_a_string(stage: Stage, version: object) -> None:
    """F19: a version may be a number or a string, because CloudFormation sends strings."""
    client = boto3.client("ssm", region_name=REGION)
    for value in ("canary-1", "canary-2", "canary-3"):
        client.put_parameter(Name="/push", Value=value, Type="String", Overwrite=True)
    stage.create(
        stage.properties(EndpointAttributes={"DeviceTokenSource": {"ParameterName": "/push", "Version": version}})
    )
    assert [endpoint.device_token for endpoint in stage.registered] == ["canary-2"]


@pytest.mark.parametrize(
    "source", [{"ParameterName": "{}"}, {"SecretArn": SOURCES["secret"]["SecretArn"], "Field": "{}"}]
)
def test_a_token_in_the_place_of_a_name_is_not_repeated(stage: Stage, source: dict[str, str]) -> None:
    """F74: a token in place of a name is in no reason; a name that only resembles a token is shown."""
    stage.clients = Refusing(stage, "ParameterNotFound", times=0 if "Field" in source else None)  # type: ignore[assignment] # likewise
    token, name = "0123456789abcdef" * 4, "push.alice_1-a"
    hidden, shown = (
        str(stage.create(from_source(stage, **{key: value.format(given) for key, value in source.items()}))["Reason"])
        for given in (token, name)
    )
    assert token not in hidden
    assert (
        "a JSON object, so it has no field of the declared name." if "Field" in source else " of the parameter "
    ) in hidden
    assert name in shown


def test_a_secret_of_another_region_is_read_there(stage: Stage) -> None:
    """F23: a secret is read in the region that its ARN names."""
    stage.create(from_source(stage, SecretArn=secret("canary-secret", region="eu-central-1")))
    assert stage.registered[0].device_token == "canary-secret"


def test_the_stage_of_a_secret_names_its_version(stage: Stage) -> None:
    """F23: a stage selects the version of a secret, such as the value before the last rotation."""
    arn = secret("canary-old")
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=arn, SecretString="canary-new")
    stage.create(from_source(stage, SecretArn=arn, VersionStage="AWSPREVIOUS"))
    assert stage.registered[0].device_token == "canary-old"


def test_the_id_of_a_version_names_it(stage: Stage) -> None:
    """F23: a version ID selects the version of a secret, whatever its current value."""
    arn = secret("canary-old")
    client = boto3.client("secretsmanager", region_name=REGION)
    version = client.get_secret_value(SecretId=arn)["VersionId"]
    for value in ("canary-new", "canary-newer"):
        client.put_secret_value(SecretId=arn, SecretString=value)
    stage.create(from_source(stage, SecretArn=arn, VersionId=version))
    assert stage.registered[0].device_token == "canary-old"


def test_a_parameter_without_a_value_is_explained() -> None:
    """F23: if a parameter's response has no value, the reason explains that."""
    service = Answering({"Parameter": {"Name": "/push"}})
    call = Caller(deadline=Deadline(lambda: 60.0), sleep=lambda _: None)
    with pytest.raises(SourceError, match=r"parameter /push has no value\. Store the device token in it as text\.$"):
        sources.read("DeviceToken", ParameterSource(parameter_name="/push", version="2"), clients=service, call=call)
    assert service.asked == [("get_parameter", {"Name": "/push:2", "WithDecryption": True})]


@pytest.mark.parametrize("source", [SecretSource(secret_arn="push"), ParameterSource(parameter_name="push")])
def test_an_empty_answer_is_asked_for_again(source: SecretSource | ParameterSource) -> None:
    """F26: an empty response from a source is retried, since it shows nothing about the token."""
    service = Answering({})

    def answered(_: float) -> None:
        service.answer = {"SecretString": "canary-token", "Parameter": {"Value": "canary-token"}}

    call = Caller(deadline=Deadline(lambda: 60.0), sleep=answered)
    assert sources.find("DeviceToken", source, clients=service, call=call).token == "canary-token"
    assert len(service.asked) == 2
