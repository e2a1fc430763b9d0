"""The demo: endpoints.yaml deployed by the real cdk command onto a local cloud, looked at, changed, and destroyed."""

import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from .cdk import Cdk
from .changes import ADDED_KEY, Changed, change
from .clients import Clients
from .declared_file import DeclarationError, Wanted, read_declaration, wanted
from .directories import run_directory
from .errors import CommandError
from .local_cloud import LocalCloud
from .prerequisites import Prerequisites, add_token, make_prerequisites, put_token
from .registered import RegisteredEndpoint
from .tables import endpoints_table, tags_table
from .terminal import heading, say, show, waiting
from .verification import registered, tags_on_users, verify_nothing_left, verify_registered, verify_tags

DECLARATION = Path("endpoints.yaml")


def run_demo(*, verbose: bool) -> None:
    """Runs the six steps; raises CommandError where anything is not as it should be."""
    if not DECLARATION.is_file():
        raise CommandError(f"{DECLARATION} is not here", remedy="Run this in the directory of the CDK app.")
    started = time.monotonic()
    heading("1. What this runs with")
    with run_directory() as directory:
        with LocalCloud(directory=directory) as cloud:
            say(_versions(cloud.environment))
            demo = _prepare(cloud, verbose=verbose)
            demo.bootstrap_and_deploy()
            before = demo.show_registered()
            demo.change(before)
            demo.destroy()
        say("MiniStack and the emulator have stopped.")
    heading(f"Done in {time.monotonic() - started:.0f} s: everything was as declared, and nothing is left.")


def _prepare(cloud: LocalCloud, *, verbose: bool) -> "Demo":
    heading("2. The local cloud, and what the declaration speaks of")
    say(f"MiniStack at {cloud.addresses.aws_url}, the Chime service emulator at {cloud.addresses.chime_url}")
    clients = Clients(local=cloud.addresses)
    cdk = Cdk(app=Path.cwd(), directory=cloud.directory, environment=cloud.environment, verbose=verbose)
    try:
        declaration = read_declaration(DECLARATION)
    except DeclarationError:
        cdk.synth()
        raise
    made = make_prerequisites(clients, declaration)
    users = ", ".join(arn.split("/user/", 1)[1] for arn in made.user_arns)
    say(f"App instance {made.variables['APP_INSTANCE_ARN']} with users {users}")
    say(f"Secret {made.variables['PUSH_SECRET_ARN']} with device tokens {', '.join(made.secret_fields)}")
    say(f"Parameters with device tokens: {', '.join(made.parameters) or 'none'}")
    deployer = replace(cdk, environment={**cloud.environment, **made.variables})
    return Demo(declaration=declaration, clients=clients, made=made, cdk=deployer)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The steps on a local cloud that runs."""

    declaration: Mapping[str, Any]
    clients: Clients
    made: Prerequisites
    cdk: Cdk

    def bootstrap_and_deploy(self) -> None:
        """Step 3."""
        heading(f"3. cdk bootstrap, cdk deploy: {DECLARATION} as it is")
        with _timed("cdk bootstrap"):
            self.cdk.bootstrap()
        with _timed("cdk deploy"):
            self.cdk.deploy()

    def show_registered(self) -> dict[str, RegisteredEndpoint]:
        """Step 4; returns the endpoint of each entry."""
        heading("4. What is registered, as the service tells it")
        entries = wanted(self.declaration, self.made.variables)
        endpoints, tags = self._look()
        show(endpoints_table(endpoints))
        show(tags_table(tags))
        found = self._verify(entries, endpoints, tags)
        say(f"As declared: {len(found)} endpoints with their device tokens, and their tags on their users.")
        return found

    def change(self, before: Mapping[str, RegisteredEndpoint]) -> None:
        """Step 5."""
        heading("5. A changed declaration, deployed again")
        changed = change(self.declaration)
        for sentence in changed.sentences:
            say(f"- {sentence}")
        put_token(self.clients, parameter=changed.rotated_parameter)
        add_token(self.clients, secret_arn=self.made.variables["PUSH_SECRET_ARN"], field=ADDED_KEY)
        path = self.cdk.directory / "endpoints.yaml"
        path.write_text(yaml.safe_dump(changed.declaration, sort_keys=False, allow_unicode=True), encoding="utf-8")
        with _timed("cdk deploy of the changed copy (-c endpoints=…)"):
            self.cdk.deploy("--context", f"endpoints={path}")
        endpoints, tags = self._look()
        after = self._verify(wanted(changed.declaration, self.made.variables), endpoints, tags)
        what_happened = _what_happened(changed, before, after)
        show(endpoints_table(endpoints, changes=what_happened))
        show(tags_table(tags))
        say("As declared. No longer registered:")
        for key in (changed.replaced, changed.removed):
            say(f"- {key}: {before[key].endpoint_id} of {before[key].user_id}")

    def destroy(self) -> None:
        """Step 6."""
        heading("6. cdk destroy")
        with _timed("cdk destroy"):
            self.cdk.destroy()
        verify_nothing_left(self.clients, self.made.user_arns)
        say("No endpoint, no tag of ours and no stack is left.")

    def _look(self) -> tuple[list[RegisteredEndpoint], dict[str, dict[str, str]]]:
        return registered(self.clients, self.made.user_arns), tags_on_users(self.clients, self.made.user_arns)

    def _verify(
        self,
        entries: Sequence[Wanted],
        endpoints: Sequence[RegisteredEndpoint],
        tags: Mapping[str, Mapping[str, str]],
    ) -> dict[str, RegisteredEndpoint]:
        found = verify_registered(self.clients, entries, endpoints)
        verify_tags(entries, tags)
        return found


def _what_happened(
    changed: Changed, before: Mapping[str, RegisteredEndpoint], after: Mapping[str, RegisteredEndpoint]
) -> dict[str, str]:
    """What became of each endpoint, by its id; raises CommandError if that is not what the change asks for."""
    happened = {}
    for key, endpoint in after.items():
        old = before.get(key)
        if old is None:
            seen, asked = "added", key == ADDED_KEY
        elif old.endpoint_id != endpoint.endpoint_id:
            seen, asked = "replaced", key == changed.replaced
        elif old != endpoint:
            seen, asked = "updated in place", key in changed.updated
        else:
            seen, asked = "", key not in (changed.replaced, *changed.updated)
        if not asked:
            raise CommandError(f"not as declared: {key} was {seen or 'left as it was'}")
        happened[endpoint.endpoint_id] = seen
    return happened


def _versions(environment: Mapping[str, str]) -> str:
    node, cdk = (
        subprocess.run(
            [shutil.which(name, path=environment["PATH"]) or name, "--version"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split(" ")[0]
        for name in ("node", "cdk")
    )
    return f"Python {platform.python_version()}, Node {node.strip()}, cdk {cdk.strip()}; all below {Path.cwd()}"


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Says what was done and how long it took."""
    started = time.monotonic()
    with waiting(what):
        yield
    say(f"{what}: {time.monotonic() - started:.0f} s")
