"""A secret is found by its name, its complete ARN and its partial ARN, whatever its name ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.secrets_manager import Vault, find
from support.stage import ACCOUNT, REGION, Stage

NAMES = ["push", "chime/push", "chime/push-tokens", "chime/push-Tokens", "chime/app-123456", "a.b_c+d=e@f"]
PREFIX = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"


def arn_of(name: str) -> str:
    """A secret's complete ARN."""
    return f"{PREFIX}{name}-AbCdEf"


def created(stage: Stage, vault: Any, declared: str) -> dict[str, Any]:
    """The response to a Create whose device token is in a secret with this name."""
    stage.clients = replace(stage.clients, vault=vault)
    source = {"SecretArn": declared, "Field": "alice"}
    return stage.create(stage.properties(EndpointAttributes={"DeviceTokenSource": source}))


@pytest.mark.parametrize("way", ["name", "complete ARN", "partial ARN"])
@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_found_by_every_way_to_name_it(stage: Stage, name: str, way: str) -> None:
    """A secret is found even if its partial ARN looks like a complete one, which AWS cannot find."""
    declared = {"name": name, "complete ARN": arn_of(name), "partial ARN": f"{PREFIX}{name}"}[way]
    answer = created(stage, Vault({arn_of(name): json.dumps({"alice": "canary"})}), declared)
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    assert [each.device_token for each in stage.registered] == ["canary"]


def test_an_arn_that_has_both_readings_is_the_complete_one(stage: Stage) -> None:
    """If both secrets exist, an ARN that fits both is a complete one, as AWS reads it."""
    both = {
        f"{PREFIX}chime/push-tokens": json.dumps({"alice": "canary-complete"}),
        arn_of("chime/push-tokens"): json.dumps({"alice": "canary-partial"}),
    }
    created(stage, Vault(both), f"{PREFIX}chime/push-tokens")
    assert [each.device_token for each in stage.registered] == ["canary-complete"]


def test_another_secret_of_the_same_name_is_not_taken(stage: Stage) -> None:
    """A secret of this account is not used if the ARN names another account."""
    declared = f"{PREFIX}chime/push-tokens".replace(ACCOUNT, "999999999999")
    answer = created(stage, Vault({arn_of("chime/push-tokens"): json.dumps({"alice": "canary"})}), declared)
    assert answer["Reason"].startswith("CE-201: GetSecretValue of secret arn:")
    assert stage.registered == []


class Denying(Vault):
    """A Secrets Manager whose role may read the one secret only, as with IAM on AWS."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if find(SecretId, self.contents) is None:
            error = {"Code": "AccessDeniedException", "Message": "canary is not authorized to perform it"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "GetSecretValue")
        return super().get_secret_value(SecretId=SecretId)


def test_a_reading_that_is_denied_costs_no_time(stage: Stage) -> None:
    """If IAM denies one reading of the ARN, the other is tried without a wait."""
    began = stage.clock.now()
    vault = Denying({arn_of("chime/push-tokens"): json.dumps({"alice": "canary"})})
    assert created(stage, vault, f"{PREFIX}chime/push-tokens")["Status"] == "SUCCESS"
    assert stage.clock.now() == began


@pytest.mark.parametrize("declared", ["push", f"{PREFIX}push", arn_of("push")])
def test_the_reason_covers_a_missing_secret_if_aws_only_denies(stage: Stage, declared: str) -> None:
    """If a secret does not exist, AWS denies access; the advice covers that as well as permissions."""
    reason = created(stage, Denying({}), declared)["Reason"]
    assert reason.startswith("CE-202: ")
    assert reason.endswith("AWS also denies access to a secret that does not exist.")


@pytest.mark.parametrize("code", ["InvalidRequestException", "DecryptionFailure"])
def test_an_error_of_the_second_reading_is_reported(stage: Stage, code: str) -> None:
    """If the second reading of the ARN fails, the reason has its error code."""

    class Failing(Vault):
        def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
            if SecretId.startswith("arn:"):
                return super().get_secret_value(SecretId=SecretId)
            error = {"Code": code, "Message": "canary"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "GetSecretValue")

    vault = Failing({arn_of("chime/push-tokens"): "{}"})
    assert f" failed: {code}. " in created(stage, vault, f"{PREFIX}chime/push-tokens")["Reason"]
