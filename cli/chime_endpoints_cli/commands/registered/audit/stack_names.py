"""Names of endpoints that come from a stack, and how to prove from which one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chime_endpoints_handler.model.physical_id import suffix

_MARK = re.compile(r"(?P<stack>[A-Za-z][A-Za-z0-9-]*)-(?P<logical>[A-Za-z0-9]+)-(?P<suffix>[0-9a-f]{16})")


@dataclass(frozen=True, kw_only=True)
class StackName:
    """A name in the form that this project generates: `{StackName}-{LogicalId}-{suffix}`."""

    stack_name: str
    logical_id: str
    suffix: str

    @classmethod
    def of(cls, name: str) -> StackName | None:
        """Parse a name; return None if it does not have this form."""
        found = _MARK.fullmatch(name)
        if found is None:
            return None
        return cls(stack_name=found["stack"], logical_id=found["logical"], suffix=found["suffix"])

    def giver(self, stack_ids: Iterable[str]) -> str | None:
        """Return the id of the stack that the suffix proves, or None if it is none of these stacks."""
        for stack_id in stack_ids:
            is_called_so = stack_id.split("/")[1:2] == [self.stack_name]
            if is_called_so and suffix(stack_id, self.logical_id) == self.suffix:
                return stack_id
        return None
