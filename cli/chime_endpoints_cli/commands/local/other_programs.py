"""Runs other programs for the `local` commands: passes on arguments, terminal, signals and exit codes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.output.errors import CommandError


class PassThroughCommand(Command):
    """A command that passes its arguments to another program, except for a `--help` in front."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept the arguments of `Command`."""
        super().__init__(*args, context_settings={"ignore_unknown_options": True}, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep all arguments for the other program."""
        if args[:1] in (["--help"], ["-h"]):
            return super().parse_args(ctx, args[:1])
        ctx.params["arguments"] = tuple(args)
        return []

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the usage line after the command's name."""
        return [*super().collect_usage_pieces(ctx), "[ARGUMENTS]..."]


def run_in_foreground(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program in the foreground; return its exit code, or 128 plus the signal that ended it.

    The terminal sends Ctrl-C to the program. Other signals are passed on.
    """
    before: dict[signal.Signals, Any] = {}
    with _started(command, environment) as process:

        def pass_on(number: int, _frame: object) -> None:
            if number != signal.SIGINT or not sys.stdin.isatty():
                process.send_signal(number)

        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                before[number] = signal.signal(number, pass_on)
            code = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def replace_process(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process with another program.

    Raises:
        CommandError: the program was not found or cannot be run.
    """
    found = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    if found is None:
        raise CommandError(f"program {command[0]} was not found", remedy="Check its name and PATH.")
    try:
        os.execve(found, [*command], {**environment})  # noqa: S606 - the user named the program
    except OSError as error:
        raise CommandError(f"{found} cannot be run: {error.strerror}", remedy="Check that it is executable.") from error


def _started(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment)
    except OSError as error:
        raise CommandError(
            f"{command[0]} cannot be run: {error.strerror}", remedy="Check that it is executable."
        ) from error
