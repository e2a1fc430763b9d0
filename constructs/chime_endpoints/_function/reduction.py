"""A module's source without what Python does not need to run it, which is a third of the package.

Line numbers do not change, so that a traceback from the function matches the source.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from typing import TypeAlias

_Cut: TypeAlias = tuple[int, int, int, int, bytes]
"""The first line and column, the line and column after the end, and what replaces the text between them."""


def reduced(source: str, *, writes: bool = False) -> str:
    """Return a module's source without docstrings, assertions, types, comments and most indentation.

    Args:
        source: the module's source.
        writes: whether the function writes properties. Otherwise, the methods that do are left out.
    """
    lines = source.encode().split(b"\n")  # ast counts columns in bytes
    tree = ast.parse(source)
    unneeded = [*_types(tree), *(() if writes else _writers(tree))]
    tree.body = [node for node in tree.body if node not in unneeded]
    cuts = {*_texts(tree), *_annotations(tree, lines), *_imports(tree), *(_cut(node, b"") for node in unneeded)}
    for first, column, last, end, instead in sorted(cuts, reverse=True):
        after = lines[last][end:]
        lines[first : last + 1] = [lines[first][:column] + instead + after, *[b""] * (last - first)]
    return _compact(b"\n".join(lines).decode())


def has_code(source: str) -> bool:
    """Whether a module has more than a docstring. A subpackage's `__init__.py` without code is not needed."""
    return len(ast.parse(source).body) > 1


def _types(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the protocols and the aliases of types, which only annotations use."""
    for node in tree.body:
        is_protocol = isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
        if is_protocol or (isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"):
            yield node


def _writers(tree: ast.Module) -> Iterator[ast.stmt]:
    """Take out and yield what writes properties, with its helpers."""
    methods = [each for node in tree.body if isinstance(node, ast.ClassDef) for each in node.body if _writes(each)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            node.body = [each for each in node.body if each not in methods]
    helpers = {node.id for method in methods for node in ast.walk(method) if isinstance(node, ast.Name)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    yield from methods
    yield from (each for each in functions if each.name.startswith("_") and each.name in helpers - used)


def _writes(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "to_properties"


def _texts(tree: ast.Module) -> Iterator[_Cut]:
    """Yield the docstrings of modules, classes, functions and constants, and the assertions for type checkers."""
    for node in ast.walk(tree):
        body = getattr(node, "body", ())
        for text in filter(_is_for_readers, body if isinstance(body, list) else ()):
            yield _cut(text, b'""' if all(map(_is_for_readers, body)) else b"")


def _annotations(tree: ast.Module, lines: list[bytes]) -> Iterator[_Cut]:
    """Yield the annotations. A variable without a value and a field of a class keep an empty one."""
    fields = {each for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and (node in fields or node.value is None):
            yield _cut(node.annotation, b"0")
        elif isinstance(node, ast.AnnAssign):
            yield *_end(node.target), *_end(node.annotation), b""
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.lineno - 1, node.col_offset + len(node.arg.encode()), *_end(node.annotation), b""
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            arrow = lines[node.returns.lineno - 1].rindex(b" ->", 0, node.returns.col_offset)
            yield node.returns.lineno - 1, arrow, *_end(node.returns), b""


def _imports(tree: ast.Module) -> Iterator[_Cut]:
    """Yield the imports that only types and assertions use, in modules that postpone the evaluation of annotations."""
    left_out = {each for node in _left_out(tree) for each in ast.walk(node)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in left_out}
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in imports):
        return
    for node in imports:
        names = [each for each in node.names if (each.asname or each.name).partition(".")[0] in used]
        if not names:
            yield _cut(node, b"")
        elif names != node.names:
            kept = ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level)
            yield _cut(node, ast.unparse(kept).encode())


def _left_out(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield node
        annotation = node.returns if isinstance(node, ast.FunctionDef) else getattr(node, "annotation", None)
        if annotation is not None:
            yield annotation


def _is_for_readers(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return is_text or isinstance(node, ast.Assert)


def _cut(node: ast.expr | ast.stmt, instead: bytes) -> _Cut:
    return node.lineno - 1, node.col_offset, *_end(node), instead


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - 1, node.end_col_offset or node.col_offset


def _compact(source: str) -> str:
    """Return a module's source without comments and with one space for each level."""
    lines = source.split("\n")
    inside_text, inside_brackets = set[int](), set[int]()
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        (first, column), (last, _) = token.start, token.end
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if token.type == tokenize.COMMENT:
            lines[first - 1] = lines[first - 1][:column].rstrip()
        elif token.type == tokenize.NL and depth > 0:
            inside_brackets.add(first + 1)
        elif token.type not in (tokenize.NEWLINE, tokenize.NL):
            inside_text.update(range(first + 1, last + 1))
    return "\n".join(
        line if number in inside_text else line.lstrip(" ") if number in inside_brackets else _outdented(line)
        for number, line in enumerate(lines, 1)
    )


def _outdented(line: str) -> str:
    code = line.lstrip(" ")
    return " " * ((len(line) - len(code)) // 4) + code if code else ""
