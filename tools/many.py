"""Deploys many declared endpoints to the local cloud and reports the time: `make many COUNT=1000`.

This is not a test, because it takes minutes.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, REGION
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.commands.registered.drift.scan import compare_stacks
from chime_endpoints_cli.local.background.directories import run_directory
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.local.declaration.prerequisites import made_up_token
from demo.clients import Clients

APPLICATION_ARN = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"
PER_USER = 10
PER_SECRET = 500
PER_STACK = 225
"""The number of endpoints for each stack, low enough that the fullest stack still has room."""


def main(count: int) -> int:
    """Deploy, compare the result with the declaration, destroy, and return the exit code."""
    with run_directory() as directory, LocalCloud(directory=directory) as cloud:
        clients = Clients(local=cloud.addresses)
        path = directory / "endpoints.json"
        path.write_text(json.dumps(_declaration(clients, count)), encoding="utf-8")
        cdk = Cdk(app=Path.cwd(), directory=directory, environment=cloud.environment)
        cdk.bootstrap()
        with _timed(f"cdk deploy of {count} endpoints"):
            cdk.deploy("--context", f"endpoints={path}")
        _tell_sizes(directory / "cdk.out")
        with _timed("chime-endpoints drift"):
            _, findings = compare_stacks(Services(local=cloud.addresses), names=(), regions=[REGION], with_tokens=True)
        states = Counter(str(finding.state) for finding in findings)
        print(f"Endpoints registered: {_registered(cloud.addresses.chime_url)}; drift: {dict(states)}")
        with _timed("cdk destroy"):
            cdk.destroy()
        print(f"Endpoints left: {_registered(cloud.addresses.chime_url)}")
    return 0 if set(states) == {"in sync"} else 1


def _declaration(clients: Clients, count: int) -> dict[str, Any]:
    instance = clients.chime.create_app_instance(Name="many", ClientRequestToken="many")["AppInstanceArn"]
    users = [
        clients.chime.create_app_instance_user(
            AppInstanceArn=instance, AppInstanceUserId=f"user-{number}", Name="u", ClientRequestToken=f"user-{number}"
        )["AppInstanceUserArn"]
        for number in range(-(-count // PER_USER))
    ]
    keys = [f"device-{number}" for number in range(count)]
    secrets: list[str] = []
    for first in range(0, count, PER_SECRET):
        content = json.dumps({key: made_up_token() for key in keys[first : first + PER_SECRET]})
        secrets.append(clients.secretsmanager.create_secret(Name=f"many/{first}", SecretString=content)["ARN"])
    entries = {
        key: {
            "user": users[number // PER_USER],
            "device_token": {"secret": secrets[number // PER_SECRET], "field": key},
            "name": f"Device {number}",
        }
        for number, key in enumerate(keys)
    }
    defaults = {"type": "GCM", "application": APPLICATION_ARN, "tags": {"team": "chat"}}
    return {"defaults": defaults, "stacks": -(-count // PER_STACK), "endpoints": entries}


def _tell_sizes(assembly: Path) -> None:
    for path in sorted(assembly.glob("*.template.json")):
        text = path.read_text(encoding="utf-8")
        print(f"{path.name}: {len(json.loads(text)['Resources'])} resources, {len(text):,} bytes")


def _registered(chime_url: str) -> int:
    with urllib.request.urlopen(f"{chime_url}/_emulator/state", timeout=30) as answer:  # noqa: S310 - it is on loopback
        return len(json.load(answer)["endpoints"])


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
