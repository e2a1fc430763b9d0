"""What the app's `app.py` runs: the declaration file becomes a cloud assembly, and every failure becomes sentences."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from aws_cdk import App

from chime_endpoints.errors import InvalidDeclarationError

from .load import load
from .problems import DeclaredFileError
from .stacks import declare
from .variables import from_context

_KINDS = re.compile(r"^(?:@jsii/kernel\.)?(?:[A-Za-z]*Error: )+")
_STACK_TRACE = re.compile(r"\n\s+at .*", re.DOTALL)


def main() -> None:
    """Writes the cloud assembly; where that fails there is none, and stderr says what to do."""
    sys.exit(run(App))


def run(app: Callable[[], App]) -> str | None:
    """Writes the cloud assembly.

    Args:
        app: makes the app.

    Returns:
        Why there is none; None if there is.
    """
    try:
        _synthesize(app())
    except (DeclaredFileError, InvalidDeclarationError) as error:
        return str(error)
    except RuntimeError as error:  # whatever CDK's Node process throws
        return _in_sentences(str(error))
    except OSError as error:
        return (
            f"The stacks cannot be written: {error.strerror or error}. Check CDK_OUTDIR, the disk and its permissions."
        )
    return None


def _synthesize(app: App) -> None:
    named = app.node.try_get_context("endpoints")
    if named is not None and not (isinstance(named, str) and named.strip()):
        sentence = "`endpoints` names no file. Write -c endpoints=PATH; without it, endpoints.yaml is read."
        raise InvalidDeclarationError("context", [sentence])
    path = Path(named or "endpoints.yaml")
    list(declare(app, "ChimeEndpoints", load(path, from_context(app.node.try_get_context, os.environ))))
    app.synth()


def _in_sentences(message: str) -> str:
    """What CDK says, without the names of its errors and without where in its own code they arose."""
    said = _KINDS.sub("", _STACK_TRACE.sub("", message)).strip()
    return f"The stacks cannot be made: {said or 'CDK gives no reason'}"
