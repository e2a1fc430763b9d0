"""Run CDK apps one after the other as their authors would, with cdk-nag's packs and CDK's own validation."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

_synth = App.synth


def main(target: Path, *programs: Path) -> None:
    """Keep each program's cloud assembly in a folder with its name. Other output of a program is in `written`."""
    for program in programs:
        sys.argv = [str(program), str(target / "written" / program.stem)]

        def synth(app: App, *, name: str = program.stem, **options: Any) -> Any:
            Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
            assembly = _synth(app, **options)
            shutil.copytree(assembly.directory, target / name)
            return assembly

        App.synth = synth  # type: ignore[assignment, method-assign]  # for every app that is made
        runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
