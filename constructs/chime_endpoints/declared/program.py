"""The program behind `app.py`: it turns the declaration file into a cloud assembly and explains every failure."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from aws_cdk import App

from chime_endpoints.errors import InvalidDeclarationError

from .document.problems import DeclaredFileError
from .document.variables import from_context
from .load import load
from .stack_assignment.resources import STACK
from .stacks import declare

_KINDS = re.compile(r"^(?:@jsii/kernel\.)?(?:[A-Za-z]*Error: )+")
_STACK_TRACE = re.compile(r"\n\s+at .*", re.DOTALL)


def main() -> None:
    """Write the cloud assembly. On failure, write none and explain on stderr what to do."""
    sys.exit(run(App))


def run(app: Callable[[], App]) -> str | None:
    """Write the cloud assembly.

    Args:
        app: creates the app.

    Returns:
        None, or the reason for a failure.
    """
    try:
        _synthesize(app())
    except (DeclaredFileError, InvalidDeclarationError) as error:
        return str(error)
    except RuntimeError as error:  # any exception from CDK's Node process
        return _in_sentences(str(error))
    except OSError as error:
        return (
            f"The stacks cannot be written: {error.strerror or error}. Check CDK_OUTDIR, the disk and its permissions."
        )
    return None


def _synthesize(app: App) -> None:
    named = app.node.try_get_context("endpoints")
    if named is not None and not (isinstance(named, str) and named.strip()):
        sentence = "`endpoints` does not name a file. Pass -c endpoints=PATH, or omit it to use endpoints.yaml."
        raise InvalidDeclarationError("context", [sentence])
    path = Path(named or "endpoints.yaml")
    list(declare(app, STACK, load(path, from_context(app.node.try_get_context, os.environ))))
    app.synth()


def _in_sentences(message: str) -> str:
    """Return CDK's message without error class names and stack traces."""
    said = _KINDS.sub("", _STACK_TRACE.sub("", message)).strip()
    return f"The stacks cannot be synthesized: {said or 'CDK gives no reason'}"
