"""`chime-endpoints schema`: the JSON Schema of the declaration file, for editors."""

from __future__ import annotations

from importlib.resources import files

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.output.console.terminal import write_raw


@click.command(
    "schema",
    cls=Command,
    examples=[
        ("chime-endpoints schema > endpoints.schema.json", "write the schema to a file"),
        (
            "# yaml-language-server: $schema=endpoints.schema.json",
            "first line of endpoints.yaml: editors then complete fields and mark mistakes",
        ),
    ],
)
def schema_command() -> None:
    """Print the JSON Schema of endpoints.yaml.

    Its $id ends in a number, which increases when a file that used to be valid is no longer valid.
    """
    write_raw(files("chime_endpoints.declared").joinpath("endpoints.schema.json").read_text(encoding="utf-8"))
