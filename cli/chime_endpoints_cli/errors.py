"""What a command tells a person when it cannot go on: one message, no traceback."""


class CommandError(Exception):
    """Something that the person who ran the command can put right."""

    def __init__(self, problem: str, *, remedy: str = "", output: str = "") -> None:
        """Takes what is wrong, what to do about it, and what another program printed about it."""
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.output = output
