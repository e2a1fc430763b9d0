"""The wheel as others install it, and what their programs do with it outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from chime_endpoints_emulator import EmulatorServer
from support.sink import open_sink
from support.surroundings import PROXIES

ROOT = Path(__file__).parents[2]
APPLICATION = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}

USERS_APP = """
import sys
import chime_endpoints
from aws_cdk import App, Stack
from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

app = App()
AppInstanceUserEndpoint(
    Stack(app, "Chat"),
    "Phone",
    app_instance_user=sys.argv[1],
    endpoint_type=EndpointType.APNS,
    application=sys.argv[2],
    device_token=DeviceToken.unsafe_plain_text("token"),
    endpoint_name="Phone",
)
app.synth()
print(chime_endpoints.__file__)
"""

LAMBDA = """
import json, sys
sys.path.insert(0, sys.argv[1])
import crhelper
from chime_endpoints_handler import index

class Context:
    def get_remaining_time_in_millis(self):
        return 30_000

index.handler(json.load(sys.stdin), Context())
print(*(module.__file__ for module in (crhelper, index)), sep="\\n")
"""


def built(kind: str, directory: Path, *, source: Path = ROOT) -> Path:
    """The wheel or the source distribution of a source tree."""
    program = f"import sys; from hatchling.build import build_{kind} as build; print(build(sys.argv[1]))"
    done = run([sys.executable, "-c", program, str(directory)], cwd=source)
    return directory / done.split()[-1]


def make_environment(directory: Path) -> Path:
    """Create an empty Python environment, and return its Python."""
    run([sys.executable, "-m", "venv", "--without-pip", str(directory)])
    return directory / "bin" / "python"


def pip(python: Path, *arguments: str) -> str:
    """Run this environment's pip for another one."""
    options = ("--disable-pip-version-check", "--no-input", "--quiet", "--python", str(python))
    return run([sys.executable, "-m", "pip", *options, *arguments], environment=PROXIES)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
) -> str:
    """The output of a program, which must succeed."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - Python and what it has installed
        command,
        cwd=cwd,
        env={**inherited, "CDK_VALIDATION": "false", **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def registered_by_a_users_app(python: Path, directory: Path) -> tuple[str, list[dict[str, Any]]]:
    """Synthesize an app in a directory, and handle its resource with the code that it staged for Lambda.

    Returns:
        Where the environment has chime_endpoints from, and the endpoints that the emulated service holds then.
    """
    program, assembly = directory / "app.py", directory / "cdk.out"
    program.write_text(USERS_APP)
    with EmulatorServer() as emulator, open_sink() as sink:
        chime = boto3.client(
            "chime-sdk-identity",
            endpoint_url=emulator.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        app_instance = chime.create_app_instance(Name="app", ClientRequestToken="app")["AppInstanceArn"]
        user = chime.create_app_instance_user(
            AppInstanceArn=app_instance, AppInstanceUserId="alice", Name="Alice", ClientRequestToken="alice"
        )["AppInstanceUserArn"]
        module = run([python, program, user, APPLICATION], cwd=directory, environment={"CDK_OUTDIR": str(assembly)})
        (staged,) = (path for path in assembly.glob("asset.*") if path.is_dir())
        event = {
            "RequestType": "Create",
            "RequestId": "request",
            "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/Chat/0123",
            "LogicalResourceId": "Phone",
            "ResourceType": "Custom::ChimeAppInstanceUserEndpoint",
            "ResourceProperties": _properties(assembly / "Chat.template.json"),
            "ResponseURL": sink.url,
        }
        environment = {**CREDENTIALS, "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": emulator.url}
        modules = run(
            [sys.executable, "-I", "-c", LAMBDA, staged], environment=environment, stdin=json.dumps(event)
        ).splitlines()
        assert all(path.startswith(str(staged)) for path in modules[-2:]), modules
        assert [answer["Status"] for answer in sink.accepted] == ["SUCCESS"]
        found = chime.list_app_instance_user_endpoints(AppInstanceUserArn=user)
        return module.strip(), found["AppInstanceUserEndpoints"]


def _properties(template: Path) -> dict[str, Any]:
    """The endpoint's properties as CloudFormation would send them."""
    resources = json.loads(template.read_text())["Resources"].values()
    (endpoint,) = (each for each in resources if each["Type"].startswith("Custom::"))
    token = {"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:f"}
    return {
        name: each if isinstance(each, dict) else str(each) for name, each in endpoint["Properties"].items()
    } | token
