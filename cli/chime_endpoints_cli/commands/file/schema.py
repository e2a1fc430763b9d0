"""`chime-endpoints schema`: the JSON Schemas of the declaration file and of a manifest's line, for editors."""

from __future__ import annotations

from importlib.resources import files

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.output.console.terminal import write_raw

OF_LINES = "manifest-line.schema.json"
"""The file with the schema of a line, beside this module."""


@click.command(
    "schema",
    cls=Command,
    examples=[
        ("chime-endpoints schema > endpoints.schema.json", "write the schema to a file"),
        (
            "# yaml-language-server: $schema=endpoints.schema.json",
            "first line of endpoints.yaml: editors then complete fields and mark mistakes",
        ),
        ("chime-endpoints schema --fleet > line.schema.json", "the schema of one line of a fleet's manifest"),
    ],
)
@click.option("--fleet", "is_of_fleet", is_flag=True, help="Print the schema of one line of a fleet's manifest.")
def schema_command(*, is_of_fleet: bool) -> None:
    """Print the JSON Schema of endpoints.yaml, or of a line of a fleet's manifest.

    Its $id ends in a number, which increases when a file that used to be valid is no longer valid.
    """
    file = (__package__, OF_LINES) if is_of_fleet else ("chime_endpoints.declared", "endpoints.schema.json")
    write_raw(files(file[0]).joinpath(file[1]).read_text(encoding="utf-8"))
