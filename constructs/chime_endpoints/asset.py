"""The function's code: handler and crhelper side by side, less their docstrings; nothing is built or fetched."""

from __future__ import annotations

import ast
import atexit
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("chime_endpoints_handler", "crhelper")
"""What the Lambda's Python does not have by itself."""
HANDLER = "chime_endpoints_handler.index.handler"
"""The function's entry in the staged directory."""


@cache
def staged() -> Path:
    """A directory that holds the function's code, made once a process and removed at its end.

    CDK hashes names and contents only, so the hash is the same from a checkout, from an installed wheel and for
    any user.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    directory = Path(tempfile.mkdtemp(prefix="chime-endpoints-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    for package in PACKAGES:
        _copy(_source(package), directory / package)
    return directory


def _source(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"The package {package} is not installed; the function needs it.", name=package)
    return Path(next(iter(spec.submodule_search_locations)))


def _copy(source: Path, target: Path) -> None:
    """Copies the modules of a package, readable by everybody, as Lambda needs them."""
    for module in sorted(source.rglob("*.py")):
        relative = module.relative_to(source)
        if "tests" in relative.parts:
            continue
        copy = target / relative
        for folder in reversed(copy.relative_to(target.parent).parents[:-1]):
            (target.parent / folder).mkdir(exist_ok=True)
            (target.parent / folder).chmod(0o755)
        copy.write_text(_without_docstrings(module.read_text(encoding="utf-8")), encoding="utf-8")
        copy.chmod(0o644)


def _without_docstrings(source: str) -> str:
    """A module less the texts that it does not use, a sixth of what every cold start loads.

    Every line keeps its number, so that a traceback of the function fits the source.
    """
    lines = source.encode().split(b"\n")  # ast counts columns in bytes
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            after = lines[last][node.end_col_offset :]
            lines[first : last + 1] = [lines[first][: node.col_offset] + b'""' + after, *[b""] * (last - first)]
    return b"\n".join(lines).decode()
