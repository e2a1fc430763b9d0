"""The failure of a command, shown as one message without a traceback."""

from __future__ import annotations

from chime_endpoints_handler.model.codes import Code

from .codes import CommandCode


class CommandError(Exception):
    """A failure that is shown to the user: what happened and what to do."""

    def __init__(
        self, problem: str, *, remedy: str = "", output: str = "", code: CommandCode | Code | None = None
    ) -> None:
        """Store the parts of the message.

        Args:
            problem: what happened; it is printed after `error:`.
            remedy: what to do about it, in sentences.
            output: the output of another program that explains the failure.
            code: the code that the documentation explains, if there is one.
        """
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.output = output
        self.code = code
