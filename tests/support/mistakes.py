"""The most common mistakes, each made with the real handler. Each returns what the deployer reads."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import SSLError

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.refusing import Refusing
from support.stage import ACCOUNT, OTHER_APPLICATION, REGION, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
UPDATE = "UpdateAppInstanceUserEndpoint"
DESCRIBE = "DescribeAppInstanceUserEndpoint"
DEREGISTER = "DeregisterAppInstanceUserEndpoint"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:push-AbCdEf"
PARAMETER = "/push/alice"

Mistake = Callable[[Stage], str]
"""Makes the mistake and returns the Reason, or the line of the log if there is no Reason."""


def declared(**changes: Any) -> Mistake:
    """A Create with changed properties."""
    return lambda stage: str(stage.create(stage.properties(**changes))["Reason"])


def tagged(*tags: Mapping[str, str]) -> Mistake:
    """A Create of tags."""
    return lambda stage: _reason_of_tags(stage, list(tags))


def _reason_of_tags(stage: Stage, tags: object) -> str:
    return str(stage.create({"ResourceARN": stage.user, "Tags": tags}, ResourceType=TAGS_TYPE)["Reason"])


def from_source(content: str | bytes | None = None, member: str = "DeviceTokenSource", **source: str) -> Mistake:
    """A Create with a token source; if a content is given, a secret with it is created first."""

    def make(stage: Stage) -> str:
        if content is not None:
            kind: dict[str, Any] = {"SecretBinary" if isinstance(content, bytes) else "SecretString": content}
            made = boto3.client("secretsmanager", region_name=REGION).create_secret(Name="push", **kind)
            source["SecretArn"] = made["ARN"]
        attributes = {"DeviceToken": "canary-token-a"} if member == "VoipDeviceTokenSource" else {}
        return declared(EndpointAttributes=attributes | {member: source})(stage)

    return make


def refused_source(code: str, **source: str) -> Mistake:
    """A Create whose source returns an error."""

    def make(stage: Stage) -> str:
        stage.clients = Refusing(stage, code, times=None)  # type: ignore[assignment] # in the place of the staged ones
        return from_source(**source)(stage)

    return make


def secret_to_be_deleted(stage: Stage) -> str:
    """The secret is in its recovery window."""
    client = boto3.client("secretsmanager", region_name=REGION)
    arn = client.create_secret(Name="push", SecretString="canary")["ARN"]
    client.delete_secret(SecretId=arn)
    return from_source(SecretArn=arn)(stage)


def failing(operation: str, then: Mistake, **fault: Any) -> Mistake:
    """An event during which every call of an operation fails."""

    def make(stage: Stage) -> str:
        if then is not created:
            stage.create()
        stage.backend.faults.append(Fault(operation, **{"times": None, **fault}))
        return then(stage)

    return make


def created(stage: Stage) -> str:
    """A Create."""
    return str(stage.create()["Reason"])


def in_a_role_without_trust(stage: Stage) -> str:
    """A Create by a role that does not trust the function."""
    properties = stage.properties(AssumedRoleArn=f"arn:aws:iam::{ACCOUNT}:role/ChimeEndpoints")
    return str(stage.create(properties)["Reason"])


def renamed(stage: Stage) -> str:
    """An Update of the name."""
    return str(stage.update(held(stage), stage.properties(Name="new"), stage.properties())["Reason"])


def replaced(stage: Stage) -> str:
    """An Update of the device token."""
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    return str(stage.update(held(stage), new, stage.properties())["Reason"])


def deleted(stage: Stage) -> str:
    """A Delete."""
    return str(stage.delete(held(stage))["Reason"])


def tagged_well(stage: Stage) -> str:
    """Valid tags."""
    return _reason_of_tags(stage, [{"Key": "team", "Value": "chat"}])


def held(stage: Stage) -> str:
    """The physical ID of the first registered endpoint."""
    return f"{stage.user}/endpoint/{stage.registered[0].endpoint_id}"


def of_a_missing_user(stage: Stage) -> str:
    """The user was never created."""
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    return created(stage)


def tags_of_a_missing_user(stage: Stage) -> str:
    """The user to tag was never created."""
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    return tagged_well(stage)


def over_the_quota(stage: Stage) -> str:
    """The user has ten endpoints."""
    for number in range(10):
        stage.stranger(f"token-{number}")
    return created(stage)


def over_the_tags(stage: Stage) -> str:
    """The user has fifty tags."""
    stage.backend.tags[stage.user] = {f"key-{number}": "1" for number in range(50)}
    return tagged_well(stage)


def held_by_a_stranger(stage: Stage) -> str:
    """The mobile app has already registered the token."""
    stage.stranger()
    return created(stage)


def held_by_a_dead_endpoint(stage: Stage) -> str:
    """The endpoint with the token is inactive."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    return created(stage)


def held_by_a_renamed_resource(stage: Stage) -> str:
    """The same device belongs to a former logical ID of the stack."""
    stage.clock.sleep(5)
    held = stage.create(LogicalResourceId="Tablet")["PhysicalResourceId"]
    stage.stack.happens("CREATE_COMPLETE", held, to="Tablet")
    stage.stack.others["Tablet"] = {"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": held}
    stage.clock.sleep(5)
    return created(stage)


