"""Calling the service without HTTP gives the same results as boto3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chime_endpoints_emulator import Fault
from support.direct import DirectClient
from support.stage import APPLICATION, REGION, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def story(client: Any, stage: Stage, token: str) -> Iterator[object]:
    """The responses in the life of an endpoint."""
    user = {"AppInstanceUserArn": stage.user}
    wanted = user | {"Type": "APNS", "ResourceArn": APPLICATION, "EndpointAttributes": {"DeviceToken": "canary"}}

    def call(operation: str, **parameters: Any) -> object:
        try:
            answer = getattr(client, f"{operation}_app_instance_user_endpoint")(**parameters)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        except ReadTimeoutError as error:
            return type(error)
        metadata = answer.pop("ResponseMetadata")
        return answer, metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["content-type"]

    for fault in (
        Fault(REGISTER, error="ThrottledClientException", status=429),
        Fault(REGISTER, answer="hang"),  # type: ignore[arg-type] # its word
        Fault(REGISTER, answer="empty"),  # type: ignore[arg-type] # its word
    ):
        stage.backend.faults.append(fault)
        yield call("register", **wanted, ClientRequestToken=token)
    yield call("register", **wanted, ClientRequestToken="??")
    registered = client.register_app_instance_user_endpoint(**wanted, ClientRequestToken=token, Name="canary")
    which = user | {"EndpointId": registered["EndpointId"]}
    yield call("register", **wanted, ClientRequestToken=f"{token}-two")
    yield call("update", **which, Name="other", AllowMessages="NONE")
    yield call("describe", **which)
    yield client.list_app_instance_user_endpoints(**user, MaxResults=50)["AppInstanceUserEndpoints"]
    yield call("deregister", **which)
    yield call("deregister", **which)


@pytest.mark.parametrize("timestamps", ["seconds", "milliseconds"])
def test_the_direct_way_answers_what_boto3_does(stage: Stage, timestamps: str) -> None:
    """This is true with and without faults, for successful, rejected, empty and missing responses."""
    stage.backend.switches.change({"timestamps": timestamps})
    answers = []
    for is_direct in (False, True):
        client = DirectClient(stage.backend) if is_direct else stage.clients.chime(REGION)
        answers.append(
            [
                re.sub(ID, "…", json.dumps(answer, sort_keys=True, default=str))
                for answer in story(client, stage, str(is_direct))
            ]
        )
    assert answers[0] == answers[1]
    assert len(answers[0]) == 10
