"""The demo's last step: a small fleet, and the progress of its run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chime_endpoints_cli.account.calls.clients import make_client, make_session
from chime_endpoints_cli.account.calls.local_addresses import REGION, Addresses
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all
from chime_endpoints_cli.account.fleets.finding import the_fleet
from chime_endpoints_cli.account.fleets.runs.progress import Phase, Watcher
from chime_endpoints_cli.commands.fleet.status.following import follow
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.declaration.prerequisites import made_up_token
from chime_endpoints_cli.output.console.terminal import heading, say
from chime_endpoints_cli.output.errors import CommandError

from .clients import Clients
from .timing import timed

COUNT = 120
_PER_USER = 6
_BUCKET, _KEY = "fleet-manifests", "devices.jsonl"
_APP = Path(__file__).parent / "fleet_app.py"
_SETTINGS = {"FLEET_SIZES": {"shard_endpoints": 40}}
"""A fleet of this size has several parts only with smaller ones."""
_RATE = 20  # calls a second, so that there is some progress to see


def show_fleet(
    services: Services, clients: Clients, addresses: Addresses, cdk: Cdk, *, app_instance: str, application: str
) -> None:
    """Step 9: deploy a fleet that the deployment does not wait for, follow its run, and destroy it.

    Raises:
        CommandError: not every endpoint is registered, or one is left.
    """
    heading(f"9. Deploy a fleet of {COUNT} endpoints as one resource: chime-endpoints fleet status --watch")
    users = [_user(clients, app_instance, number) for number in range(COUNT // _PER_USER)]
    version = _upload(addresses, users)
    given = {
        "bucket": _BUCKET,
        "version": version,
        "app_instance": app_instance,
        "application": application,
        "environment": _SETTINGS,
        "rate": _RATE,
        "wait": "not",
    }
    with timed("cdk deploy, which ends after a first part"):
        cdk.deploy("--app", f"{sys.executable} {_APP}", "--context", f"fleet={json.dumps(given)}")
    fleet = the_fleet(services, None, REGION)
    ended = follow(Watcher(services, fleet), fleet, interval=1)
    registered = len(endpoints_of_all(services, users))
    if ended.phase is not Phase.DONE or registered != COUNT:
        raise CommandError(f"not as declared: the run is {ended.phase}, and {registered} endpoints are registered")
    with timed("cdk destroy"):
        cdk.destroy()
    if left := len(endpoints_of_all(services, users)):
        raise CommandError(f"not as declared: {left} endpoints of the fleet are left")
    say("No endpoint of the fleet is left.")


def _user(clients: Clients, app_instance: str, number: int) -> str:
    user_id = f"fleet-{number}"
    made = clients.chime.create_app_instance_user(
        AppInstanceArn=app_instance, AppInstanceUserId=user_id, Name=user_id, ClientRequestToken=user_id
    )
    return str(made["AppInstanceUserArn"])


def _upload(addresses: Addresses, users: list[str]) -> str:
    """Upload a manifest to a bucket with versioning, and return its version."""
    s3 = make_client("s3", session=make_session(addresses), region=REGION, local=addresses)
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    lines = [
        {
            "key": f"device-{number}",
            "user": users[number // _PER_USER],
            "device_token": made_up_token(),
            "name": f"Device {number}",
        }
        for number in range(COUNT)
    ]
    body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    return str(s3.put_object(Bucket=_BUCKET, Key=_KEY, Body=body)["VersionId"])
