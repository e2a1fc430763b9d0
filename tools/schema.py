"""Writes the JSON Schema of endpoints.yaml, derived from the loader's own rules, into the package."""

from __future__ import annotations

import json
from pathlib import Path

from chime_endpoints.declared import schema

FILE = Path(schema.__file__).with_name("endpoints.schema.json")


def text() -> str:
    """Return the schema as text."""
    return json.dumps(schema.schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
