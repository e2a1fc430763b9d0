"""Imports the endpoints of app instances and users into a manifest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.terminal import complain, show_json
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model import physical_id

from .journal import Journal
from .reading import read_endpoints
from .report import show, to_json
from .writing import require_new, write


def import_fleet(
    services: Services,
    arns: Sequence[str],
    path: Path | None,
    holder_of: Callable[[str], str | None],
    *,
    as_json: bool,
) -> ExitCode:
    """Write the manifest and report what it has.

    Args:
        services: the account.
        arns: ARNs of users and app instances.
        path: the path of the manifest.
        holder_of: returns the name of the stack or fleet of an endpoint, by its physical id.
        as_json: whether to print the report for other programs.

    Raises:
        CommandError: the manifest could not be written; what was read is kept for the next attempt.
    """
    if path is None or str(path) == "-":
        raise CommandError(
            "a manifest has device tokens and is written to a file only", remedy="Add --output FILE, such as d.jsonl."
        )
    if single := [arn for arn in arns if isinstance(physical_id.read(arn), physical_id.Endpoint)]:
        raise CommandError(
            f"a manifest is made of whole users or app instances, not of one endpoint: {single[0]}",
            remedy="Give the ARN of the user.",
        )
    require_new(path)
    with Journal(path, arns=arns) as journal:
        try:
            continued = read_endpoints(services, arns, journal, holder_of)
        except BaseException:
            complain(f"What was read is in {journal.path}, with device tokens. Repeat the command to continue.")
            raise
        written = write(journal, path)
        journal.remove()
    if as_json:
        show_json(to_json(written, path, continued=continued))
    else:
        show(written, path, continued=continued)
    return ExitCode.FAILED if written.unfit else ExitCode.DONE
