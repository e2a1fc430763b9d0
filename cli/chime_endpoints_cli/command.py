"""A command whose help teaches: what it does, examples, and what its exit codes mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .exit_codes import MEANINGS, ExitCode

_GENERAL = {ExitCode.DONE: "done", ExitCode.FAILED: "failed; the message says why"}


class Command(click.Command):
    """A command of click with examples and exit codes in its help."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        exit_codes: Mapping[ExitCode, str] = _GENERAL,
        **kwargs: Any,
    ) -> None:
        """Takes, beside what click takes, examples with their explanations, and exit codes with their meanings."""
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.exit_codes = {**exit_codes, ExitCode.INTERRUPTED: MEANINGS[ExitCode.INTERRUPTED]}

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
