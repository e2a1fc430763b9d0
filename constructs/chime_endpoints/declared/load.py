"""The declaration file, from its path to values; every mistake in it is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chime_endpoints_handler.codes import Code

from .document import MapNode, Node, Scalar, places, read
from .entries import read_entry
from .entry import Declarations, Entry
from .fields import DEFAULT_FIELDS, KEY, MOST_STACKS, TOP_FIELDS
from .problems import DeclaredFileError, Place, Problem, quoted
from .reading import Reader
from .spread import STACK_QUOTA, TEMPLATE_QUOTA, resources, spread, stacks_needed, template_bytes
from .together import problems_together
from .variables import Lookup


def load(path: Path, variables: Lookup) -> Declarations:
    """Reads a declaration file.

    Args:
        path: a YAML file, or a JSON file (`.json`), in UTF-8.
        variables: the values of `${NAME}`.

    Raises:
        DeclaredFileError: it is not there or has mistakes; each is named with its place.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeclaredFileError(str(path), [Problem(Place(), "is not UTF-8 text; save it in that encoding.")]) from None
    except OSError as error:
        raise DeclaredFileError(
            str(path), [Problem(Place(), f"cannot be read: {error.strerror}. Name another file: -c endpoints=PATH.")]
        ) from error
    document = read(text, is_json=path.suffix.lower() == ".json")
    problems = document.problems
    reader = Reader(problems=problems, variables=variables)
    declarations = None
    if document.root is None:
        if not problems:
            reader.wrong(Place(), "", "is empty; it needs `endpoints:` with an entry for each endpoint.")
    else:
        top = reader.map(document.root, "", TOP_FIELDS)
        declarations = None if top is None else _declarations(reader, top, str(path))
    if problems or declarations is None:
        raise DeclaredFileError(str(path), problems)
    return declarations


def _declarations(reader: Reader, top: MapNode, path: str) -> Declarations:
    defaults = _defaults(reader, top)
    shared = frozenset(places(defaults).values())
    stacks = _stacks(reader, top)
    entries: list[Entry] = []
    if "endpoints" not in top.values:
        reader.wrong(top.place, "endpoints", "is missing.", Code.MISSING)
    elif declared := reader.map(top.values["endpoints"], "endpoints", None):
        if not declared.values:
            reader.wrong(declared.place, "endpoints", "is empty. To remove every endpoint, use `cdk destroy`.")
        for key, node in declared.values.items():
            place = declared.keys[key]
            of_entry = replace(reader, entry=key, shared=shared)
            if not KEY.fullmatch(key):
                of_entry.wrong(
                    place,
                    "",
                    "an entry's key has 1 to 128 letters, digits, `-`, `_` or `.`, and begins and ends"
                    " with a letter or digit.",
                    Code.MALFORMED,
                )
            if entry := read_entry(of_entry, node, place, defaults):
                entries.append(entry)
        reader.problems.extend(problems_together(entries))
        _check_size(reader, entries, stacks, top.keys["endpoints"])
    return Declarations(path=path, entries=tuple(entries), stacks=stacks)


def _defaults(reader: Reader, top: MapNode) -> Mapping[str, Node]:
    if "defaults" not in top.values:
        return {}
    fields = reader.map(top.values["defaults"], "defaults", DEFAULT_FIELDS)
    return {} if fields is None else {name: node for name, node in fields.values.items() if name in DEFAULT_FIELDS}


def _stacks(reader: Reader, top: MapNode) -> int:
    if "stacks" not in top.values:
        return 1
    node = top.values["stacks"]
    number = int(node.text) if isinstance(node, Scalar) and node.type == "int" and node.text.isdecimal() else 0
    if 1 <= number <= MOST_STACKS:
        return number
    found = f"{quoted(node.text)} " if isinstance(node, Scalar) else ""
    reader.wrong(node.place, "stacks", f"{found}must be a whole number from 1 to {MOST_STACKS}.", Code.NOT_A_CHOICE)
    return 1


def _check_size(reader: Reader, entries: Sequence[Entry], stacks: int, place: Place) -> None:
    shares = spread(entries, stacks)
    most, largest = max(map(resources, shares)), max(map(template_bytes, shares))
    if most > STACK_QUOTA:
        need = f"{most} resources in one stack, and CloudFormation allows {STACK_QUOTA}"
    elif largest > TEMPLATE_QUOTA:
        need = f"{largest:,} bytes of template in one stack, and CloudFormation allows a megabyte"
    else:
        return
    reader.wrong(
        place,
        "endpoints",
        f"{len(entries)} endpoints with their users' tags would need about {need}. Write"
        f" `stacks: {stacks_needed(entries, stacks)}` at the top of the file: the endpoints are spread over so many"
        " stacks.",
    )
