"""The application of injected faults to a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from .answers import Answer, error_answer, page_answer
from .authorization import Denial
from .faults import Fault, Spoiled, When, striking
from .service import EmulatedService

HANGING_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class CallTransport:
    """One call, which arrives over a socket or in the same process."""

    backend: EmulatedService
    operation: str
    parameters: Mapping[str, Any]
    success: int
    url: str
    over_http: bool

    def strike(self, when: When, answer: Answer | None) -> Answer | None:
        """Apply the faults before or after the call's effect, and return the first response that a fault gives.

        Raises:
            ConnectionError: the server must reset the connection.
            HTTPClientError: the same without a server, as botocore raises it for a socket.
            BaseException: an exception from a fault's `call`.
        """
        for fault in striking(self.backend.faults, operation=self.operation, when=when):
            if fault.answer is Spoiled.HANG:
                self._hang(fault.delay or HANGING_SECONDS)
            if fault.delay:
                self.backend.sleep(fault.delay)
            if fault.call is not None:
                fault.call()
            if (struck := self._struck(fault, answer)) is not None:
                return struck
        return None

    def _struck(self, fault: Fault, answer: Answer | None) -> Answer | None:
        if fault.error is not None:
            message = self._message(fault.error) if fault.message is None else fault.message
            return error_answer(self.backend.error(fault.error, message, fault.status))
        plain = answer or Answer(status=self.success, body="{}")
        match fault.answer:
            case Spoiled.RESET:
                self._reset()
            case Spoiled.TRUNCATED:
                return plain.truncated()
            case Spoiled.EMPTY:
                return Answer(status=fault.status or self.success)
            case Spoiled.WITHOUT_ENDPOINT_ID:
                return plain.with_member("EndpointId", None)
            case Spoiled.HTML:
                return page_answer(fault.status)
            case Spoiled.REPEATED_NEXT_TOKEN:
                return plain.with_member("NextToken", self._repeated_next_token())
        return None

    def _hang(self, seconds: float) -> None:
        if not self.over_http:
            raise ReadTimeoutError(endpoint_url=self.url)
        self.backend.sleep(seconds)
        raise ConnectionResetError

    def _reset(self) -> None:
        if self.over_http:
            raise ConnectionResetError
        raise ConnectionClosedError(endpoint_url=self.url)

    def _repeated_next_token(self) -> str | None:
        """Return the NextToken of the request, or for the first page a token that returns its keys again."""
        sent = self.parameters.get("NextToken")
        return str(sent) if sent is not None else self.backend.token_of_first_page()

    def _message(self, code: str) -> str:
        if code != "AccessDeniedException":
            return f"{code} by a fault"
        permission, *_ = self.backend.permissions_for(self.operation, self.parameters)
        role = f"arn:{self.backend.partition}:sts::{self.backend.account_id}:assumed-role/role/session"
        return Denial(principal=role, permission=permission).text
