"""The command line of `demo`."""

from __future__ import annotations

import click

from .command import Command
from .demo import run_demo
from .exit_codes import ExitCode


@click.command(
    cls=Command,
    needs_posix=True,
    examples=[
        ("chime-endpoints demo", "in a directory with app.py and endpoints.yaml"),
        ("chime-endpoints demo --verbose", "with all that cdk prints"),
    ],
    exit_codes={
        ExitCode.DONE: "everything was as declared, and nothing is left",
        ExitCode.FAILED: "failed, or something was not as declared",
    },
)
@click.option("--verbose", is_flag=True, help="Show all that cdk prints.")
def demo(*, verbose: bool) -> None:
    """Deploy, change and destroy endpoints.yaml on a local cloud.

    Between the steps it shows what the other commands tell: list, drift and audit.
    """
    run_demo(verbose=verbose)
