"""The command line of the demo."""

from __future__ import annotations

from typing import NoReturn

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.error_handler import exit_code_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.command_line.process import exit_with

from .steps import run_demo


@click.command(
    cls=Command,
    context_settings={"help_option_names": ["-h", "--help"]},
    needs_posix=True,
    examples=[
        ("make demo", "in the clone, which has app.py and endpoints.yaml"),
        ("make demo ARGS=--verbose", "with the complete output of cdk"),
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


def main() -> NoReturn:
    """Run the demo and exit; everything that it started is stopped first."""
    exit_with(run)


def run(arguments: list[str]) -> int:
    """Run the demo with arguments, and return its exit code; a failure prints one message."""
    return exit_code_of(arguments, lambda: demo.main(arguments, prog_name="make demo", standalone_mode=False))
