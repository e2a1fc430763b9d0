"""`${NAME}` and `${NAME:-default}` in the file's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Lookup = Callable[[str], str | None]
"""The value of a variable; None if there is none."""

_OPENING = re.compile(r"\$?\$\{")
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<end>\}|:-)")
_INSIDE = re.compile(r"\$?\$\{|[{}]")
_DEEPEST = 10  # defaults within defaults; a file that is meant has one or two
_CDK_TOKEN = re.compile(r"[$#]\{Token\[")
_FORM = "${ begins a variable: write ${NAME} or ${NAME:-default}, or $${ for itself."


class UndefinedVariableError(ValueError):
    """A value refers to a variable that nobody has set, or in a form that means nothing."""


def from_context(context: Callable[[str], object], environment: Mapping[str, str]) -> Lookup:
    """Looks a variable up in CDK's context, then in the environment.

    Args:
        context: the value that CDK's context has for a name; None if it has none.
        environment: the environment's variables.
    """

    def value(name: str) -> str | None:
        given = context(name)
        if given is None:
            return environment.get(name)
        if isinstance(given, bool):
            return str(given).lower()  # cdk.json's true is the file's true
        if isinstance(given, float) and given.is_integer():
            return str(int(given))  # JavaScript has one kind of number
        if isinstance(given, str | int | float):
            return str(given)
        raise UndefinedVariableError(f"${{{name}}} is a map or a list in CDK's context; give it a string.")

    return value


def substitute(text: str, lookup: Lookup) -> str:
    """A text with its variables' values. A variable that is empty takes its default, as in a shell.

    A default may hold variables; only the defaults that are used need values. A value is taken as it is.

    Raises:
        UndefinedVariableError: there is no value and no default, or a variable is not written as one.
    """
    found = _substituted(text, lookup, 0)
    if _CDK_TOKEN.search(found):
        raise UndefinedVariableError("holds ${Token[, which CDK takes for a token of its own; write it another way.")
    return found


def _substituted(text: str, lookup: Lookup, depth: int) -> str:
    parts: list[str] = []
    position = 0
    open_braces = 0
    while opening := _OPENING.search(text, position):
        before = text[position : opening.start()]
        parts.append(before)
        open_braces += before.count("{") - before.count("}")
        position = opening.end()
        if opening[0] == "$${":
            parts.append("${")
            open_braces += 1
            continue
        name = _NAME.match(text, position)
        if name is None:
            raise UndefinedVariableError(_FORM)
        default, position = (None, name.end()) if name["end"] == "}" else _default(text, name)
        if text.startswith("}", position) and open_braces <= 0:
            raise UndefinedVariableError(f"the second }} behind ${{{name['name']}…}} closes nothing; remove it.")
        parts.append(_value(name["name"], default, lookup, depth))
    return "".join([*parts, text[position:]])


def _value(name: str, default: str | None, lookup: Lookup, depth: int) -> str:
    if given := lookup(name):
        return given
    if default is None:
        raise UndefinedVariableError(
            f"${{{name}}} has no value: give it with `-c {name}=…`, in the environment, or a default as ${{{name}:-…}}."
        )
    if depth == _DEEPEST:
        raise UndefinedVariableError(f"has more than {_DEEPEST} defaults within each other; write fewer.")
    return _substituted(default, lookup, depth + 1)


def _default(text: str, name: re.Match[str]) -> tuple[str, int]:
    """A default, and where the text goes on after its brace: braces in it are in pairs."""
    begin, open_braces = name.end(), 1
    for brace in _INSIDE.finditer(text, begin):
        open_braces += -1 if brace[0] == "}" else 1
        if open_braces == 0:
            return text[begin : brace.start()], brace.end()
    raise UndefinedVariableError(
        f"the default of ${{{name['name']}:- has no closing brace; braces in a default are in pairs."
    )
