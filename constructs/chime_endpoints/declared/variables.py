"""`${NAME}` and `${NAME:-default}` in the file's values."""

from __future__ import annotations

import re
from collections.abc import Callable

Lookup = Callable[[str], str | None]
"""The value of a variable; None if there is none."""

_REFERENCE = re.compile(
    r"\$\$\{"  # a literal `${`
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}"
    r"|\$\{"  # none of the two
)


class UndefinedVariableError(ValueError):
    """A value refers to a variable that nobody has set, or in a form that means nothing."""


def substitute(text: str, lookup: Lookup) -> str:
    """A text with its variables' values. A variable that is empty takes its default, as in a shell.

    Raises:
        UndefinedVariableError: there is no value and no default.
    """

    def value(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        name, default = found["name"], found["default"]
        if name is None:
            raise UndefinedVariableError("${ begins a variable: write ${NAME} or ${NAME:-default}, or $${ for itself.")
        given = lookup(name) or default
        if given is None:
            raise UndefinedVariableError(
                f"${{{name}}} has no value: give it with `-c {name}=…`, in the environment,"
                f" or a default as ${{{name}:-…}}."
            )
        return given

    return _REFERENCE.sub(value, text)
