"""The text that `import` writes: a new file, or the existing file with entries added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .declaration_file import DeclarationFile
from .merging import merged

_HEAD = """\
# Written by `chime-endpoints import`. Add these entries to the file that you deploy; `import --into FILE` does this.
# Deployed by itself, this file deregisters every other endpoint of the stack.
# You can change the keys before the first deployment, but not after it.
"""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The format of the output."""

    into: DeclarationFile | None = None
    is_json: bool = False

    def text(self, entries: Mapping[str, Any], stacks: int | None) -> bytes:
        """Return the entries as text, within the existing file if there is one."""
        if self.into is not None:
            return self.into.encoded(merged(self.into.text, entries, stacks=stacks))
        number = {} if stacks is None else {"stacks": stacks}
        if self.is_json:
            return f"{json.dumps({**number, 'endpoints': entries}, indent=2)}\n".encode()
        return (_HEAD + merged("", entries, stacks=stacks)).encode()
