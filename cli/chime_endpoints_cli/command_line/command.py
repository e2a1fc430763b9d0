"""Click commands and groups with examples and exit codes in their help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .error_handler import DEBUG, DEBUG_VARIABLE
from .exit_codes import MEANINGS, ExitCode
from .posix import require_posix

_GENERAL = {ExitCode.DONE: "done", ExitCode.FAILED: "failed; the message says why"}


class Command(click.Command):
    """A click command with examples and exit codes in its help."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        exit_codes: Mapping[ExitCode, str] = _GENERAL,
        needs_posix: bool = False,
        **kwargs: Any,
    ) -> None:
        """Accept click's arguments, examples with explanations, and exit codes with meanings."""
        super().__init__(*args, **kwargs)
        if not self.ignore_unknown_options:  # such a command passes unknown options to another program
            self.params.append(_debug_option())
        self.needs_posix = needs_posix
        self.examples = examples
        interrupted = exit_codes.get(ExitCode.INTERRUPTED, MEANINGS[ExitCode.INTERRUPTED])
        self.exit_codes = {**exit_codes, ExitCode.INTERRUPTED: interrupted}

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raise CommandError if this system does not support it."""
        above: click.Context | None = ctx
        while above is not None:
            if getattr(above.command, "needs_posix", False):
                require_posix(f"`{ctx.command_path}`")
            above = above.parent
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                for line, explanation in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}# {explanation}\n")
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in self.exit_codes.items()])
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def __init__(self, *args: Any, needs_posix: bool = False, **kwargs: Any) -> None:
        """Accept click's arguments, and whether the commands need Linux or macOS."""
        super().__init__(*args, **kwargs)
        self.params.append(_debug_option())
        self.needs_posix = needs_posix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which they were added."""
        return list(self.commands)


def _debug_option() -> click.Option:
    """The --debug option for the parser and the help; `net` itself looks for it in the command line."""
    return click.Option(
        [DEBUG],
        is_flag=True,
        expose_value=False,
        help=f"Show the traceback if the command fails; or set {DEBUG_VARIABLE}=1.",
    )
