"""What an editor shows for a public name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import pytest
from constructs import Construct

import chime_endpoints

_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n     .*)*)", re.MULTILINE)


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public functions that this package's public classes define."""
    for class_name in chime_endpoints.__all__:
        public = getattr(chime_endpoints, class_name)
        if issubclass(public, Enum):
            continue
        for name, member in inspect.getmembers(public):
            function = member.fget if isinstance(member, property) else member
            is_ours = str(getattr(function, "__module__", "")).startswith("chime_endpoints.")
            is_for_users = not name.startswith("_") or (name == "__init__" and issubclass(public, Construct))
            if inspect.isfunction(function) and is_ours and is_for_users:
                yield f"{class_name}.{name}", function


FUNCTIONS = dict(_functions())
WITH_PARAMETERS = [
    name
    for name, function in FUNCTIONS.items()
    if set(inspect.signature(function).parameters) - {"self"} and "See `" not in (function.__doc__ or "")
]


@pytest.mark.parametrize("name", chime_endpoints.__all__)
def test_a_public_name_says_what_it_is(name: str) -> None:
    """It has a docstring of its own."""
    assert re.match(r"[A-Z`].*\.", inspect.getdoc(getattr(chime_endpoints, name)) or "", re.DOTALL)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_does(name: str) -> None:
    """This includes properties."""
    assert FUNCTIONS[name].__doc__


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_every_parameter_is_documented(name: str) -> None:
    """The docstring lists all parameters in the order of the signature, and the default of each optional one."""
    function = FUNCTIONS[name]
    section = inspect.cleandoc(function.__doc__ or "").partition("Args:\n")[2].partition("\n\n")[0]
    documented = dict(_ARGUMENT.findall(section))
    parameters = {key: each for key, each in inspect.signature(function).parameters.items() if key != "self"}
    assert list(documented) == list(parameters)
    for key, each in parameters.items():
        assert each.default is each.empty or "Default:" in documented[key] or each.kind is each.VAR_KEYWORD, key
