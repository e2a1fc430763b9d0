"""`fleet list`: the endpoints that a fleet has registered, from its ledgers."""

from __future__ import annotations

from collections.abc import Sequence

import click

from chime_endpoints_cli.account.fleets.entries import entries_by_key, entries_of
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import Selected, fleet_options, selected
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.tables import Rows, show
from chime_endpoints_cli.output.console.terminal import complain, counted, say, show_csv, show_json
from chime_endpoints_fleet.ledger.entry import Entry

_COLUMNS = ("key", "user_arn", "endpoint_id", "predecessors")


@click.command(
    "list",
    cls=Command,
    examples=[
        ("chime-endpoints fleet list alice-iphone", "the endpoint of a key"),
        ("chime-endpoints fleet list --format csv > fleet.csv", "all endpoints of the fleet"),
        ("chime-endpoints list $USER_ARN", "what the service says, with the fleet of each endpoint"),
    ],
    exit_codes={
        ExitCode.DONE: "done",
        ExitCode.FAILED: "failed, or the fleet has not registered one of the keys; the message says which",
    },
)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@fleet_options
@options.formats("table", "json", "csv")
@options.as_json
def list_command(
    *, keys: tuple[str, ...], name: str | None, region: str | None, local: bool, form: str | None, as_json: bool
) -> ExitCode:
    """Show the registered endpoint of each KEY, or of all keys.

    The command reads the fleet's ledgers and makes no call to Amazon Chime. A predecessor is an endpoint that was
    replaced and is still to be deregistered.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    chosen = selected(name=name, region=region, local=local)
    found = _entries(chosen, keys)
    if form == "json":
        show_json({"fleet": chosen.fleet.id, "endpoints": [_record(each) for each in found]})
    elif form == "csv":
        show_csv(_COLUMNS, (_record(each) | {"predecessors": len(each.predecessors)} for each in found))
    else:
        if found:
            show(Rows(columns=("key", "user", "endpoint", "predecessors"), rows=[_row(each) for each in found]))
        say(f"{counted(len(found), 'endpoint')} of fleet {chosen.fleet.id}")
    missing = [key for key in keys if key not in {each.key for each in found}]
    for key in missing:
        complain(f"not registered: {readable(key)}")
    return ExitCode.FAILED if missing else ExitCode.DONE


def _entries(chosen: Selected, keys: Sequence[str]) -> list[Entry]:
    if keys:
        by_key = entries_by_key(chosen.services, chosen.fleet, keys)
        return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]
    return sorted(entries_of(chosen.services, chosen.fleet), key=lambda each: each.key)


def _record(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "user_arn": entry.endpoint.user_arn,
        "endpoint_id": entry.endpoint.endpoint_id,
        "predecessors": list(map(str, entry.predecessors)),
    }


def _row(entry: Entry) -> list[str]:
    user = entry.endpoint.user_arn.partition("/user/")[2]
    number = len(entry.predecessors)
    return [entry.key, user, entry.endpoint.endpoint_id, str(number) if number else ""]
