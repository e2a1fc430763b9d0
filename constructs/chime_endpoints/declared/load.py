"""Loading of the declaration file. One error reports every mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chime_endpoints._iam.statements import PARAMETER_PATH
from chime_endpoints_handler.model.codes import Code

from .document.nodes import ListNode, UnsupportedNode
from .document.parsing import MapNode, Node, Scalar, places, read
from .document.problems import DeclaredFileError, Place, Problem, quoted
from .document.unsupported import explain_function
from .document.values import Reader, is_unknown
from .document.variables import Lookup
from .entries.cross_checks import cross_check
from .entries.entry import Declarations, Entry
from .entries.entry_reader import read_entry
from .entries.fields import DEFAULT_FIELDS, KEY, MOST_STACKS, NUMBER, TOP_FIELDS
from .stack_assignment.assignment import assign_to_stacks, exceeded_quota, stacks_needed

MOST_BYTES = 100_000_000
"""The largest file that is read."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def load(path: Path, variables: Lookup) -> Declarations:
    """Load a declaration file.

    Args:
        path: a YAML file or a JSON file (`.json`) in UTF-8.
        variables: looks up the values of `${NAME}`.

    Raises:
        DeclaredFileError: the file cannot be read or has mistakes. The error lists each mistake with its place.
    """
    is_json = path.suffix.lower() == ".json"
    return load_content(_content(path), name=str(path), is_json=is_json, variables=variables)


def load_content(content: bytes, *, name: str, is_json: bool, variables: Lookup) -> Declarations:
    """Load the content of a declaration file.

    Args:
        content: YAML or JSON in UTF-8; at most `MOST_BYTES`.
        name: the file's name in messages.
        is_json: whether the content is JSON.
        variables: looks up the values of `${NAME}`.

    Raises:
        DeclaredFileError: the content has mistakes. The error lists each mistake with its place.
    """
    document = read(_text(content, name), is_json=is_json)
    problems = document.problems
    reader = Reader(problems=problems, variables=variables)
    declarations = None
    if document.root is None:
        if not problems:
            reader.wrong(Place(), "", "is empty; add `endpoints:` with an entry for each endpoint.")
    else:
        top = reader.map(document.root, "", TOP_FIELDS)
        declarations = None if top is None else _declarations(reader, top, name)
    if problems or declarations is None:
        raise DeclaredFileError(name, problems)
    return declarations


def _content(path: Path) -> bytes:
    def refused(text: str) -> DeclaredFileError:
        return DeclaredFileError(str(path), [Problem(Place(), text)])

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror}. To use another file, pass -c endpoints=PATH.") from error
    except ValueError as error:  # a NUL in its name
        raise refused("is not a valid file name. To use another file, pass -c endpoints=PATH.") from error


def _text(content: bytes, name: str) -> str:
    def refused(text: str, place: Place = Place()) -> DeclaredFileError:  # noqa: B008 - it is frozen
        return DeclaredFileError(name, [Problem(place, text)])

    if len(content) > MOST_BYTES:
        raise refused(f"is larger than {MOST_BYTES // 1_000_000} MB; split the endpoints over several apps.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(_UTF16):
            raise refused("is UTF-16 text, as some Windows programs write it; save it as UTF-8.") from None
        line = content.count(b"\n", 0, error.start) + 1
        before = content[content.rfind(b"\n", 0, error.start) + 1 : error.start]
        place = Place(line, len(before.decode("utf-8")) + 1)
        raise refused("is not valid UTF-8 from here on; save the file as UTF-8.", place) from None


def _declarations(reader: Reader, top: MapNode, path: str) -> Declarations:
    defaults = _defaults(reader, top)
    shared = frozenset(places(defaults).values())
    stacks = _stacks(reader, top)
    paths = _parameter_paths(reader, top)
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
                of_entry.wrong(place, "", _explain_key(key), Code.MALFORMED)
            if entry := read_entry(of_entry, node, place, defaults):
                entries.append(entry)
        reader.problems.extend(cross_check(entries))
        if entries:
            _check_size(reader, entries, stacks, paths, top.keys["endpoints"])
    return Declarations(path=path, entries=tuple(entries), stacks=stacks, parameter_paths=paths)


def _explain_key(key: str) -> str:
    if "${" in key:
        return "an entry's key cannot contain a variable, because it identifies the endpoint; write the key in full."
    if told := explain_function(key):
        return told
    return "an entry's key has 1 to 128 letters, digits, `-`, `_` or `.`, and begins and ends with a letter or digit."


def _defaults(reader: Reader, top: MapNode) -> Mapping[str, Node]:
    if "defaults" not in top.values:
        return {}
    fields = reader.map(top.values["defaults"], "defaults", DEFAULT_FIELDS)
    return {} if fields is None else {name: node for name, node in fields.values.items() if name in DEFAULT_FIELDS}


def _stacks(reader: Reader, top: MapNode) -> int:
    if "stacks" not in top.values:
        return 1
    node = top.values["stacks"]
    if isinstance(node, UnsupportedNode):
        return 1
    text = ""
    if isinstance(node, Scalar) and node.type in ("int", "str"):
        text = reader.number(node, "stacks")
        if is_unknown(text):
            return 1
    if NUMBER.fullmatch(text) and int(text) <= MOST_STACKS:
        return int(text)
    found = f"{quoted(text or node.text)} " if isinstance(node, Scalar) else ""
    reader.wrong(node.place, "stacks", f"{found}must be a whole number from 1 to {MOST_STACKS}.", Code.NOT_A_CHOICE)
    return 1


def _parameter_paths(reader: Reader, top: MapNode) -> tuple[str, ...]:
    if "parameter_paths" not in top.values:
        return ()
    node = top.values["parameter_paths"]
    if not isinstance(node, ListNode):
        reader.wrong(node.place, "parameter_paths", "must be a list, for example [/chime/devices].", Code.WRONG_KIND)
        return ()
    paths = []
    for item in node.items:
        text = reader.text(item, "parameter_paths")
        if PARAMETER_PATH.fullmatch(text):
            paths.append(text)
        elif not is_unknown(text):
            sentence = (
                f"{quoted(text)} is not a parameter path; write it like /chime/devices, without a trailing slash."
            )
            reader.wrong(item.place, "parameter_paths", sentence, Code.MALFORMED)
    return tuple(paths)


def _check_size(reader: Reader, entries: Sequence[Entry], stacks: int, paths: Sequence[str], place: Place) -> None:
    need = exceeded_quota(assign_to_stacks(entries, stacks), paths)
    if need is None:
        return
    more = stacks_needed(entries, stacks, paths)
    if more is not None:
        instead = (
            f"Write `stacks: {more}` at the top of the file to spread the endpoints over {more} stacks, with a tenth of"
            " each quota free."
        )
    elif "policies" in need:
        instead = (
            f"Even {MOST_STACKS} stacks are not enough. Store several device tokens as fields of one secret, or store"
            " the parameters under a path that you list in `parameter_paths:`. Declare the endpoints of each app"
            " instance in a separate app."
        )
    else:
        instead = f"Even {MOST_STACKS} stacks, the maximum, are not enough; split the endpoints over several apps."
    reader.wrong(
        place, "endpoints", f"{len(entries)} endpoints with their users' tags would need about {need}. {instead}"
    )
