"""The stacks of a declaration file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.document.variables import from_context
from chime_endpoints.declared.load import load
from chime_endpoints.declared.stack_assignment.resources import resources_of
from chime_endpoints_cli.output.console.terminal import complain, counted
from chime_endpoints_cli.output.errors import CommandError

from .templates import Declared, DeclaredStack


def read_file(path: Path, context: Mapping[str, object]) -> Declared:
    """Read a declaration file with the values of its variables.

    Raises:
        CommandError: there is no such file, or it has mistakes, which have been printed.
    """
    if not path.is_file():
        raise CommandError(
            f"{path} does not exist",
            remedy="Name the declaration file, or for an app of your own, run `cdk synth` and pass --app cdk.out.",
        )
    try:
        declarations = load(path, from_context(context.get, os.environ))
    except DeclaredFileError as error:
        complain(str(error))
        mistakes = counted(len(error.problems), "mistake")
        raise CommandError(f"{path} has {mistakes}", remedy="Correct the file, then run the command again.") from error
    stacks = tuple(
        DeclaredStack(name=each.name, template={"Resources": each.resources}, keys=each.keys, is_partial=True)
        for each in resources_of(declarations)
    )
    return Declared(source=str(path), stacks=stacks, is_file=True)
