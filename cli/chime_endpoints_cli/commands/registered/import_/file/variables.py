"""The values of a file's variables for `import`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from chime_endpoints.declared.document.variables import Lookup
from chime_endpoints_cli.command_line.options import variables_in
from chime_endpoints_cli.local.background.background_process import background_cloud


@dataclass(frozen=True)
class Variables:
    """Values from the command line, then the environment, then the local cloud if it is used."""

    given: Mapping[str, str]
    of_cloud: Mapping[str, str]

    @classmethod
    def of(cls, context: tuple[str, ...], *, local: bool) -> Variables:
        """Return the variables of a command line."""
        return cls(variables_in(context), background_cloud().variables if local else {})

    def lookup(self, name: str) -> str | None:
        """Return the value of a variable, or None."""
        return self.given.get(name) or os.environ.get(name) or self.of_cloud.get(name)

    def with_default(self, name: str, value: str) -> Lookup:
        """Return a look-up with a default for one variable."""
        return lambda each: self.lookup(each) or (value if each == name else None)
