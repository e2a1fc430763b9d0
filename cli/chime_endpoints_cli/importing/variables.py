"""The values of a file's variables as `import` knows them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from chime_endpoints.declared.variables import Lookup
from chime_endpoints_cli.keeping import kept_cloud
from chime_endpoints_cli.options import variables_in


@dataclass(frozen=True)
class Variables:
    """What the command line gives, then the environment, then the local cloud if it is used."""

    given: Mapping[str, str]
    of_cloud: Mapping[str, str]

    @classmethod
    def of(cls, context: tuple[str, ...], *, local: bool) -> Variables:
        """The variables of a command line."""
        return cls(variables_in(context), kept_cloud().variables if local else {})

    def lookup(self, name: str) -> str | None:
        """The value of a variable."""
        return self.given.get(name) or os.environ.get(name) or self.of_cloud.get(name)

    def with_default(self, name: str, value: str) -> Lookup:
        """The same with a value for one variable, if it has none."""
        return lambda each: self.lookup(each) or (value if each == name else None)