def held_by_another_user(stage: Stage) -> str:
    """The device belonged to another user before."""
    stage.backend.switches.device_token_conflict = "app_instance"
    other = stage.backend.create_app_instance_user(
        app_instance_arn=stage.user.split("/user/")[0], app_instance_user_id="bob", name="Bob"
    )
    stage.stranger(app_instance_user_arn=other)
    return created(stage)


def adopted_with_another_application(stage: Stage) -> str:
    """The endpoint to adopt cannot be changed to match the declaration."""
    stage.stranger(resource_arn=OTHER_APPLICATION, endpoint_type="APNS_SANDBOX")
    return declared(AdoptExisting="true")(stage)


def delivered_late(stage: Stage) -> str:
    """CloudFormation has rolled back in the meantime."""
    stage.sent()
    stage.clock.sleep(60)
    stage.stack.detail = {"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "chat-Phone-1X2Y3Z"}
    return created(stage)


def removed_meanwhile(stage: Stage) -> str:
    """The endpoint is deregistered while it is being adopted."""
    stage.stranger()
    stage.backend.faults.append(Fault(UPDATE, call=stage.backend.endpoints.clear))
    return declared(AdoptExisting="true")(stage)


def adopted_dead(stage: Stage) -> str:
    """The adopted endpoint is inactive."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    with _logged() as lines:
        answer = stage.create(stage.properties(AdoptExisting="true"))
    assert answer["Status"] == "SUCCESS"
    return _told(lines, Code.INACTIVE)


def like_what_a_lost_create_declared(stage: Stage) -> str:
    """CloudFormation never received the answer to the Create, and does not say when it began."""
    stage.stranger(name="canary phone")
    with _logged() as lines:
        answer = stage.delete("chat-Phone-1X2Y3Z4ABCDE")
    assert answer["Status"] == "SUCCESS"
    return _told(lines, Code.LEFT_ALONE)


def without_time(stage: Stage) -> str:
    """The function's timeout is too short."""
    return str(stage.deliver(stage.event("Create", stage.properties()), seconds=0.8)["Reason"])


def in_a_region_without_the_service(stage: Stage) -> str:
    """The host does not exist."""
    there = {
        name: value.replace("us-east-1", "eu-west-1") for name, value in stage.properties().items() if "Arn" in name
    }
    return declared(**there)(stage)


def raising(error: BaseException) -> Callable[[], None]:
    """Raise the exception at a fault."""

    def fail() -> None:
        raise error

    return fail


def answered_in_vain(stage: Stage) -> str:
    """The response URL does not respond."""
    stage.sink.refuses = True
    with _logged() as lines:
        try:
            stage.run(stage.event("Create", stage.properties()))
        except AnswerNotAcceptedError:
            return _told(lines, Code.NOT_TOLD)
    raise AssertionError(lines)


def answered_too_late(stage: Stage) -> str:
    """The response URL has expired."""
    stage.sink.statuses = [403] * 3
    with _logged() as lines:
        stage.run(stage.event("Create", stage.properties()))
    return _told(lines, Code.NOT_TOLD)


def a_test_event(stage: Stage) -> str:
    """Someone chooses "Test" in the Lambda console."""
    with _logged() as lines:
        stage.run({"key1": "value1"})
    return _told(lines, Code.NOT_AN_EVENT)


def misspelt_request_type(stage: Stage) -> str:
    """Someone writes an event by hand."""
    return str(stage.deliver(stage.event("create", stage.properties()))["Reason"])


@contextmanager
def _logged() -> Iterator[list[str]]:
    """The handler's log."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keeper = Keeper()
    logger = logging.getLogger("chime_endpoints")
    logger.addHandler(keeper)
    try:
        yield lines
    finally:
        logger.removeHandler(keeper)


def _told(lines: list[str], code: Code) -> str:
    return next(line for line in lines if code in line)


MISTAKES: Mapping[Code, tuple[Mistake, ...]] = {
    Code.MISSING: (declared(Type=None), declared(EndpointAttributes={})),
    Code.UNKNOWN: (declared(Nmae="canary"),),
    Code.NOT_A_CHOICE: (declared(Type="FCM"), declared(AllowMessages="all")),
    Code.WRONG_KIND: (declared(EndpointAttributes="canary"), lambda stage: _reason_of_tags(stage, {"team": "chat"})),
    Code.MALFORMED: (
        declared(AppInstanceUserArn="canary"),
        declared(ResourceArn="canary"),
        declared(EndpointAttributes={"DeviceToken": "file://canary"}),
        declared(EndpointAttributes={"DeviceTokenSource": {"SecretArn": f"{SECRET}:canary::"}}),
    ),
    Code.WRONG_LENGTH: (declared(EndpointAttributes={"DeviceToken": ""}),),
    Code.UNPRINTABLE: (declared(EndpointAttributes={"DeviceToken": "canary\n"}),),
    Code.DYNAMIC_REFERENCE: (
        declared(EndpointAttributes={"DeviceToken": "{{resolve:secretsmanager:push:SecretString:apns}}"}),
    ),
    Code.CONTRADICTION: (
        declared(EndpointAttributes={"DeviceToken": "canary", "DeviceTokenSource": {"ParameterName": PARAMETER}}),
        declared(Type="GCM", EndpointAttributes={"DeviceToken": "canary", "VoipDeviceToken": "canary"}),
    ),
    Code.ELSEWHERE: (declared(ResourceArn=OTHER_APPLICATION.replace(REGION, "eu-central-1")),),
    Code.TAGS_OF_ENDPOINT: (declared(Tags=[{"Key": "canary", "Value": "canary"}]),),
    Code.TAG_KEY: (tagged({"Key": "aws:canary", "Value": "1"}), tagged(*[{"Key": "canary", "Value": "1"}] * 2)),
    Code.RESOURCE_TYPE: (lambda stage: str(stage.create(ResourceType="Custom::ChimeEndpoint")["Reason"]),),
    Code.SOURCE_MISSING: (from_source(SecretArn=SECRET), from_source(ParameterName=PARAMETER, Version="7")),
    Code.SOURCE_DENIED: (
        refused_source("AccessDeniedException", SecretArn=SECRET),
        refused_source("AccessDeniedException", ParameterName=PARAMETER, member="VoipDeviceTokenSource"),
        refused_source("DecryptionFailure", SecretArn=SECRET),
    ),
    Code.SOURCE_DELETED: (secret_to_be_deleted,),
    Code.FIELD_MISSING: (
        from_source(json.dumps({"canary": "canary"}), Field="apns"),
        from_source("canary", Field="apns"),
        from_source(json.dumps({"apns": ["canary"]}), Field="apns"),
    ),
    Code.NO_TOKEN: (
        from_source("canary\n"),
        from_source("x" * 5000),
        from_source(b"canary"),
        from_source(json.dumps({"alice": "canary", "bob": "canary"})),
    ),
    Code.SOURCE_REFUSED: (refused_source("InvalidParameterException", SecretArn=SECRET),),
    Code.DENIED: (
        failing(REGISTER, created, error="AccessDeniedException"),
        failing(UPDATE, renamed, error="AccessDeniedException"),
        in_a_role_without_trust,
    ),
    Code.FORBIDDEN: (of_a_missing_user, failing("TagResource", tagged_well, error="ForbiddenException")),
    Code.NO_IDENTITY: (tags_of_a_missing_user,),
    Code.VALUE_REFUSED: (
        failing(REGISTER, created, error="BadRequestException"),
        failing(UPDATE, renamed, error="BadRequestException"),
    ),
    Code.ENDPOINT_QUOTA: (over_the_quota,),
    Code.TAG_QUOTA: (over_the_tags,),
    Code.REFUSED: (failing(DESCRIBE, replaced, error="BadRequestException"),),
    Code.TAKEN: (held_by_a_stranger, held_by_a_dead_endpoint, held_by_a_renamed_resource),
    Code.TAKEN_ELSEWHERE: (held_by_another_user,),
    Code.NOT_ADOPTABLE: (adopted_with_another_application,),
    Code.STILL_THERE: (failing(DEREGISTER, deleted, error="ForbiddenException"),),
    Code.OVERTAKEN: (delivered_late,),
    Code.VANISHED: (removed_meanwhile,),
    Code.INACTIVE: (adopted_dead,),
    Code.LEFT_ALONE: (like_what_a_lost_create_declared,),
    Code.THROTTLED: (
        failing(REGISTER, created, error="ThrottledClientException"),
        refused_source("ThrottlingException", SecretArn=SECRET),
    ),
    Code.OUT_OF_TIME: (without_time,),
    Code.UNREACHABLE: (in_a_region_without_the_service,),
    Code.UNCLEAR: (failing(DEREGISTER, deleted, error="ServiceFailureException"),),
    Code.INTERCEPTED: (
        failing(REGISTER, created, answer="html"),
        failing(UPDATE, renamed, call=raising(SSLError(endpoint_url="https://canary", error="canary"))),
    ),
    Code.CREDENTIALS: (
        failing(REGISTER, created, error="ExpiredTokenException", status=403),
        failing(REGISTER, created, error="InvalidClientTokenId", status=403),
    ),
    Code.UNEXPECTED: (failing(REGISTER, created, call=raising(MemoryError("canary"))),),
    Code.NOT_TOLD: (answered_in_vain, answered_too_late),
    Code.NOT_AN_EVENT: (misspelt_request_type, a_test_event),
}
"""At least one mistake for each code."""

_ENDPOINT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECRET_SUFFIX = re.compile(r"(?<=:secret:push-)[A-Za-z]{6}")


def printed(told: str) -> str:
    """The message as the pages of the codes show it, with constant IDs."""
    return _SECRET_SUFFIX.sub("AbCdEf", _ENDPOINT_ID.sub("8c1f2f2e-6b1d-4a53-9d0e-3f5a7c9b1e24", told))
