"""Whether values keep the limits of their properties, whatever the properties mean.

A violation names the property but never its value, which may be a device token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..codes import Code
from ..declaration import Properties
from .limits import VERSION_NUMBER, Rule

DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):")
"""What CloudFormation does not resolve in the properties of custom resources."""
_PROPERTY_NAME = re.compile(r"[A-Za-z]{1,40}")

IsUnresolved: TypeAlias = Callable[[object], bool]
"""Whether a value is not known yet (a CDK token). Such a value passes here; the handler checks it at deployment."""


@dataclass(frozen=True)
class Violation:
    """One broken rule: a code, and a sentence that starts with the property's path."""

    code: Code
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


Violations: TypeAlias = Iterator[Violation]


def map_violations(
    path: str, value: Properties, rules: Mapping[str, Rule], unresolved: IsUnresolved, *, ignore: Iterable[str] = ()
) -> Violations:
    """Yield the violations in a map of properties and in their values.

    Args:
        path: the property that contains the map; empty for the resource's own properties.
        value: the map.
        rules: the known properties.
        unresolved: whether a value is not known yet.
        ignore: properties that are checked elsewhere.
    """
    for name in value:
        if name not in rules and name not in ignore:
            yield Violation(Code.UNKNOWN, f"{_join(path, name)} is not a property{_nearest(name, rules)}")
    for name, rule in rules.items():
        if name in ignore:
            continue
        if name not in value:
            if rule.required:
                expected = _choices(rule) if rule.choices else rule.meaning
                yield Violation(
                    Code.MISSING, f"{_join(path, name)} is missing{expected and f'; it must be {expected}'}."
                )
        elif not unresolved(value[name]):
            yield from _value(_join(path, name), value[name], rule, unresolved)


def _value(path: str, value: object, rule: Rule, unresolved: IsUnresolved) -> Violations:
    if rule.members is not None:
        if isinstance(value, Mapping):
            yield from map_violations(path, value, rule.members, unresolved)
        else:
            yield Violation(Code.WRONG_KIND, f"{path} must be a map of {', '.join(rule.members)}.")
    elif rule.choices:
        yield from _choice(path, value, rule)
    else:
        yield from _text(path, str(value) if _is_number(value, rule) else value, rule)


def _choices(rule: Rule) -> str:
    return f"one of {', '.join(rule.choices)}"


def _is_number(value: object, rule: Rule) -> bool:
    """CDK may pass a version as a number; CloudFormation sends every scalar as a string."""
    return rule.form is VERSION_NUMBER and isinstance(value, int) and not isinstance(value, bool)


def _choice(path: str, value: object, rule: Rule) -> Violations:
    # CloudFormation sends a boolean as "true"; JSON templates can also contain "True" and true.
    given = str(value).lower() if isinstance(value, bool) or "true" in rule.choices else value
    if given not in rule.choices:
        near = _nearest(value, rule.choices) if isinstance(value, str) else "."
        yield Violation(Code.NOT_A_CHOICE, f"{path} must be {_choices(rule)}{near}")


def _text(path: str, value: object, rule: Rule) -> Violations:
    if not isinstance(value, str):
        yield Violation(Code.WRONG_KIND, f"{path} must be a string.")
    elif DYNAMIC_REFERENCE.search(value):
        yield Violation(
            Code.DYNAMIC_REFERENCE,
            f"{path} contains a dynamic reference that CloudFormation does not resolve in custom resources."
            " For a device token, use DeviceTokenSource or VoipDeviceTokenSource (SecretArn or ParameterName);"
            " the function then reads the token itself.",
        )
    elif rule.is_token:
        return
    elif length := list(length_violations(path, value, rule)):
        yield from length
    elif not value.isprintable() and any(_is_unwanted(character) for character in value):
        sentence = f"{path} contains a control character (such as a line break) or half of a surrogate pair; remove it."
        yield Violation(Code.UNPRINTABLE, sentence)
    elif rule.form is not None and not rule.form.fullmatch(value):
        yield Violation(Code.MALFORMED, f"{path} {rule.meant(value) or f'is not {rule.meaning}.'}")


def length_violations(path: str, value: str, rule: Rule) -> Violations:
    """Yield the violation if a text is too short or too long."""
    if len(value) < rule.minimum or len(value) > rule.maximum:
        sentence = f"{path} has {len(value)} characters; {rule.minimum} to {rule.maximum} are allowed."
        yield Violation(Code.WRONG_LENGTH, sentence)


def _is_unwanted(character: str) -> bool:
    code = ord(character)
    return code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000


def _join(path: str, name: object) -> str:
    return f"{path}.{_printable(name)}" if path else _printable(name)


def _printable(name: object) -> str:
    """Return the name only if it looks like a property name; anything else may be a misplaced secret value."""
    text = str(name)
    return text if _PROPERTY_NAME.fullmatch(text) else "(a name longer than 40 characters, or not only letters)"


def _nearest(name: object, known_names: Iterable[str]) -> str:
    from .nearest import nearest  # imported here because only mistakes need it

    return nearest(name, known_names)
