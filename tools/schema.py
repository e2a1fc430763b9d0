"""Writes the JSON Schema of the declaration file into the package, as the loader's own rules say it."""

from __future__ import annotations

import json
from pathlib import Path

from chime_endpoints.declared import schema

FILE = Path(schema.__file__).with_name("endpoints.schema.json")


def text() -> str:
    """The file's text."""
    return json.dumps(schema.schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
