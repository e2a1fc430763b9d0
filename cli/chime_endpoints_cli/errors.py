"""The failure of a command: one message for a person, without a traceback."""

from __future__ import annotations

from .failing.codes import CommandCode


class CommandError(Exception):
    """A command cannot go on; the person who ran it reads what happened and what to do."""

    def __init__(self, problem: str, *, remedy: str = "", output: str = "", code: CommandCode | None = None) -> None:
        """Takes the message.

        Args:
            problem: what happened, as the rest of a line that begins with `error:`.
            remedy: what to do about it, in sentences.
            output: what another program printed about it.
            code: leads to a section of the documentation, where there is one.
        """
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.output = output
        self.code = code
