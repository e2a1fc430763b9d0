"""Commands whose help teaches: what they do, examples, what their exit codes mean, and what all of them take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .exit_codes import MEANINGS, ExitCode
from .net import DEBUG, DEBUG_VARIABLE
from .posix import require_posix

_GENERAL = {ExitCode.DONE: "done", ExitCode.FAILED: "failed; the message says why"}


class Command(click.Command):
    """A command of click with examples and exit codes in its help."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        exit_codes: Mapping[ExitCode, str] = _GENERAL,
        needs_posix: bool = False,
        **kwargs: Any,
    ) -> None:
        """Takes, beside what click takes, examples with their explanations, and exit codes with their meanings."""
        super().__init__(*args, **kwargs)
        if not self.ignore_unknown_options:  # what such a command does not know is for another program
            self.params.append(_debug_option())
        self.needs_posix = needs_posix
        self.examples = examples
        self.exit_codes = {**exit_codes, ExitCode.INTERRUPTED: MEANINGS[ExitCode.INTERRUPTED]}

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; raises CommandError where this system cannot."""
        above: click.Context | None = ctx
        while above is not None:
            if getattr(above.command, "needs_posix", False):
                require_posix(f"`{ctx.command_path}`")
            above = above.parent
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples and the exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                for line, explanation in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}# {explanation}\n")
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in self.exit_codes.items()])
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """Commands in the order in which a person meets them; what holds for all of them may stand before any."""

    def __init__(self, *args: Any, needs_posix: bool = False, **kwargs: Any) -> None:
        """Takes, beside what click takes, whether its commands need Linux or macOS."""
        super().__init__(*args, **kwargs)
        self.params.append(_debug_option())
        self.needs_posix = needs_posix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands as they were added."""
        return list(self.commands)


def _debug_option() -> click.Option:
    """Known to the parser and to the help only: the net looks for it even where no parser has come so far."""
    return click.Option(
        [DEBUG], is_flag=True, expose_value=False, help=f"Show the traceback of a failure; or set {DEBUG_VARIABLE}=1."
    )
