"""The line of a mistake with a mark under the column, as a compiler shows it, without anything that may be a token."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from rich.cells import cell_len

from chime_endpoints.declared.document.problems import Place
from chime_endpoints.declared.schema import schema
from chime_endpoints_cli.output.console.readable import readable

_LINE_OF_YAML = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_LINE_OF_JSON = re.compile("\r\n|[\r\n]")
_WORD = re.compile(r"""[^\s{}\[\],"'#&*!|>%@`]+""")
_ARN = re.compile(r"arn:aws[\w-]*:(?:chime|mobiletargeting|secretsmanager|ssm|kms):[\w-]*:\d*:\S+")
_AROUND = ":;.()?"
"""Punctuation at an end of a word."""
_BEFORE = 60
_WIDEST = 100
_CUT = "..."


def lines_of(text: str, *, is_json: bool) -> list[str]:
    """Return the lines of a file as its parser counts them."""
    return (_LINE_OF_JSON if is_json else _LINE_OF_YAML).split(text)


def excerpt(lines: Sequence[str], place: Place, message: str) -> str:
    """Return a line of a file, its number, and a mark under a column; an empty string if nothing is there.

    The words of the file's own vocabulary, ARNs and the words of the message are shown. Any other word might be a
    device token, wherever it is in the file, so it is masked.

    Args:
        lines: the lines of the file.
        place: the place to show.
        message: what is printed about this place anyway.
    """
    if place.line > len(lines) or not lines[place.line - 1].strip():
        return ""
    line, column = lines[place.line - 1], place.column - 1
    start = max(0, column - _BEFORE) if len(line) > _WIDEST else 0
    end = start + _WIDEST
    shown = list(_masked(line, start, end, known={*_vocabulary(), *_words(message)}))
    cut = _CUT if start else ""
    text = f"{cut}{''.join(shown)}{_CUT if end < len(line) else ''}".rstrip()
    before = cell_len(cut + "".join(shown[: column - start]))
    number = str(place.line)
    return f"  {number} | {text}\n  {'':{len(number)}} | {'':{before}}^"


def _masked(line: str, start: int, end: int, *, known: Collection[str]) -> Iterator[str]:
    """Yield what to show for each character between two columns, so that the columns can be found again."""
    part = line[start:end]
    position = 0
    for word in _WORD.finditer(part):
        yield from map(_shown, part[position : word.start()])
        is_cut = (start and not word.start()) or (end < len(line) and word.end() == len(part))
        core = word[0].strip(_AROUND)
        if not is_cut and (core in known or _ARN.fullmatch(core) or not re.search(r"\w", core)):
            yield from map(_shown, word[0])
        else:
            colon = ":" if word[0].endswith(":") else ""
            yield from "*" * (len(word[0]) - len(colon)) + colon
        position = word.end()
    yield from map(_shown, part[position:])


def _shown(character: str) -> str:
    return " " if character == "\t" else readable(character)


def _words(text: str) -> Iterator[str]:
    return (word[0].strip(_AROUND) for word in _WORD.finditer(text))


@cache
def _vocabulary() -> frozenset[str]:
    """Return the names of fields and the values with a meaning."""
    return frozenset({"true", "false", "null", *_names_in(schema())})


def _names_in(definition: Any) -> Iterator[str]:
    if isinstance(definition, dict):
        properties = definition.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        yield from (each for each in definition.get("enum", ()) if isinstance(each, str))
        for value in definition.values():
            yield from _names_in(value)
    elif isinstance(definition, list):
        for item in definition:
            yield from _names_in(item)
