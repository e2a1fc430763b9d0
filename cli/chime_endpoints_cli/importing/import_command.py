"""The command line of `import`."""

from __future__ import annotations

from pathlib import Path

import click

from chime_endpoints_cli import options
from chime_endpoints_cli.command import Command
from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.exit_codes import ExitCode
from chime_endpoints_cli.holders import holdings_in
from chime_endpoints_cli.identities import cleaned
from chime_endpoints_cli.terminal import show_json

from . import report
from .adding import Addition, add
from .collisions import collisions
from .declaration_file import DeclarationFile
from .output import FileOutput, Output, StandardOutput
from .selection import select
from .token_store import check_name
from .variables import Variables
from .writing import Form

_STANDARD_OUTPUT = Path("-")


@click.command(
    "import",
    cls=Command,
    examples=[
        (
            "chime-endpoints import $APP_INSTANCE_ARN --store-tokens chime/push-tokens --into endpoints.yaml",
            "everything of an app instance, added to the file that you deploy",
        ),
        ("cdk deploy", "then: takes the endpoints over, and changes nothing of them"),
        ("chime-endpoints import $USER_ARN/endpoint/ID", "one endpoint, to look at its entry"),
    ],
    exit_codes={
        ExitCode.DONE: "every endpoint has its entry, or belongs to a stack already",
        ExitCode.FAILED: "failed and wrote nothing, or an endpoint could not be declared as it is",
    },
)
@click.argument("ids", nargs=-1, required=True, metavar="ARN_OR_ENDPOINT...")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add the entries to this file; everything else in it stays as it is.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write the entries into a new file; - is the standard output, as without this option.",
)
@click.option("--store-tokens", "secret", metavar="NAME", help="Put the device tokens into this secret.")
@options.context
@options.regions
@options.local
@options.as_json
def import_command(
    *,
    ids: tuple[str, ...],
    into: Path | None,
    output: Path | None,
    secret: str | None,
    context: tuple[str, ...],
    regions: tuple[str, ...],
    local: bool,
    as_json: bool,
) -> ExitCode:
    """Write registered endpoints as entries that adopt them.

    Give the ARN of an app instance or a user, or single endpoints as USER_ARN/endpoint/ID. Endpoints that belong to a
    stack are left out. Deploying the entries takes the endpoints over and changes nothing of them.

    Add the entries to the file that you deploy, with --into. A file declares everything that its stack has: a file
    that has only the imported entries, deployed in its place, would deregister all the other endpoints.

    Device tokens are written neither to the file nor to the terminal. --store-tokens puts them into a secret of
    AWS Secrets Manager, from which the entries read them, and into NAME-2 and so on if one secret is too small.
    Without it, the entries name a secret in the variable PUSH_SECRET_ARN, with a field for each entry, and you fill it.
    """
    if into is not None and output is not None:
        raise CommandError("--into and --output exclude each other", remedy="Give one of them.")
    if secret is not None:
        check_name(secret)
    ids = cleaned(ids)
    services = options.services_of(local=local)
    variables = Variables.of(context, local=local)
    file = None if into is None else DeclarationFile.read(into, variables.lookup)
    with _opened(output, file) as out:
        held = holdings_in(services, options.regions_with_stacks(services, regions, ids))
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


def _opened(output: Path | None, file: DeclarationFile | None) -> Output:
    if file is not None:
        return FileOutput(file.path, replaces=file.content)
    return StandardOutput() if output in (None, _STANDARD_OUTPUT) else FileOutput(output)


def _is_json(output: Path | None, *, as_json: bool) -> bool:
    return as_json or (output is not None and output.suffix.lower() == ".json")
