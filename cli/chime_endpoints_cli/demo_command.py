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
        ("chime-endpoints demo --verbose", "with the complete output of cdk"),
    ],
    exit_codes={
        ExitCode.DONE: "everything was as declared, and nothing is left",
        ExitCode.FAILED: "failed, or something was not as declared",
    },
)
@click.option("--verbose", is_flag=True, help="Show the complete output of cdk.")
def demo(*, verbose: bool) -> None:
    """Deploy, change and destroy endpoints.yaml on a local cloud.

    It uses the real cdk command, and needs no AWS account. After each step it asks the services whether everything is
    as declared, and shows what list, drift and audit report.
    """
    run_demo(verbose=verbose)
