"""The command line of `import`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import cleaned
from chime_endpoints_cli.account.fleets.entries import with_fleets
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_in
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.terminal import show_json
from chime_endpoints_cli.output.errors import CommandError

from . import report
from .adding import Addition, add
from .endpoints.collisions import collisions
from .endpoints.selection import select
from .file.declaration_file import DeclarationFile
from .file.destination import FileOutput, Output, StandardOutput
from .file.variables import Variables
from .file.writing import Form
from .manifest.flow import import_fleet
from .token_store import check_name

_STANDARD_OUTPUT = Path("-")


@click.command(
    "import",
    cls=Command,
    examples=[
        (
            "chime-endpoints import $APP_INSTANCE_ARN --store-tokens chime/push-tokens --into endpoints.yaml",
            "all endpoints of an app instance, added to the file that you deploy",
        ),
        ("cdk deploy", "then deploy: the stack adopts the endpoints without changing them"),
        ("chime-endpoints import $USER_ARN/endpoint/ID", "one endpoint, to look at its entry"),
        (
            "chime-endpoints import --fleet $APP_INSTANCE_ARN --output devices.jsonl",
            "all endpoints of an app instance, as the manifest of a fleet",
        ),
    ],
    exit_codes={
        ExitCode.DONE: "every endpoint has an entry, or already belongs to a stack",
        ExitCode.FAILED: "failed and wrote nothing, or an endpoint cannot be declared as it is",
    },
)
@click.argument("ids", nargs=-1, required=True, metavar="ARN_OR_ENDPOINT...")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add the entries to this file; the rest of the file stays unchanged.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write the entries to a new file; - (the default) is the standard output.",
)
@click.option(
    "--fleet", "is_fleet", is_flag=True, help="Write the manifest of a fleet, with the device tokens, to --output."
)
@click.option("--store-tokens", "secret", metavar="NAME", help="Store the device tokens in this secret.")
@options.context
@options.regions
@options.local
@options.as_json
def import_command(
    *,
    ids: tuple[str, ...],
    into: Path | None,
    output: Path | None,
    is_fleet: bool,
    secret: str | None,
    context: tuple[str, ...],
    regions: tuple[str, ...],
    local: bool,
    as_json: bool,
) -> ExitCode:
    """Write entries that adopt registered endpoints.

    Give the ARN of an app instance or a user, or single endpoints as USER_ARN/endpoint/ID. Endpoints that already
    belong to a stack are skipped. When you deploy the entries, your stack adopts the endpoints without changing them.

    Use --into to add the entries to the file that you deploy. Never deploy a file that has only the imported entries in
    its place: the deployment would deregister every other endpoint of the stack.

    Device tokens are written neither to the file nor to the terminal. --store-tokens stores them in a secret in AWS
    Secrets Manager, where the entries read them, and in NAME-2 and so on if one secret is too small. Without
    --store-tokens, the entries refer to a secret in the variable PUSH_SECRET_ARN, with a field for each entry, and you
    fill that secret.

    With --fleet, the command writes a manifest (JSON Lines) instead, which has the device tokens and is readable by you
    only. It reads user by user within the account's rate and records what it has read. Repeat the command after an
    interruption: it continues where it stopped. For 100,000 endpoints, it takes about an hour and a half.
    """
    if into is not None and output is not None:
        raise CommandError("--into and --output cannot be used together", remedy="Use one of them.")
    if is_fleet and (into is not None or secret is not None):
        other = "--store-tokens" if into is None else "--into"
        raise CommandError(f"--fleet and {other} cannot be used together", remedy="Use one of them.")
    if secret is not None:
        check_name(secret)
    ids = cleaned(ids)
    services = options.services_of(local=local)
    if is_fleet:
        where = options.regions_with_stacks(services, regions, ids)
        return import_fleet(services, ids, output, _holders(services, where), as_json=as_json)
    variables = Variables.of(context, local=local)
    file = None if into is None else DeclarationFile.read(into, variables.lookup)
    with _opened(output, file) as out:
        held = _held(services, options.regions_with_stacks(services, regions, ids))
        selection = select(services, ids, held)
        unknown: list[str] = []
        if file is not None:
            against, unknown = collisions(services, file.declared.entries, selection.fit)
            if against:
                raise report.refusal(against, file.path)
        form = Form(into=file, is_json=_is_json(output, as_json=as_json))
        addition = Addition()
        if selection.fit or (as_json and file is None):
            addition = add(services, selection.fit, out, form=form, secret=secret, variables=variables)
    if as_json and not isinstance(out, StandardOutput):
        show_json({"endpoints": addition.entries})
    report.show(
        selection,
        held,
        addition,
        file=file,
        output=output,
        needs_secret=secret is None,
        unknown=unknown,
        local=local,
    )
    return ExitCode.FAILED if selection.unfit else ExitCode.DONE


def _held(services: Services, regions: Sequence[str]) -> StackEndpoints:
    """Return the endpoints of stacks and fleets.

    Raises:
        CommandError: a fleet cannot be read, so that its endpoints could be taken for others.
    """
    held = with_fleets(services, stack_endpoints_in(services, regions))
    for fleet, reason in held.unread_fleets.items():
        raise CommandError(
            f"fleet {fleet} cannot be read: {reason}",
            remedy="Its endpoints must not be imported, because two resources would manage them.",
        )
    return held


def _holders(services: Services, regions: Sequence[str]) -> Callable[[str], str | None]:
    """Return a function that names the stack or fleet of an endpoint."""
    held = _held(services, regions)

    def name(physical_id: str) -> str | None:
        holder = held.holder_of(physical_id)
        if holder is None:
            return None
        return f"fleet {holder.own_name}" if physical_id in held.fleet_keys else f"stack {holder.stack.name}"

    return name


def _opened(output: Path | None, file: DeclarationFile | None) -> Output:
    if file is not None:
        return FileOutput(file.path, replaces=file.content)
    return StandardOutput() if output in (None, _STANDARD_OUTPUT) else FileOutput(output)


def _is_json(output: Path | None, *, as_json: bool) -> bool:
    return as_json or (output is not None and output.suffix.lower() == ".json")
