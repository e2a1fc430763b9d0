"""A function's code: its packages without what only readers need, copied without a build."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from aws_cdk import Stage
from constructs import IConstruct

from chime_endpoints._function.bundle import bundled
from chime_endpoints._function.reduction import has_code, reduced

PACKAGES = ("chime_endpoints_handler", "crhelper")
"""The provider's packages that Lambda's Python runtime does not include."""
HANDLER = "chime_endpoints_handler.index.handler"
"""The function's entry point."""
_NO_STAGING = "aws:cdk:disable-asset-staging"


@dataclass(frozen=True)
class Code:
    """The code of a function."""

    packages: tuple[str, ...] = PACKAGES
    """The packages that Lambda's Python runtime does not include."""
    entries: tuple[tuple[str, str], ...] = ()
    """For packages in one file: the name of each entry point, and the module with its function `handler`."""


PROVIDER = Code()


def code_for(scope: IConstruct, code: Code = PROVIDER) -> Path:
    """Return a directory with the function's code that exists for as long as an assembly needs it.

    CDK normally copies the code into the assembly during synthesis, so a temporary directory is enough. With
    `--no-staging`, the assembly only refers to the directory, and the CLI reads it after this process ends. The
    directory is then created inside the assembly.
    """
    if not scope.node.try_get_context(_NO_STAGING):
        return staged(code)
    stage = Stage.of(scope)
    assert stage is not None  # noqa: S101 - CDK puts every stack into one
    return in_assembly(Path(stage.asset_outdir), code)


@cache
def staged(code: Code = PROVIDER) -> Path:
    """Return a temporary directory with the function's code. It is created once and removed when the process ends.

    CDK hashes only names and contents, so the hash does not depend on the user, or on whether the code comes from a
    checkout or an installed wheel.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    directory = Path(tempfile.mkdtemp(prefix="chime-endpoints-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    _write(directory, files(code))
    return directory


def in_assembly(assembly: Path, code: Code = PROVIDER) -> Path:
    """Return a directory in an assembly with the function's code, named by its content. Create it if necessary."""
    contents = files(code)
    digest = sha256()
    for name, content in contents.items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    directory = assembly / f"chime-endpoints-{digest.hexdigest()[:16]}"  # short, because Windows limits paths
    if _holds(directory) != contents:
        # Rename only the complete directory, because another process might write into the same assembly.
        fresh = Path(tempfile.mkdtemp(prefix=f"{directory.name}-", dir=assembly))
        _write(fresh, contents)
        shutil.rmtree(directory, ignore_errors=True)
        try:
            fresh.rename(directory)
        except OSError:
            shutil.rmtree(fresh)
            if _holds(directory) != contents:
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
def files(code: Code = PROVIDER) -> Mapping[str, bytes]:
    """Return the contents of all files by their path in the directory. The bytes are the same on every system.

    The provider's function reads properties and never writes them.
    """
    modules = {
        f"{package}/{name}": reduced(module.read_text(encoding="utf-8"), writes=code != PROVIDER).encode()
        for package in code.packages
        for name, module in _modules(_source(package))
    }
    return bundled(modules, dict(code.entries)) if code.entries else modules


def _modules(source: Path) -> Iterator[tuple[str, Path]]:
    for module in sorted(source.rglob("*.py")):
        relative = module.relative_to(source)
        is_needed = (
            relative.name != "__init__.py" or len(relative.parts) == 1 or has_code(module.read_text(encoding="utf-8"))
        )
        if "tests" not in relative.parts and is_needed:
            yield relative.as_posix(), module


def _holds(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def _write(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files into a new directory, readable by everyone as Lambda requires."""
    directory.chmod(0o755)
    for name, content in contents.items():
        file = directory / name
        for folder in reversed(Path(name).parents[:-1]):
            (directory / folder).mkdir(exist_ok=True)
            (directory / folder).chmod(0o755)
        file.write_bytes(content)
        file.chmod(0o644)
