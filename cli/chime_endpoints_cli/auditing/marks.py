"""The name by which a stack's endpoint is recognised, and which stack it is of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chime_endpoints_handler.physical_id import suffix

_MARK = re.compile(r"(?P<stack>[A-Za-z][A-Za-z0-9-]*)-(?P<logical>[A-Za-z0-9]+)-(?P<suffix>[0-9a-f]{16})")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A name of the form that only this project gives: `{StackName}-{LogicalId}-{suffix}`."""

    stack_name: str
    logical_id: str
    suffix: str

    @classmethod
    def of(cls, name: str) -> Mark | None:
        """The mark that a name is; None for every other name."""
        found = _MARK.fullmatch(name)
        if found is None:
            return None
        return cls(stack_name=found["stack"], logical_id=found["logical"], suffix=found["suffix"])

    def giver(self, stack_ids: Iterable[str]) -> str | None:
        """The id of the stack that gave the mark, which its suffix proves; None if it is none of these."""
        for stack_id in stack_ids:
            is_called_so = stack_id.split("/")[1:2] == [self.stack_name]
            if is_called_so and suffix(stack_id, self.logical_id) == self.suffix:
                return stack_id
        return None
