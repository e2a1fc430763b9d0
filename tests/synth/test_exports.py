"""The public names of `chime_endpoints`."""

from __future__ import annotations

import ast
from pathlib import Path

import chime_endpoints


def test_all_is_sorted_and_exact() -> None:
    """Every name in `__all__` exists, and every public name is in `__all__`."""
    assert chime_endpoints.__all__ == sorted(chime_endpoints.__all__)
    for name in chime_endpoints.__all__:
        assert getattr(chime_endpoints, name).__name__ == name
    assert dir(chime_endpoints) == chime_endpoints.__all__


def test_type_checkers_see_what_is_there_at_run_time() -> None:
    """The names for type checkers, those in `__all__` and those that are loaded on demand are the same."""
    tree = ast.parse(Path(chime_endpoints.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {name.name for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert imported == set(chime_endpoints.__all__) == set(chime_endpoints._MODULES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """This is true for every module."""
    assert not hasattr(chime_endpoints, "Bucket")
