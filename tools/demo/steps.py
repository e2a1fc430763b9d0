"""The demo: endpoints.yaml deployed by the real cdk command onto a local cloud, looked at, changed, and destroyed."""

from __future__ import annotations

import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chime_endpoints_cli.account.calls.local_addresses import REGION
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_in
from chime_endpoints_cli.account.stacks.stacks import deleted_stack_ids
from chime_endpoints_cli.commands.registered.audit.command import show as show_audit
from chime_endpoints_cli.commands.registered.audit.deregistration import deregister_orphans
from chime_endpoints_cli.commands.registered.audit.orphans import find_orphans
from chime_endpoints_cli.commands.registered.drift import report
from chime_endpoints_cli.commands.registered.drift.findings import Finding, State
from chime_endpoints_cli.commands.registered.drift.scan import compare_stacks
from chime_endpoints_cli.local.background.directories import run_directory
from chime_endpoints_cli.local.cdk.executable import find_cdk, version_of
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.local.declaration.loading import PUSH_SECRET, LocalDeclaration, read_locally
from chime_endpoints_cli.local.declaration.prerequisites import Prerequisites, made_up_token, make_prerequisites
from chime_endpoints_cli.output.console.tables import Rows, show
from chime_endpoints_cli.output.console.terminal import heading, say, waiting
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.physical_id import suffix

from .changes import ADDED_KEY, Changed, change
from .clients import Clients
from .declaration import DesiredEntry, desired_entries, read_declaration
from .fleet import show_fleet
from .timing import timed
from .tokens import add_token, put_token
from .verification import tags_on_users, verify_nothing_left, verify_registered, verify_tags

DECLARATION = Path("endpoints.yaml")

_LONGEST_NAME = 24


def run_demo(*, verbose: bool) -> None:
    """Run the nine steps; raise CommandError if a check fails."""
    if not DECLARATION.is_file():
        raise CommandError(f"{DECLARATION} was not found", remedy="Run the command in the directory of the CDK app.")
    started = time.monotonic()
    heading("1. Start the local cloud")
    declared = read_locally(DECLARATION, {})
    with run_directory() as directory, LocalCloud(directory=directory, account=declared.account) as cloud:
        say(_versions(cloud.environment))
        say(f"MiniStack at {cloud.addresses.aws_url}, emulator of Chime at {cloud.addresses.chime_url}")
        demo = _prepare(cloud, declared, verbose=verbose)
        demo.bootstrap_and_deploy()
        before = demo.show_registered()
        demo.change(before)
        demo.destroy()
        show_fleet(
            demo.services,
            demo.clients,
            cloud.addresses,
            demo.cdk,
            app_instance=demo.made.user_arns[0].partition("/user/")[0],
            application=demo.variables["APPLICATION_ARN"],
        )
    heading(f"Done in {time.monotonic() - started:.0f} s. Every step was checked, and nothing is left running.")


