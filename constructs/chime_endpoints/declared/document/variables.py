"""Replacement of `${NAME}` and `${NAME:-default}` in the file's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Lookup = Callable[[str], str | None]
"""Returns the value of a variable, or None if it has none."""

_OPENING = re.compile(r"\$?\$\{")
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<end>\}|:-)")
_INSIDE = re.compile(r"\$?\$\{|[{}]")
_DEEPEST = 10  # nested defaults; a real file has one or two
_CDK_TOKEN = re.compile(r"[$#]\{Token\[")
_FORM = "${ begins a variable; write ${NAME} or ${NAME:-default}, or write $${ for a literal ${."


class UndefinedVariableError(ValueError):
    """A value refers to a variable that has no value, or the reference is malformed."""


def from_context(context: Callable[[str], object], environment: Mapping[str, str]) -> Lookup:
    """Return a lookup that searches CDK's context first and then the environment.

    Args:
        context: returns the value of a name in CDK's context, or None.
        environment: the environment variables.
    """

    def value(name: str) -> str | None:
        given = context(name)
        if given is None:
            return environment.get(name)
        if isinstance(given, bool):
            return str(given).lower()  # true in cdk.json means true in the file
        if isinstance(given, float) and given.is_integer():
            return str(int(given))  # JavaScript does not distinguish integers from floats
        if isinstance(given, str | int | float):
            return str(given)
        raise UndefinedVariableError(f"${{{name}}} is a map or a list in CDK's context; set it to a string.")

    return value


def substitute(text: str, lookup: Lookup) -> str:
    """Replace the variables in a text. As in a shell, an empty variable takes its default.

    A default can contain variables, which need values only if the default is used. Values are not expanded further.

    Raises:
        UndefinedVariableError: a variable has neither a value nor a default, or it is malformed.
    """
    found = _substituted(text, lookup, 0)
    if _CDK_TOKEN.search(found):
        raise UndefinedVariableError(
            "contains ${Token[, which CDK reads as one of its own tokens; write it differently."
        )
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
            raise UndefinedVariableError(f"the second }} after ${{{name['name']}…}} has no opening brace; remove it.")
        parts.append(_value(name["name"], default, lookup, depth))
    return "".join([*parts, text[position:]])


def _value(name: str, default: str | None, lookup: Lookup, depth: int) -> str:
    if given := lookup(name):
        return given
    if default is None:
        raise UndefinedVariableError(
            f"${{{name}}} has no value; pass `-c {name}=…`, set the environment variable {name}, or write a default as"
            f" ${{{name}:-…}}."
        )
    if depth == _DEEPEST:
        raise UndefinedVariableError(f"nests more than {_DEEPEST} defaults; use fewer.")
    return _substituted(default, lookup, depth + 1)


def _default(text: str, name: re.Match[str]) -> tuple[str, int]:
    """Return a default and the position after its closing brace. Braces in a default must be balanced."""
    begin, open_braces = name.end(), 1
    for brace in _INSIDE.finditer(text, begin):
        open_braces += -1 if brace[0] == "}" else 1
        if open_braces == 0:
            return text[begin : brace.start()], brace.end()
    raise UndefinedVariableError(f"the default of ${{{name['name']}:- has no closing brace; balance the braces.")
