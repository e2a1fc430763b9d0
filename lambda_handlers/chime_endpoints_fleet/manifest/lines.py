"""Read one line of the manifest, and report what is wrong with it without quoting its values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from chime_endpoints_handler.model.rules.nearest import nearest
from chime_endpoints_handler.model.rules.values import Violation
from chime_endpoints_handler.model.rules.violations import violations

from .fields import (
    DEFAULT_FIELDS,
    FIELD_OF_PROPERTY,
    FIELDS,
    KEY,
    KEY_RULE,
    LONGEST_LINE,
    REQUIRED,
    SOURCES,
    TOKENS,
    TRUTHS,
    app_instance_of,
    to_properties,
)

_NAME = re.compile(r"[a-z_]{1,40}")
_PATH = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
_WORD = re.compile(r"\b[A-Z][A-Za-z]+\b")
_WORDS = {path.rpartition(".")[2]: name.rpartition(".")[2] for path, name in FIELD_OF_PROPERTY.items()}
_TAGS = "is not a field of a manifest. Tag the users with a resource of type Custom::ChimeIdentityTags."


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One endpoint of the manifest."""

    key: str
    properties: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake. Its text never contains a value of the line."""

    code: str
    text: str
    key: str = ""
    """The line's key, if it has a valid one."""
    field: str = ""
    """The field's path, such as `device_token.secret`."""

    def __str__(self) -> str:
        return "".join(f"{part}: " for part in (self.key, self.field) if part) + f"{self.text} [{self.code}]"


class LineError(ValueError):
    """The line does not declare an endpoint."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(str(self.problems[0]))


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What applies to every line: the defaults, and what the fleet may touch."""

    app_instance: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Fields that apply unless a line sets them."""
    app_instances: frozenset[str] = frozenset()
    """The app instances that lines may name; empty for any."""
    applications: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, defaults: Mapping[str, Any], *, app_instances: Iterable[str] = (), applications: Iterable[str] = ()
    ) -> Rules:
        """Return the rules for the resource's property `Defaults`."""
        named = {DEFAULT_FIELDS[name]: value for name, value in defaults.items() if name in DEFAULT_FIELDS}
        return cls(
            app_instance=str(named.pop("app_instance", "")),
            defaults=named,
            app_instances=frozenset(app_instances),
            applications=frozenset(applications),
        )


def read_line(line: bytes, rules: Rules) -> Declared:
    """Read one line.

    Raises:
        LineError: the line is wrong; it lists every problem.
    """
    entry = _parse(line)
    key = entry.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        text, code = (KEY_RULE, Code.MALFORMED) if "key" in entry else ("is missing.", Code.MISSING)
        raise LineError([Problem(code=code, text=text, field="key")])
    merged = {**rules.defaults, **entry}
    problems = [*_missing(merged), *_unknown_fields(entry), *_wrong_kinds(merged)]
    properties = to_properties(merged, rules.app_instance)
    if not problems:
        wrong = violations(ENDPOINT_TYPE, properties)
        problems = [_translated(each) for each in wrong] or [*_out_of_bounds(properties, rules)]
    if problems:
        raise LineError(Problem(code=each.code, text=each.text, field=each.field, key=key) for each in problems)
    return Declared(key=key, properties=properties)


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise LineError([Problem(code=Code.WRONG_LENGTH, text=f"The line is longer than {LONGEST_LINE:,} bytes.")])
    try:
        entry = json.loads(line.decode(), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise LineError([Problem(code=Code.MALFORMED, text="The line is not UTF-8.")]) from None
    except _TwiceError as error:
        raise LineError([Problem(code=Code.CONTRADICTION, text="occurs twice.", field=error.name)]) from None
    except (ValueError, RecursionError):
        raise LineError([Problem(code=Code.MALFORMED, text="The line is not JSON.")]) from None
    if not isinstance(entry, dict):
        raise LineError([Problem(code=Code.WRONG_KIND, text="The line is not a JSON object.")])
    return entry


class _TwiceError(Exception):
    def __init__(self, name: str) -> None:
        self.name = _shown(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return fields


def _shown(name: str) -> str:
    """Return a name that looks like a field's; anything else may be a misplaced value."""
    return name if _NAME.fullmatch(name) else "(a name that is not a field's)"


def _missing(merged: Mapping[str, Any]) -> Iterable[Problem]:
    for name in REQUIRED:
        if name not in merged:
            yield Problem(code=Code.MISSING, text="is missing.", field=name)


def _unknown_fields(entry: Mapping[str, Any]) -> Iterable[Problem]:
    for name in entry:
        if name == "tags":
            yield Problem(code=Code.TAGS_OF_ENDPOINT, text=_TAGS, field=name)
        elif name not in FIELDS:
            text = f"is not a field of a manifest{nearest(name, FIELDS) if _NAME.fullmatch(name) else '.'}"
            yield Problem(code=Code.UNKNOWN, text=text, field=_shown(name))


def _wrong_kinds(entry: Mapping[str, Any]) -> Iterable[Problem]:
    for field_name in TRUTHS:
        if field_name in entry and not isinstance(entry[field_name], bool):
            yield Problem(code=Code.WRONG_KIND, text="must be true or false.", field=field_name)
    for field_name in TOKENS:
        token = entry.get(field_name)
        if field_name in entry and not isinstance(token, str | dict):
            text = "must be a device token, or {secret: …} or {parameter: …}."
            yield Problem(code=Code.WRONG_KIND, text=text, field=field_name)
        for name in token if isinstance(token, dict) else ():
            if name not in SOURCES:
                text = f"is not a field of {field_name}{nearest(name, SOURCES) if _NAME.fullmatch(name) else '.'}"
                yield Problem(code=Code.UNKNOWN, text=text, field=f"{field_name}.{_shown(name)}")


def _translated(violation: Violation) -> Problem:
    """Translate a violation of a property into the manifest's words."""
    path = _PATH.match(violation.text)[0]  # type: ignore[index] # every violation begins with its property
    text = _WORD.sub(lambda word: _WORDS.get(word[0], word[0]), violation.text[len(path) :]).lstrip(": ")
    return Problem(code=violation.code, text=text, field=FIELD_OF_PROPERTY[path])


def _out_of_bounds(properties: Mapping[str, Any], rules: Rules) -> Iterable[Problem]:
    """Yield the problems with places that the fleet's role has no permission for."""
    if rules.app_instances and app_instance_of(properties["AppInstanceUserArn"]) not in rules.app_instances:
        text = "is not of an app instance of the fleet. Add the app instance to the fleet, or correct the user."
        yield Problem(code=Code.ELSEWHERE, text=text, field="user")
    if rules.applications and properties["ResourceArn"] not in rules.applications:
        text = "is not an application of the fleet. Add it to the fleet, or correct the line."
        yield Problem(code=Code.ELSEWHERE, text=text, field="application")