def _prepare(cloud: LocalCloud, declared: LocalDeclaration, *, verbose: bool) -> Demo:
    heading(f"2. Create what {DECLARATION} refers to")
    services = Services(local=cloud.addresses)
    with waiting(f"Creating what {DECLARATION} refers to"):
        made = make_prerequisites(services, cloud.addresses, declared.declarations.entries, account=declared.account)
    variables = {**declared.variables, **({PUSH_SECRET: made.push_secret_arn} if made.push_secret_arn else {})}
    users = ", ".join(arn.split("/user/", 1)[1] for arn in made.user_arns)
    say(f"An app instance with the users {users}")
    say(f"A secret with the device tokens {', '.join(made.secret_fields)}")
    say(f"Parameters with device tokens: {', '.join(made.parameters) or 'none'}")
    return Demo(
        declaration=read_declaration(DECLARATION),
        variables=variables,
        clients=Clients(local=cloud.addresses),
        services=services,
        made=made,
        cdk=Cdk(
            app=Path.cwd(),
            directory=cloud.directory,
            environment={**cloud.environment, **variables},
            verbose=verbose,
            account=declared.account,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The steps on a local cloud that runs."""

    declaration: Mapping[str, Any]
    variables: Mapping[str, str]
    clients: Clients
    services: Services
    made: Prerequisites
    cdk: Cdk

    def bootstrap_and_deploy(self) -> None:
        """Step 3: deploy."""
        heading(f"3. Deploy {DECLARATION} with the real cdk command")
        with timed("cdk bootstrap"):
            self.cdk.bootstrap()
        with timed("cdk deploy"):
            self.cdk.deploy()

    def show_registered(self) -> dict[str, ObservedEndpoint]:
        """Step 4: show what is registered; return the endpoint of each entry."""
        heading("4. What Amazon Chime has registered")
        entries = desired_entries(self.declaration, self.variables)
        seen = self._look()
        found = self._verify(entries, seen)
        show(_rows(found))
        show(_tag_rows(seen.tags))
        say(f"{len(found)} endpoints, with the declared device tokens, and with their tags on their users.")
        return found

    def change(self, before: Mapping[str, ObservedEndpoint]) -> None:
        """Steps 5 and 6: change the endpoint, then the file."""
        changed = change(self.declaration)
        self._drift_away(before[changed.updated[0]])
        heading("6. Change the file and deploy again")
        for sentence in changed.sentences:
            say(f"- {sentence}")
        put_token(self.clients, parameter=changed.rotated_parameter)
        add_token(self.clients, secret_arn=self.variables["PUSH_SECRET_ARN"], field=ADDED_KEY)
        path = self.cdk.directory / "endpoints.yaml"
        path.write_text(yaml.safe_dump(changed.declaration, sort_keys=False, allow_unicode=True), encoding="utf-8")
        with timed("cdk deploy"):
            self.cdk.deploy("--context", f"endpoints={path}")
        seen = self._look()
        after = self._verify(desired_entries(changed.declaration, self.variables), seen)
        show(_rows(after, _what_happened(changed, before, after)))
        show(_tag_rows(seen.tags))
        for key, why in ((changed.replaced, "replaced"), (changed.removed, "removed")):
            say(f"Deregistered: {before[key].endpoint_id[:8]} ({key}, {why})")
        self._drift(expected=State.IN_SYNC)

    def destroy(self) -> None:
        """Step 7: destroy the stack."""
        heading("7. Destroy the stack")
        with timed("cdk destroy"):
            self.cdk.destroy()
        verify_nothing_left(self.services, self.made.user_arns)
        say("No endpoint, no tag and no stack is left.")
        self._audit()

    def _audit(self) -> None:
        """Step 8: show that `audit` finds a lost endpoint; raise CommandError if it does not."""
        heading("8. Find an endpoint that no stack manages: chime-endpoints audit")
        self.clients.chime.register_app_instance_user_endpoint(**self._lost_endpoint())
        users, regions = self.made.user_arns, [REGION]
        found = find_orphans(self.services, users, regions)
        show_audit(found)
        repaired = deregister_orphans(self.services, found, arns=users, regions=regions)
        if [orphan.endpoint.endpoint_id for orphan in repaired] != [
            orphan.endpoint.endpoint_id for orphan in found.found
        ]:
            raise CommandError("not as declared: the orphan is still registered")
        verify_nothing_left(self.services, users)
        say("chime-endpoints audit --repair has deregistered it.")

    def _lost_endpoint(self) -> dict[str, Any]:
        """An endpoint as a function leaves it that is killed between registering and answering."""
        (stack_id,) = {id_ for id_ in deleted_stack_ids(self.services.stacks(REGION)) if "ChimeEndpoints/" in id_}
        name = f"{stack_id.split('/')[1]}-Lost-{suffix(stack_id, 'Lost')}"
        return {
            "AppInstanceUserArn": self.made.user_arns[0],
            "Type": "GCM",
            "ResourceArn": self.variables["APPLICATION_ARN"],
            "EndpointAttributes": {"DeviceToken": made_up_token()},
            "ClientRequestToken": "lost",
            "Name": name,
        }

    def _drift_away(self, endpoint: ObservedEndpoint) -> None:
        """Step 5: someone changes an endpoint outside CloudFormation."""
        heading("5. Someone mutes an endpoint outside CloudFormation: chime-endpoints drift")
        self.clients.chime.update_app_instance_user_endpoint(
            AppInstanceUserArn=endpoint.user_arn, EndpointId=endpoint.endpoint_id, Name="Muted", AllowMessages="NONE"
        )
        self._drift(expected=State.CHANGED)

    def _drift(self, *, expected: State) -> None:
        """Show the drift; raise CommandError if the most serious state is not the expected one."""
        stacks, findings = compare_stacks(self.services, names=(), regions=[REGION], with_tokens=True)
        report.show(stacks, findings)
        found = _gravest(findings)
        if found is not expected:
            raise CommandError(f"not as declared: {found} instead of {expected}")

    def _look(self) -> _Seen:
        return _Seen(
            endpoints=endpoints_of_all(self.services, self.made.user_arns),
            held=stack_endpoints_in(self.services, [REGION]),
            tags=tags_on_users(self.services, self.made.user_arns),
        )

    def _verify(self, entries: Sequence[DesiredEntry], seen: _Seen) -> dict[str, ObservedEndpoint]:
        found = verify_registered(self.clients, entries, seen.endpoints, seen.held)
        verify_tags(entries, seen.tags)
        return found


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the services report at one moment."""

    endpoints: Sequence[ObservedEndpoint]
    held: StackEndpoints
    tags: Mapping[str, Mapping[str, str]]


def _gravest(findings: Sequence[Finding]) -> State:
    order = list(State)
    return min((finding.state for finding in findings), key=order.index)


def _rows(found: Mapping[str, ObservedEndpoint], changes: Mapping[str, str] | None = None) -> Rows:
    """A row for each entry, with the beginning of its endpoint's id, and of a long name."""
    columns = ["entry", "user", "type", "name", "messages", "endpoint", *(["change"] if changes else [])]
    rows = [
        [
            *(key, endpoint.user_id, endpoint.type, _cut(endpoint.name)),
            *(endpoint.allow_messages, endpoint.endpoint_id[:8]),
            *([changes[endpoint.endpoint_id]] if changes else []),
        ]
        for key, endpoint in found.items()
    ]
    return Rows(columns=columns, rows=rows, styles={"NONE": "yellow", "added": "green", "replaced": "yellow"})


def _cut(name: str) -> str:
    """The beginning of a name that the function gave."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _tag_rows(tags: Mapping[str, Mapping[str, str]]) -> Rows:
    """A row for each user."""
    texts = {user: ", ".join(f"{key}={value}" for key, value in sorted(own.items())) for user, own in tags.items()}
    return Rows(columns=["user", "tags"], rows=[[user, text] for user, text in texts.items()])


def _what_happened(
    changed: Changed, before: Mapping[str, ObservedEndpoint], after: Mapping[str, ObservedEndpoint]
) -> dict[str, str]:
    """Return what happened to each endpoint, by its id; raise CommandError if that is not what was declared."""
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
    cdk = version_of(find_cdk(Path.cwd(), environment), environment)
    asked = subprocess.run(["node", "--version"], env=environment, capture_output=True, text=True, check=False)
    return f"Python {platform.python_version()}, Node {asked.stdout.strip()}, cdk {cdk}, all installed in {Path.cwd()}"
