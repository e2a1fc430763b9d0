"""The declaration file to which entries are added, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from chime_endpoints.declared.document.parsing import MapNode, Node, Scalar, read
from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.document.variables import Lookup
from chime_endpoints.declared.entries.entry import Declarations, Entry
from chime_endpoints.declared.load import load
from chime_endpoints_cli.commands.registered.import_.endpoints.entries import Defaults
from chime_endpoints_cli.output.console.terminal import complain, counted
from chime_endpoints_cli.output.errors import CommandError

_MARK = "\ufeff"
_MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class DeclarationFile:
    """A file, its content, and the entries that it declares."""

    path: Path
    content: bytes = field(repr=False)
    declared: Declarations
    """Empty if the file has no entries yet."""
    defaults: Defaults
    default_tags: Defaults
    declares_stacks: bool

    @classmethod
    def read(cls, path: Path, variables: Lookup) -> DeclarationFile:
        """Read an existing file without mistakes; it can be without entries.

        Raises:
            CommandError: the file does not exist, cannot be read, or has mistakes.
        """
        if path.exists() and not path.is_file():
            raise CommandError(f"{path} is not a file", remedy="Name the file that you deploy.")
        try:
            content = path.read_bytes()
            text = content.decode("utf-8-sig")
        except FileNotFoundError as error:
            raise CommandError(f"{path} does not exist", remedy=f"To write a new file, use -o {path}.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text", remedy="Save it as UTF-8.") from error
        document = read(text, is_json=path.suffix.lower() == ".json")
        is_without = not document.problems and _has_no_entries(document.root)
        declared = Declarations(path=str(path), entries=()) if is_without else loaded(path, path, variables)
        top = document.root.values if isinstance(document.root, MapNode) else {}
        given = top.get("defaults")
        defaults = given.values if isinstance(given, MapNode) else {}
        tags = defaults.get("tags")
        return cls(
            path=path,
            content=content,
            declared=declared,
            defaults=_literals(defaults),
            default_tags=_literals(tags.values if isinstance(tags, MapNode) else {}),
            declares_stacks="stacks" in top,
        )

    @property
    def text(self) -> str:
        """The file's text, without a byte order mark."""
        return self.content.decode("utf-8-sig")

    def tags_for(self, user_arn: str) -> Mapping[str, str]:
        """Return the tags with which the user's entries override the defaults; new entries must have the same ones."""
        return self._tags_beside_defaults.get(user_arn, {})

    @cached_property
    def _tags_beside_defaults(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for entry in self.declared.entries:
            for tag, value in entry.tags.items():
                if tag in self.default_tags and self.default_tags[tag] != value:
                    found.setdefault(entry.declaration.app_instance_user_arn, {})[tag] = value
        return found

    def encoded(self, text: str) -> bytes:
        """Encode a text like the file, with its byte order mark if it has one."""
        return f"{_MARK if self.content.startswith(_MARK.encode()) else ''}{text}".encode()

    def check(self, draft: Path, added: Sequence[Entry], variables: Lookup) -> None:
        """Reject a draft that the app could not read, or that changes the meaning of an entry.

        Args:
            draft: the new file under another name.
            added: the new entries.
            variables: the values of `${NAME}`.

        Raises:
            CommandError: the file would have mistakes, or an entry would have another meaning.
        """
        after = loaded(draft, self.path, variables)
        new = {entry.key for entry in added}
        # The file's defaults for tags and update_replace_policy also apply to the new entries.
        found = [
            replace(entry, tags={}, update_replace_policy=None) if entry.key in new else entry
            for entry in after.entries
        ]
        if list(map(_meaning, found)) != list(map(_meaning, (*self.declared.entries, *added))):
            raise CommandError(
                f"the entries cannot be added to {self.path} without changing others; nothing was written",
                remedy="Write them to a new file with -o, and copy them.",
            )


def loaded(file: Path, shown: Path, variables: Lookup) -> Declarations:
    """Load a file and print its mistakes.

    Args:
        file: the file.
        shown: the path to show in messages.
        variables: the values of `${NAME}`.

    Raises:
        CommandError: the file has mistakes, which have been printed.
    """
    try:
        return load(file, variables)
    except DeclaredFileError as error:
        for problem in error.problems[:_MOST_SHOWN]:
            complain(f"{shown}:{problem.place.line}:{problem.place.column}: {problem}")
        number = counted(len(error.problems), "mistake")
        raise CommandError(
            f"{shown} {'has' if file == shown else 'would have'} {number}; nothing was written",
            remedy="Correct the mistakes above. To set a variable, use -c NAME=VALUE.",
        ) from error


def _meaning(entry: Entry) -> Entry:
    """Return an entry without its place in the file."""
    return replace(entry, places={})


def _literals(nodes: Mapping[str, Node]) -> Defaults:
    """Return the scalar values by name; None for a value that depends on a variable."""
    texts = {name: node for name, node in nodes.items() if isinstance(node, Scalar)}
    return {
        name: None if "${" in node.text else node.text.lower() if node.type == "bool" else node.text
        for name, node in texts.items()
    }


def _has_no_entries(root: Node | None) -> bool:
    """Whether nothing is declared yet: the file is empty, or `endpoints` is missing or empty."""
    if not isinstance(root, MapNode):
        return root is None or (isinstance(root, Scalar) and not root.text)
    endpoints = root.values.get("endpoints")
    if isinstance(endpoints, Scalar):
        return endpoints.type == "null"
    return endpoints is None or (isinstance(endpoints, MapNode) and not endpoints.values)
