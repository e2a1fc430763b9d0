"""Reads the context that the `cdk` command passes to the app, so that `validate` uses the same variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from chime_endpoints_cli.output.errors import CommandError


def cdk_context() -> Mapping[str, object]:
    """Return the context in `cdk.json` and, with lower precedence, in `cdk.context.json`; both are optional.

    Raises:
        CommandError: one of the files cannot be read, so `cdk` could not read it either.
    """
    settings = _read(Path("cdk.json")).get("context")
    return {**_read(Path("cdk.context.json")), **(settings if isinstance(settings, dict) else {})}


def _read(path: Path) -> Mapping[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror}", remedy="Make it readable: `cdk` reads it, too."
        ) from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not valid JSON", remedy="Correct it: `cdk` reads it, too.") from error
    return content if isinstance(content, dict) else {}
