"""Workers that die: at a call of the service or a write to S3, before or after its effect."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Fault
from chime_endpoints_emulator.faults import When
from support.bucket import MemoryS3

_OPERATIONS = (
    "*",
    "RegisterAppInstanceUserEndpoint",
    "UpdateAppInstanceUserEndpoint",
    "DeregisterAppInstanceUserEndpoint",
)


class Killed(BaseException):
    """The function's process is gone; nothing that it would have done happens any more."""


@dataclass
class DyingS3(MemoryS3):
    """S3 in memory whose client dies or fails at a write."""

    is_dead: bool = False
    dies_at: int = 0
    """The write to die at, counted from now; 0 for none."""
    dies_after: bool = False
    fails_at: int = 0
    """The write that S3 refuses, counted from now; 0 for none."""

    def put_object(self, **members: Any) -> dict[str, Any]:
        """Write an object, or die before or after that."""
        self._live()
        self.fails_at -= 1
        if self.fails_at == 0:
            metadata = {"HTTPStatusCode": 503}
            raise ClientError({"Error": {"Code": "SlowDown"}, "ResponseMetadata": metadata}, "PutObject")
        self.dies_at -= 1
        if self.dies_at == 0 and not self.dies_after:
            self.is_dead = True
        self._live()
        answer = super().put_object(**members)
        if self.dies_at == 0:
            self.is_dead = True
        self._live()
        return answer

    def get_object(self, **members: Any) -> dict[str, Any]:
        """Read an object, unless the process is dead."""
        self._live()
        return super().get_object(**members)

    def _live(self) -> None:
        if self.is_dead:
            raise Killed


@dataclass
class Deaths:
    """Kills the workers of one history."""

    random: random.Random
    backend: ChimeSDKIdentityBackend
    s3: DyingS3
    count: int = 0
    kinds: set[str] = field(default_factory=set)

    def arm(self) -> None:
        """Let the next worker die somewhere, maybe."""
        self.backend.faults.append(Fault(call=self._live, times=None))
        chance = self.random.random()
        when: When = "before" if self.random.random() < 0.5 else "after"
        if chance < 0.3:
            self.s3.dies_at, self.s3.dies_after = self.random.randrange(1, 6), when == "after"
        elif chance < 0.35:
            self.s3.fails_at = self.random.randrange(1, 4)
        elif chance < 0.65:
            operation, nth = self.random.choice(_OPERATIONS), self.random.randrange(1, 8)
            self.backend.faults.append(Fault(operation, when=when, nth=nth, call=self._die))
        elif chance < 0.75:
            error = "ServiceFailureException" if when == "after" else "ThrottledClientException"
            self.backend.faults.append(
                Fault(when=when, nth=self.random.randrange(1, 6), error=error, times=self.random.randrange(1, 4))
            )

    def disarm(self) -> None:
        """Begin a new process, which lives."""
        self.count += self.s3.is_dead
        self.s3.is_dead = False
        self.s3.dies_at = self.s3.fails_at = 0
        self.backend.faults.clear()

    def _die(self) -> None:
        self.s3.is_dead = True
        raise Killed

    def _live(self) -> None:
        if self.s3.is_dead:
            raise Killed
