"""The end of a dry run that needs what cannot be looked up."""

from __future__ import annotations


class NotKnownError(BaseException):
    """Something that decides the outcome cannot be looked up.

    It is no Exception, because the function translates and retries those: this one has to pass through it.
    """

    def __init__(self, reason: str) -> None:
        """Set the reason, as a sentence."""
        super().__init__(reason)
        self.reason = reason
