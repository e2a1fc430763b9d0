"""What must not change from one release to the next: logical IDs, property names, and references.

A changed logical ID replaces what users have deployed. For an intended change, run `SNAPSHOT=write pytest
tests/synth/test_stability.py`, and describe the change in the changelog.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_chime as chime
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from chime_endpoints import (
    AllowMessages,
    ChimeIdentityTags,
    DeviceToken,
    EndpointFleet,
    EndpointProvider,
    EndpointType,
    FleetWait,
    Manifest,
)
from chime_endpoints.declared.load import load
from chime_endpoints.declared.stacks import declare
from synth.stage import APP_INSTANCE, APPLICATION, BOB, endpoint, secret_token, stack_in, template_of

SNAPSHOT = Path(__file__).parent / "snapshot.json"
REPOSITORY = Path(__file__).parents[2]


def outline(stack: Stack) -> dict[str, Any]:
    """A template without its values: types, property names, dependencies, and the target of ServiceToken."""
    return {name: _outline(resource) for name, resource in sorted(template_of(stack)["Resources"].items())}


def _outline(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    found = {
        "Type": resource["Type"],
        "Properties": sorted(_names(properties)),
        "DependsOn": resource.get("DependsOn", []),
    }
    return found | {name: properties[name] for name in ("ServiceToken",) if name in properties}


def _names(properties: dict[str, Any], path: str = "") -> list[str]:
    """The paths of the properties whose names this project defines."""
    names = []
    for name, value in properties.items():
        names.append(f"{path}{name}")
        if name in ("EndpointAttributes", "DeviceTokenSource", "VoipDeviceTokenSource"):
            names += _names(value, f"{path}{name}.")
    return names


def everything() -> Stack:
    """A stack with every kind of resource and property."""
    stack = stack_in()
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "P", parameter_name="/bob/apns")
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "S", "push")
    endpoint(stack, "Phone", tags={"team": "chat"})
    endpoint(
        stack,
        "Tablet",
        app_instance_user=BOB,
        endpoint_type=EndpointType.APNS_SANDBOX,
        device_token=DeviceToken.from_ssm_parameter(parameter, 2),
        voip_device_token=DeviceToken.from_secrets_manager(secret, "voip", version_stage="AWSPREVIOUS"),
        endpoint_name="Tablet",
        allow_messages=AllowMessages.NONE,
        adopt_existing=True,
        tags={"team": "chat"},
    )
    user = chime.CfnAppInstanceUser(
        stack, "Carol", app_instance_arn=APP_INSTANCE, app_instance_user_id="carol", name="Carol"
    )
    endpoint(stack, "Watch", app_instance_user=user, device_token=DeviceToken.unsafe_plain_text("x"))
    ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"})
    return stack


def shared() -> Stack:
    """A stack that uses a provider of another stack."""
    app = App()
    provider = EndpointProvider(stack_in(app, "Shared"), "Provider")
    stack = stack_in(app, "Stack")
    endpoint(stack, "Phone", provider=provider, tags={"team": "chat"}, device_token=secret_token(stack, "apns"))
    return stack


def fleet() -> Stack:
    """A stack with a fleet that a WaitCondition waits for."""
    stack = stack_in()
    EndpointFleet(
        stack,
        "Fleet",
        manifest=Manifest.in_bucket(s3.Bucket.from_bucket_name(stack, "B", "manifests"), "x.jsonl", version_id="v1"),
        app_instances=[APP_INSTANCE],
        applications=[APPLICATION],
        wait=FleetWait.up_to(Duration.hours(12)),
    )
    return stack


def test_ids_names_and_targets_are_those_of_the_last_release() -> None:
    """F14: The stacks are one with everything, with a shared provider, with a fleet, and the repository's own file."""
    (declared,) = declare(App(), "ChimeEndpoints", load(REPOSITORY / "endpoints.yaml", lambda _: None))
    now = {
        "everything": outline(everything()),
        "shared": outline(shared()),
        "endpoints.yaml": outline(declared),
        "fleet": outline(fleet()),
    }
    if os.environ.get("SNAPSHOT") == "write":
        SNAPSHOT.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    assert now == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
