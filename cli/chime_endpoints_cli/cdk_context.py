"""The context that the `cdk` command gives to the app here, so that `validate` knows the same variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .errors import CommandError


def cdk_context() -> Mapping[str, object]:
    """What `cdk.json` gives as context, and `cdk.context.json`, which counts less; nothing where they are not there.

    Raises:
        CommandError: one of them cannot be read, so that `cdk` could not either.
    """
    settings = _read(Path("cdk.json")).get("context")
    return {**_read(Path("cdk.context.json")), **(settings if isinstance(settings, dict) else {})}


def _read(path: Path) -> Mapping[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", remedy="`cdk` reads it as well.") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not valid JSON", remedy="Correct it: `cdk` reads it as well.") from error
    return content if isinstance(content, dict) else {}
