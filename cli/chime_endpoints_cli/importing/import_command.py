"""The command line of `import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from chime_endpoints_cli import options
from chime_endpoints_cli.command import Command
from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.exit_codes import ExitCode
from chime_endpoints_cli.holders import Holdings, holdings_in
from chime_endpoints_cli.readable import readable
from chime_endpoints_cli.registered import Described
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.terminal import complain, counted, show_json, write_raw

from .entries import entry_for, obstacles, tokens_of
from .keys import keys_for
from .selection import Selection, select
from .token_store import store

VARIABLE = "PUSH_SECRET_ARN"
APP_STACK = "ChimeEndpoints"
"""The first stack of this repository's app."""

_HEAD = """\
# Written by `chime-endpoints import`, to be deployed, or to be added to the file that is.
# Keys may be changed before the first deployment, not after it.
# `removal_policy: retain` keeps the endpoints registered whatever becomes of that deployment. Take it out afterwards,
# so that an endpoint is deregistered when its entry is removed.
"""


@click.command(
    "import",
    cls=Command,
    examples=[
        (
            "chime-endpoints import $APP_INSTANCE_ARN --store-tokens chime/push-tokens -o imported.yaml",
            "everything of an app instance, ready to deploy",
        ),
        ("cdk deploy -c endpoints=imported.yaml", "then: takes the endpoints over, and changes nothing of them"),
        ("chime-endpoints import $USER_ARN/endpoint/ID", "one endpoint, to look at its entry"),
    ],
    exit_codes={
        ExitCode.DONE: "every endpoint has its entry, or is a stack's already",
        ExitCode.FAILED: "failed, or an endpoint could not be declared as it is",
    },
)
@click.argument("ids", nargs=-1, required=True, metavar="ARN_OR_ENDPOINT...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write, which must not exist yet.")
@click.option("--store-tokens", "secret", metavar="NAME", help="Put the device tokens into this secret.")
@options.regions
@options.local
@options.as_json
def import_command(
    *,
    ids: tuple[str, ...],
    output: Path | None,
    secret: str | None,
    regions: tuple[str, ...],
    local: bool,
    as_json: bool,
) -> ExitCode:
    """Write registered endpoints as entries that adopt them.

    Give the ARN of an app instance or a user, or single endpoints as USER_ARN/endpoint/ID. Deploying the entries
    takes the endpoints over and changes nothing of them. Endpoints that a stack holds are left out.

    Device tokens are written neither to the file nor to the terminal. With --store-tokens they are put into a secret
    of AWS Secrets Manager, from which the entries read them; without, the entries name a secret in the variable
    PUSH_SECRET_ARN, with a field for each entry, and you fill it.
    """
    if output is not None and output.exists():
        raise CommandError(f"{output} exists already", remedy="Name another file with --output.")
    services = options.services_of(local=local)
    held = holdings_in(services, options.regions_with_stacks(services, regions, ids))
    selection = select(services, ids, held)
    fit = [endpoint for endpoint in selection.free if not obstacles(endpoint)]
    entries = entries_for(services, fit, secret)
    if entries or as_json:
        _write(entries, output, as_json=as_json)
    return _tell(selection, held, fit, output, secret)


def entries_for(services: Services, endpoints: Sequence[Described], secret: str | None) -> dict[str, Any]:
    """The entries by their keys; the tokens are stored in the secret if one is named."""
    keyed = dict(zip(keys_for(endpoints), endpoints, strict=True))
    tokens: dict[str, dict[str, str]] = {}
    for key, endpoint in keyed.items():
        tokens.setdefault(options.region_of(endpoint.user_arn), {}).update(tokens_of(key, endpoint))
    places: dict[str, str] = {}
    for region, of_region in tokens.items():
        places |= (
            dict.fromkeys(of_region, f"${{{VARIABLE}}}")
            if secret is None
            else store(services.secrets(region), secret, of_region)
        )
    return {key: entry_for(key, endpoint, places) for key, endpoint in keyed.items()}


def as_yaml(entries: Mapping[str, Any]) -> str:
    """The file's text; what a terminal would not plainly show is escaped."""
    is_plain = all(readable(entry["name"]) == entry["name"] for entry in entries.values())
    body = yaml.safe_dump({"endpoints": dict(entries)}, sort_keys=False, allow_unicode=is_plain, width=1000)
    return f"{_HEAD}{body}"


def _write(entries: Mapping[str, Any], output: Path | None, *, as_json: bool) -> None:
    if as_json and output is None:
        show_json({"endpoints": entries})
    elif output is None:
        write_raw(as_yaml(entries))
    else:
        output.write_text(as_yaml(entries), encoding="utf-8")


def _next_step(held: Holdings, output: Path) -> str:
    """What to do with the file; where the app is deployed already, the file alone would take its endpoints away."""
    of_app = [each for each in held.by_physical_id.values() if each.stack.name == APP_STACK]
    if of_app:
        return (
            f"Next: add the entries to the file that is deployed as {APP_STACK}. This file deployed in its place would"
            f" deregister the {counted(len(of_app), 'endpoint')} of that stack."
        )
    return f"Next: cdk deploy -c endpoints={output}"


def _tell(
    selection: Selection, held: Holdings, fit: Sequence[Described], output: Path | None, secret: str | None
) -> ExitCode:
    """Says on the standard error what was done and what is to be done; the entries may be on the standard output."""
    for stack, number in Counter(holder.stack.name for _, holder in selection.held).items():
        complain(f"left out: {counted(number, 'endpoint')} that the stack {stack} holds")
    unfit = [endpoint for endpoint in selection.free if endpoint not in fit]
    for endpoint in unfit:
        complain(f"cannot be declared as it is: {endpoint.physical_id}: {' '.join(obstacles(endpoint))}")
    for endpoint in fit:
        if endpoint.state == "INACTIVE":
            complain(f"note: {endpoint.physical_id} is INACTIVE ({endpoint.state_reason}); importing leaves it so")
    complain(f"{counted(len(fit), 'endpoint')} imported{f' into {output}' if output else ''}")
    if fit and secret is None:
        complain(
            f"Put each device token into the field of its entry's name of a secret, and give its ARN as {VARIABLE}."
        )
    if fit and output:
        complain(_next_step(held, output))
    return ExitCode.FAILED if unfit else ExitCode.DONE
