"""The text that `import` writes: a file of its own, or one that has been added to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .declaration_file import DeclarationFile
from .merging import merged

_HEAD = """\
# Written by `chime-endpoints import`. Add these entries to the file that you deploy; `import --into FILE` does so.
# Deployed by itself, this file deregisters every endpoint that its stack has and that is not in here.
# Keys may be changed before the first deployment, not after it.
"""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How entries are written."""

    into: DeclarationFile | None = None
    is_json: bool = False

    def text(self, entries: Mapping[str, Any], stacks: int | None) -> bytes:
        """The entries, in the file that they are added to if there is one."""
        if self.into is not None:
            return self.into.encoded(merged(self.into.text, entries, stacks=stacks))
        number = {} if stacks is None else {"stacks": stacks}
        if self.is_json:
            return f"{json.dumps({**number, 'endpoints': entries}, indent=2)}\n".encode()
        return (_HEAD + merged("", entries, stacks=stacks)).encode()
