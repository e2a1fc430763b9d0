"""The function's code: the handler and crhelper without docstrings and annotations, copied without a build."""

from __future__ import annotations

import ast
import atexit
import io
import shutil
import tempfile
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from aws_cdk import Stage
from constructs import IConstruct

PACKAGES = ("chime_endpoints_handler", "crhelper")
"""The packages that Lambda's Python runtime does not include."""
HANDLER = "chime_endpoints_handler.index.handler"
"""The function's entry point."""
_NO_STAGING = "aws:cdk:disable-asset-staging"


def code_for(scope: IConstruct) -> Path:
    """Return a directory with the function's code that exists for as long as an assembly needs it.

    CDK normally copies the code into the assembly during synthesis, so a temporary directory is enough. With
    `--no-staging`, the assembly only refers to the directory, and the CLI reads it after this process ends. The
    directory is then created inside the assembly.
    """
    if not scope.node.try_get_context(_NO_STAGING):
        return staged()
    stage = Stage.of(scope)
    assert stage is not None  # noqa: S101 - CDK puts every stack into one
    return in_assembly(Path(stage.asset_outdir))


@cache
def staged() -> Path:
    """Return a temporary directory with the function's code. It is created once and removed when the process ends.

    CDK hashes only names and contents, so the hash does not depend on the user, or on whether the code comes from a
    checkout or an installed wheel.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    directory = Path(tempfile.mkdtemp(prefix="chime-endpoints-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    _write(directory)
    return directory


def in_assembly(assembly: Path) -> Path:
    """Return a directory in an assembly with the function's code, named by its content. Create it if necessary."""
    digest = sha256()
    for name, content in files().items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    directory = assembly / f"chime-endpoints-{digest.hexdigest()[:16]}"  # short, because Windows limits paths
    if _holds(directory) != files():
        # Rename only the complete directory, because another process might write into the same assembly.
        fresh = Path(tempfile.mkdtemp(prefix=f"{directory.name}-", dir=assembly))
        _write(fresh)
        shutil.rmtree(directory, ignore_errors=True)
        try:
            fresh.rename(directory)
        except OSError:
            shutil.rmtree(fresh)
            if _holds(directory) != files():
                raise
    return directory


def _source(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"Package {package} is not installed, but the function needs it. Install cdk-chime-endpoints with its"
            " dependencies.",
            name=package,
        )
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def files() -> Mapping[str, bytes]:
    """Return the contents of all modules by their path in the directory. The bytes are the same on every system."""
    return {
        f"{package}/{name}": _compact(_without_texts(module.read_text(encoding="utf-8"))).encode()
        for package in PACKAGES
        for name, module in _modules(_source(package))
    }


def _modules(source: Path) -> Iterator[tuple[str, Path]]:
    for module in sorted(source.rglob("*.py")):
        relative = module.relative_to(source)
        is_needed = relative.name != "__init__.py" or len(relative.parts) == 1 or _has_code(module)
        if "tests" not in relative.parts and is_needed:
            yield relative.as_posix(), module


def _has_code(module: Path) -> bool:
    """Whether a module has more than a docstring. A subpackage's `__init__.py` without code is not needed."""
    return len(ast.parse(module.read_text(encoding="utf-8")).body) > 1


def _holds(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def _write(directory: Path) -> None:
    """Write the files into a new directory, readable by everyone as Lambda requires."""
    directory.chmod(0o755)
    for name, content in files().items():
        file = directory / name
        for folder in reversed(Path(name).parents[:-1]):
            (directory / folder).mkdir(exist_ok=True)
            (directory / folder).chmod(0o755)
        file.write_bytes(content)
        file.chmod(0o644)


def _without_texts(source: str) -> str:
    """Return a module's source without docstrings and the annotations in functions: a fifth of what a cold start loads.

    Line numbers do not change, so that a traceback from the function matches the source.
    """
    lines = source.encode().split(b"\n")  # ast counts columns in bytes
    cuts = sorted(_texts(ast.parse(source), lines), reverse=True)
    for first, column, last, end, instead in cuts:
        after = lines[last][end:]
        lines[first : last + 1] = [lines[first][:column] + instead + after, *[b""] * (last - first)]
    return b"\n".join(lines).decode()


def _texts(tree: ast.Module, lines: list[bytes]) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Yield the first and last line and column of what is only for readers and type checkers, and what replaces it."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    plain = {*tree.body, *(each for function in functions for each in ast.walk(function))}  # all but fields of classes
    has_annotations = any(isinstance(node, ast.AnnAssign) and node not in plain for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__" and not has_annotations:
            yield node.lineno - 1, node.col_offset, *_end(node), b""
        body = getattr(node, "body", ())
        for text in filter(_is_text, body if isinstance(body, list) else ()):
            yield text.lineno - 1, text.col_offset, *_end(text), b'""' if all(map(_is_text, body)) else b""
        if isinstance(node, ast.AnnAssign) and node in plain and node.value is not None:
            yield *_end(node.target), *_end(node.annotation), b""
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.returns is not None:
            arrow = lines[node.returns.lineno - 1].rindex(b" ->", 0, node.returns.col_offset)
            yield node.returns.lineno - 1, arrow, *_end(node.returns), b""
        arguments = node.args
        for argument in (*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None and argument.annotation is not None:
                after_name = argument.col_offset + len(argument.arg.encode())
                yield argument.lineno - 1, after_name, *_end(argument.annotation), b""


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - 1, node.end_col_offset or node.col_offset


def _compact(source: str) -> str:
    """Return a module's source without comments and with one space for each level: a tenth less to load.

    Line numbers do not change.
    """
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
    return " " * ((len(line) - len(code)) // 4) + code
