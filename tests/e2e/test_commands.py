"""Import, drift and audit with the real cdk command: a stack adopts the mobile app's endpoints."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.roles.push_role import PUSH_ACTION, PUSH_PRINCIPAL, PUSH_ROLE
from chime_endpoints_cli.account.stacks.stacks import deleted_stack_ids
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_handler.model.physical_id import suffix
from support.deployment import APPLICATION, STACK, Stage

pytestmark = pytest.mark.e2e

REGISTERED: list[dict[str, Any]] = [
    {"Type": "APNS", "EndpointAttributes": {"DeviceToken": "canary-1", "VoipDeviceToken": "canary-2"}, "Name": "Phone"},
    {"Type": "APNS_SANDBOX", "EndpointAttributes": {"DeviceToken": "canary-3"}, "Name": "${Phone}: 'new' 📱"},
    {"Type": "GCM", "EndpointAttributes": {"DeviceToken": "canary-4"}, "AllowMessages": "NONE", "Name": "Phone"},
    {"Type": "GCM", "EndpointAttributes": {"DeviceToken": "canary-5"}},
    {"Type": "GCM", "EndpointAttributes": {"DeviceToken": "canary-6"}, "Name": ""},
]


@pytest.fixture(scope="module")
def app_instance(stage: Stage) -> Iterator[str]:
    """An app instance with two users and five endpoints, which belong to no stack."""
    chime = stage.clients.chime
    arn = str(chime.create_app_instance(Name="mobile", ClientRequestToken="mobile")["AppInstanceArn"])
    for number, parameters in enumerate(REGISTERED):
        user_id = f"user-{number % 2}"
        chime.create_app_instance_user(
            AppInstanceArn=arn, AppInstanceUserId=user_id, Name="u", ClientRequestToken=user_id
        )
        chime.register_app_instance_user_endpoint(
            AppInstanceUserArn=f"{arn}/user/{user_id}",
            ResourceArn=APPLICATION,
            ClientRequestToken=f"mobile-{number}",
            **parameters,
        )
    yield arn
    chime.delete_app_instance(AppInstanceArn=arn)


@pytest.fixture(scope="module")
def services(stage: Stage) -> Services:
    """The local cloud for the commands."""
    return Services(local=stage.cloud.addresses)


@pytest.fixture(scope="module")
def before(stage: Stage, app_instance: str) -> list[dict[str, Any]]:
    """The endpoints before the import."""
    return endpoints_of(stage, app_instance)


@pytest.fixture(scope="module")
def file(
    stage: Stage, app_instance: str, before: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The file that `import` wrote. The SDK finds the cloud through its own environment variables."""
    assert len(before) == len(REGISTERED)
    path = tmp_path_factory.mktemp("import") / "imported.yaml"
    command = [sys.executable, "-m", "chime_endpoints_cli.main", "import", app_instance]
    done = subprocess.run(
        [*command, "--store-tokens", "mobile/tokens", "--output", str(path)],
        env=stage.cloud.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "canary" not in done.stdout + done.stderr + path.read_text(encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def deployed(stage: Stage, file: Path) -> Iterator[str]:
    """The output of cdk for the deployment of the imported file."""
    yield stage.cdk.deploy("--context", f"endpoints={file}")
    stage.cdk.destroy()


def test_deploying_what_was_imported_changes_nothing_at_the_service(
    stage: Stage,
    services: Services,
    app_instance: str,
    before: list[dict[str, Any]],
    deployed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not even an endpoint's time of change differs. Afterwards, all endpoints belong to a stack and are in sync."""
    assert endpoints_of(stage, app_instance) == before, deployed
    assert run(["drift", STACK, "--json"], services=services) == ExitCode.DONE, capsys.readouterr().out
    (stack,) = json.loads(capsys.readouterr().out)["stacks"]
    assert [resource["state"] for resource in stack["resources"]] == ["in sync"] * len(REGISTERED)
    assert run(["list", app_instance, "--json"], services=services) == ExitCode.DONE
    listed = json.loads(capsys.readouterr().out)["endpoints"]
    assert {endpoint["held_by"]["stack"] for endpoint in listed} == {STACK}


@pytest.mark.usefixtures("deployed")
def test_the_doctor_examines_a_deployed_entry_and_sends_a_push(
    stage: Stage, services: Services, app_instance: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the role is missing; once it exists, the push service accepts a test push."""
    listed = run(["list", f"{app_instance}/user/user-1", "--json"], services=services)
    key = json.loads(capsys.readouterr().out)["endpoints"][0]["held_by"]["key"]
    put(stage, "push/application", {"application_arn": APPLICATION, "channel_types": ["APNS_SANDBOX"]})
    assert (listed, run(["doctor", key, "--json"], services=services)) == (ExitCode.DONE, ExitCode.FOUND)
    assert json.loads(capsys.readouterr().out)["causes"] == ["push role"]
    iam = services.roles()
    trust = {"Effect": "Allow", "Principal": {"Service": PUSH_PRINCIPAL}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=PUSH_ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    allow = {"Effect": "Allow", "Action": PUSH_ACTION, "Resource": f"{APPLICATION}/messages"}
    iam.put_role_policy(RoleName=PUSH_ROLE, PolicyName="Send", PolicyDocument=json.dumps({"Statement": [allow]}))
    try:
        assert run(["doctor", key, "--send", "--yes"], services=services) == ExitCode.DONE
    finally:
        iam.delete_role_policy(RoleName=PUSH_ROLE, PolicyName="Send")
        iam.delete_role(RoleName=PUSH_ROLE)
    shown = capsys.readouterr()
    assert "Apple accepted the test push" in shown.out
    assert "canary" not in shown.out + shown.err


@pytest.mark.usefixtures("deployed")
def test_what_changes_past_the_stack_is_found(
    stage: Stage, services: Services, before: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One endpoint was renamed, one deregistered, one is inactive, and a secret was rotated."""
    renamed, gone, inactive, rotated, _ = before
    stage.clients.chime.update_app_instance_user_endpoint(
        **address(renamed), Name="\x1b[31mforged", AllowMessages="ALL"
    )
    stage.clients.chime.deregister_app_instance_user_endpoint(**address(gone))
    set_inactive(stage, inactive)
    rotate(stage, rotated["device_token"])
    assert run(["drift", STACK], services=services) == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert f"{STACK} (us-east-1): 1 endpoint in sync, 2 changed, 1 inactive, 1 gone" in shown
    assert "INVALID_DEVICE_TOKEN" in shown
    assert r"\x1b[31mforged" in shown
    assert f"cdk deploy {STACK}" in shown
    assert "canary" not in shown


def test_only_what_a_deleted_stack_has_named_is_repaired(
    stage: Stage, services: Services, app_instance: str, deployed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Adopted endpoints stay, because the file retains them until the user removes that line."""
    assert deployed
    stage.cdk.destroy()
    left = endpoints_of(stage, app_instance)
    assert len(left) == len(REGISTERED) - 1
    stack_id = next(id_ for id_ in deleted_stack_ids(services.stacks()) if f"/{STACK}/" in id_)
    stage.clients.chime.register_app_instance_user_endpoint(
        AppInstanceUserArn=f"{app_instance}/user/user-0",
        ResourceArn=APPLICATION,
        ClientRequestToken="orphan",
        Type="GCM",
        EndpointAttributes={"DeviceToken": "canary-7"},
        Name=f"{STACK}-Lost-{suffix(stack_id, 'Lost')}",
    )
    assert run(["audit", app_instance], services=services) == ExitCode.FOUND
    assert "1 orphan" in capsys.readouterr().out
    assert run(["audit", app_instance, "--repair", "--yes"], services=services) == ExitCode.DONE
    assert endpoints_of(stage, app_instance) == left
    assert run(["audit", app_instance], services=services) == ExitCode.DONE


def endpoints_of(stage: Stage, app_instance: str) -> list[dict[str, Any]]:
    """The endpoints of an app instance in the emulator."""
    with urllib.request.urlopen(f"{stage.cloud.addresses.chime_url}/_emulator/state", timeout=10) as answer:  # noqa: S310 - it is http, on loopback
        state = json.load(answer)
    return [each for each in state["endpoints"] if each["app_instance_user_arn"].startswith(app_instance)]


def address(endpoint: dict[str, Any]) -> dict[str, str]:
    """The parameters that identify an endpoint."""
    return {"AppInstanceUserArn": endpoint["app_instance_user_arn"], "EndpointId": endpoint["endpoint_id"]}


def set_inactive(stage: Stage, endpoint: dict[str, Any]) -> None:
    """Set an endpoint inactive, as a failed delivery does."""
    content = {name: endpoint[name] for name in ("app_instance_user_arn", "endpoint_id")}
    content |= {"status": "INACTIVE", "status_reason": "INVALID_DEVICE_TOKEN"}
    put(stage, "endpoint-state", content)


def put(stage: Stage, path: str, content: dict[str, Any]) -> None:
    """Call the emulator's control API."""
    request = urllib.request.Request(  # noqa: S310 - it is http, on loopback
        f"{stage.cloud.addresses.chime_url}/_emulator/{path}", method="PUT", data=json.dumps(content).encode()
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - likewise


def rotate(stage: Stage, token: str) -> None:
    """Replace a token in the secret with another one."""
    secrets = stage.clients.secretsmanager
    content = json.loads(secrets.get_secret_value(SecretId="mobile/tokens")["SecretString"])
    rotated = {field: "canary-rotated" if value == token else value for field, value in content.items()}
    secrets.put_secret_value(SecretId="mobile/tokens", SecretString=json.dumps(rotated))
