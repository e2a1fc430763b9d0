"""Type checks for every option, derived from the signature that declares it.

CDK checks types only when a value reaches it, with its own messages, and in Python every non-empty string is true. Each
public function therefore passes itself and its arguments to `check_options`, so that no option can be added without a
check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from aws_cdk.interfaces.aws_pinpoint import AppReference, IAppRef
from constructs import Construct, IConstruct

from chime_endpoints._cdk.tree import child_path
from chime_endpoints._cdk.unresolved import is_token
from chime_endpoints.errors import InvalidDeclarationError
from chime_endpoints_handler.model.codes import Code

from .option_type_names import OPTION_TYPES, given_as, members

_Value = TypeVar("_Value")
_NOT_OPTIONS = ("self", "cls", "return")


@dataclass(frozen=True, kw_only=True)
class OptionType:
    """The type that an option accepts."""

    words: str
    remedy: str
    matches: Callable[[Any], bool]
    inside: Callable[[str, Any], Iterator[str]] = field(default=lambda _parameter, _value: iter(()))
    """Yields the problems of the members of a value that matches."""

    def problems(self, parameter: str, value: object) -> Iterator[str]:
        """Yield the problems of a value. The sentences name the value's type but never the value."""
        if self.matches(value):
            yield from self.inside(parameter, value)
            return
        remedy = f" {self.remedy}" if self.remedy else ""
        yield f"{parameter} must be {self.words}, not {given_as(value)}.{remedy} [{Code.WRONG_KIND}]"


@dataclass(frozen=True, kw_only=True)
class CheckedOptions:
    """The result of checking a function's arguments."""

    wrong: Mapping[str, Sequence[str]]
    """The problems of each option that has the wrong type."""

    @property
    def problems(self) -> list[str]:
        """All problems, in the order of the options."""
        return [sentence for sentences in self.wrong.values() for sentence in sentences]

    def valid_or(self, parameter: str, value: _Value, otherwise: _Value) -> _Value:
        """Return the value if it has the right type. Otherwise, return a value that no other rule rejects."""
        return otherwise if parameter in self.wrong else value

    def is_number(self, value: int | None, parameter: str) -> TypeGuard[int]:
        """Whether a value is a known number, so that its limits can be checked, and not a token or a wrong type."""
        return parameter not in self.wrong and value is not None and not is_token(value)


def check_options(declares: Callable[..., object] | type, given: Mapping[str, Any]) -> CheckedOptions:
    """Check the types of a function's arguments.

    Args:
        declares: the function, or a `TypedDict` of its options.
        given: the values by parameter name, such as `locals()` in the function's first line.

    Raises:
        InvalidDeclarationError: the scope or the id has the wrong type, so no further check is possible.
    """
    wrong = {}
    for parameter, option_type in _option_types(declares).items():
        if parameter in given and (sentences := list(option_type.problems(parameter, given[parameter]))):
            wrong[parameter] = sentences
    checked = CheckedOptions(wrong=wrong)
    if "scope" in wrong or "id" in wrong:
        path = str(given["id"]) if "scope" in wrong else child_path(given["scope"], str(given["id"]))
        raise InvalidDeclarationError(path, checked.problems)
    return checked


@cache
def _option_types(declares: Callable[..., object] | type) -> Mapping[str, OptionType]:
    optional = is_typeddict(declares)
    hints = {name: hint for name, hint in get_type_hints(declares).items() if name not in _NOT_OPTIONS}
    return {name: _option_type_of(hint | None if optional else hint) for name, hint in hints.items()}


def _option_type_of(hint: Any) -> OptionType:
    """Return the type that an annotation describes.

    Raises:
        LookupError: `OPTION_TYPES` has no entry for the annotation.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _either([each for each in arguments if each is not NoneType], optional=NoneType in arguments)
    if origin is Sequence:
        return _list_of(_option_type_of(arguments[0]))
    if origin is Mapping:  # of strings to strings; separate rules check its members
        return OptionType(
            words="a mapping of keys to values", remedy="", matches=lambda value: isinstance(value, Mapping)
        )
    if hint not in OPTION_TYPES:
        raise LookupError(f"option_type_names.OPTION_TYPES has no entry for {hint}.")
    words, remedy = OPTION_TYPES[hint]
    return OptionType(words=words, remedy=remedy, matches=_matcher(hint))


def _either(hints: Sequence[Any], *, optional: bool) -> OptionType:
    option_types = [_option_type_of(hint) for hint in hints]
    if len(option_types) == 1:
        (option_type,) = option_types
        return OptionType(
            words=option_type.words,
            remedy=option_type.remedy,
            matches=lambda value: (optional and value is None) or option_type.matches(value),
            inside=lambda parameter, value: iter(()) if value is None else option_type.inside(parameter, value),
        )
    return OptionType(
        words=" or ".join(option_type.words for option_type in option_types),
        remedy=" ".join(option_type.remedy for option_type in option_types if option_type.remedy),
        matches=lambda value: (
            (optional and value is None) or any(option_type.matches(value) for option_type in option_types)
        ),
    )


def _list_of(option_type: OptionType) -> OptionType:
    def inside(parameter: str, value: Sequence[object]) -> Iterator[str]:
        for number, each in enumerate(value):
            yield from option_type.problems(f"{parameter}[{number}]", each)

    return OptionType(
        words="a list",
        remedy=f"Each item must be {option_type.words}.",
        matches=lambda value: isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray),
        inside=inside,
    )


def _matcher(hint: Any) -> Callable[[Any], bool]:
    """Return the check for an annotation. CDK tokens pass if the template can contain one, and are checked later."""
    if hint is bool:
        return lambda value: isinstance(value, bool) or is_token(value)
    if hint is int:
        return lambda value: (isinstance(value, int) and not isinstance(value, bool)) or is_token(value)
    if hint is str:
        return lambda value: isinstance(value, str) or (is_token(value) and not isinstance(value, float))
    if hint is Construct or hint is IConstruct:
        return lambda value: isinstance(value, Construct) or _has(value, ("node",))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: isinstance(value, hint) or is_token(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: isinstance(value, hint)
    if hint is IAppRef:  # applications of Amplify and other services also have an `app_ref`
        return lambda value: _has(value, members(hint)) and isinstance(value.app_ref, AppReference)
    if getattr(hint, "_is_protocol", False):
        return lambda value: _has(value, members(hint))
    return lambda value: isinstance(value, hint) or _makes(hint, value)


def _has(value: object, names: Sequence[str]) -> bool:
    """Whether a value has the members of an interface. Only its classes are inspected, to avoid calls into Node."""
    classes = [type(value), *map(type, getattr(value, "_delegates", ()))]
    own = getattr(value, "__dict__", {})
    return any(all(hasattr(each, name) or name in own for name in names) for each in classes)


def _makes(struct: Any, value: object) -> bool:
    """Whether CDK can build a struct from a mapping. CDK accepts a mapping in place of a struct."""
    if not isinstance(value, dict) or type(struct) is not type:  # CDK's classes have a metaclass, its structs do not
        return False
    try:
        struct(**value)
    except TypeError:
        return False
    return True
