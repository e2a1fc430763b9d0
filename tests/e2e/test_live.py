"""The suite of `make live`, run on the local cloud exactly as it runs on AWS."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from live.account import Account
from live.run import PREFIX, Run
from live.sandbox.leftovers import find, remove
from live.sandbox.sandbox import Sandbox, made_up_token
from live.sandbox.stacks import deploy
from support.deployment import ROOT, Stage

pytestmark = pytest.mark.e2e

DIFFERENT_HERE = {"event-before-replacement", "log-keys", "trace-header"}
"""The assumptions that hold on AWS as far as is known, and that the local cloud does not fulfil."""


PAGE = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")
DOCUMENTED = set(re.findall(r'"([a-z0-9]+:[A-Za-z]+)"', PAGE))
"""The actions of the policy on the page."""
_PREFIXES = {"chime-sdk-identity": "chime", "chime-sdk-messaging": "chime", "pinpoint": "mobiletargeting"}
_OTHER_NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
}


def _action(operation: str) -> str:
    """The IAM action that an operation of boto3 needs."""
    service, _, name = operation.partition(":")
    action = f"{_PREFIXES.get(service, service)}:{name}"
    return _OTHER_NAMES.get(action, action)


@pytest.fixture
def account(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account of the local cloud."""
    for name, value in stage.cloud.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return Account()


def _everything(stage: Stage) -> dict[str, Any]:
    """The names of all that the local cloud has."""
    logs, secrets = stage.client("logs"), stage.clients.secretsmanager
    return {
        "app instances": {each["arn"] for each in stage.emulator_state()["app_instances"]},
        "stacks": {
            each["StackName"]
            for each in stage.clients.cloudformation.describe_stacks()["Stacks"]
            if each["StackStatus"] != "DELETE_COMPLETE"
        },
        "buckets": {each["Name"] for each in stage.client("s3").list_buckets()["Buckets"]},
        "secrets": {each["Name"] for each in secrets.list_secrets()["SecretList"]},
        "roles": {each["RoleName"] for each in stage.client("iam").list_roles()["Roles"]},
        "log groups": {each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]},
    }


def test_the_suite_settles_everything_and_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    """It observes the emulator's defaults, and both forms of rollback."""
    before, path = _everything(stage), tmp_path / "profile.json"
    ran = subprocess.run(
        [sys.executable, "-m", "live", "--yes", "--quick", "--profile", str(path)],
        env=stage.cloud.environment | {"PYTHONPATH": str(ROOT / "tools")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2, ran.stdout + ran.stderr
    profile = json.loads(path.read_text())
    assert not profile["not known"]
    verdicts = {name: each["verdict"] for name, each in profile["stack"].items()}
    assert {name for name, verdict in verdicts.items() if verdict == "differs"} == DIFFERENT_HERE, ran.stdout
    assert {verdicts["create-rolled-back"], verdicts["update-rolled-back"], verdicts["replaced"]} == {"holds"}
    assert _everything(stage) == before
    missing = {action for operation in profile["operations"] if (action := _action(operation)) not in DOCUMENTED}
    assert not missing, f"{', '.join(missing)}: not in the policy of docs/live.md"


def test_a_runs_things_are_deleted_and_no_others(stage: Stage, account: Account) -> None:
    """Names that only begin like a run's are no run's."""
    foreign = f"{PREFIX}mine"
    stage.client("s3").create_bucket(Bucket=foreign)
    stage.clients.secretsmanager.create_secret(Name=foreign, SecretString="x")
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    deploy(account, "create", foreign, topic, tags={})
    before, made = _everything(stage), Run.new()
    sandbox = Sandbox(account, made)
    sandbox.register(sandbox.user("a"), made_up_token())
    account.client("secretsmanager").create_secret(Name=made.name("tokens"), SecretString="x")
    account.client("s3").create_bucket(Bucket=made.name("code"))
    account.client("s3").put_object(Bucket=made.name("code"), Key="a.zip", Body=b"x")
    account.client("logs").create_log_group(logGroupName=f"/aws/lambda/{made.name('trace')}")
    deploy(account, "create", made.name("life"), topic, tags=made.tags)
    found = find(account)
    assert [each.kind for each in found] == ["stack", "log group", "app instance", "application", "secret", "bucket"]
    assert {each.run for each in found} == {made}
    assert remove(account, found) == []
    assert _everything(stage) == before
    stage.client("s3").delete_bucket(Bucket=foreign)
    stage.clients.secretsmanager.delete_secret(SecretId=foreign, ForceDeleteWithoutRecovery=True)
    stage.clients.cloudformation.delete_stack(StackName=foreign)
