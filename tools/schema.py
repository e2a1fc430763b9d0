"""Writes the JSON Schemas of endpoints.yaml and of a manifest's line, derived from the rules, into the packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from chime_endpoints.declared import schema
from chime_endpoints_cli.commands.file import schema as command
from line_schema import line_schema

FILE = Path(schema.__file__).with_name("endpoints.schema.json")
OF_LINES = Path(command.__file__).with_name(command.OF_LINES)


def text(of: Mapping[str, object]) -> str:
    """Return a schema as text."""
    return json.dumps(of, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(schema.schema()), encoding="utf-8")
    OF_LINES.write_text(text(line_schema()), encoding="utf-8")
