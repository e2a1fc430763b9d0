"""The CDK app: what `endpoints.yaml` declares, as stacks. It calls no AWS service and looks nothing up."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aws_cdk import App

from chime_endpoints import InvalidDeclarationError
from chime_endpoints.declared.load import load
from chime_endpoints.declared.problems import DeclaredFileError
from chime_endpoints.declared.stacks import declare


def main() -> None:
    """Writes the cloud assembly; with a mistake in the file there is none, and stderr says what to do."""
    app = App()

    def variable(name: str) -> str | None:
        given = app.node.try_get_context(name)
        return os.environ.get(name) if given is None else str(given)

    path = Path(app.node.try_get_context("endpoints") or "endpoints.yaml")
    try:
        list(declare(app, "ChimeEndpoints", load(path, variable)))
    except (DeclaredFileError, InvalidDeclarationError) as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
