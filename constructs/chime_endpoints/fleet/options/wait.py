"""How long a stack waits for a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aws_cdk import Duration

from chime_endpoints._validation.option_type_names import OPTION_TYPES
from chime_endpoints._validation.option_types import check_options

_LONGEST = 12 * 3600


@dataclass(frozen=True, kw_only=True)
class FleetWait:
    """How long a deployment waits until a fleet's endpoints are as declared. The run continues in any case.

    Use `NOT_AT_ALL`, `AN_HOUR` or `up_to`.
    """

    word: str
    """The property `Wait` of the resource."""
    by_condition: Duration | None = None
    """How long a WaitCondition waits after the resource itself."""

    NOT_AT_ALL: ClassVar[FleetWait]
    """The deployment ends after a few endpoints are registered as a test. The others follow."""
    AN_HOUR: ClassVar[FleetWait]
    """The deployment waits for at most an hour. If the run takes longer, it ends as with `NOT_AT_ALL`."""

    @staticmethod
    def up_to(duration: Duration) -> FleetWait:
        """Wait with a WaitCondition until the run has ended.

        Each change of the fleet's properties creates a new WaitCondition. A rollback and a deletion do not wait for it.

        Args:
            duration: the longest time to wait, 1 second to 12 hours.

        Raises:
            TypeError: the duration has the wrong type.
            ValueError: the duration is outside its limits.
        """
        if problems := check_options(FleetWait.up_to, locals()).problems:
            raise TypeError(f"{FleetWait.up_to.__qualname__}: {' '.join(problems)}")
        if duration.is_unresolved():
            raise ValueError("duration is a CDK token; set it to a Duration with a fixed number.")
        lasts = duration.to_seconds(integral=False)
        if not 1 <= lasts <= _LONGEST or lasts != int(lasts):
            raise ValueError(f"duration is {lasts:g} s; it must be a whole number of seconds, 1 s to 12 hours.")
        return FleetWait(word="AN_HOUR", by_condition=duration)


FleetWait.NOT_AT_ALL = FleetWait(word="NOT_AT_ALL")
FleetWait.AN_HOUR = FleetWait(word="AN_HOUR")
OPTION_TYPES[FleetWait] = ("a FleetWait", "Use FleetWait.NOT_AT_ALL, FleetWait.AN_HOUR or FleetWait.up_to.")
