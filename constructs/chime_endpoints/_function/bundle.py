"""Packages in one file, which a zip compresses by a third better than many small files.

Python imports from such a file as from a directory, so a traceback still names the module and the line.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

BUNDLE = "code.zip"
"""The file with the packages."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of the format, so that the same code gives the same file


def bundled(modules: Mapping[str, bytes], entries: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of a function whose packages are in one file.

    Args:
        modules: the contents of all modules by their path.
        entries: the module that contains each entry point's function `handler`, by the name of the entry point's file.
    """
    return {BUNDLE: _stored(modules), **{f"{name}.py": _entry(module) for name, module in entries.items()}}


def _stored(modules: Mapping[str, bytes]) -> bytes:
    """Return an archive without compression: only the whole of it is compressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted({**_directories(modules), **modules}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # the same on Windows
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return written.getvalue()


def _directories(modules: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return an entry for each directory: Python finds a package without `__init__.py` only by it."""
    return {f"{folder}/": b"" for name in modules for folder in list(PurePosixPath(name).parents)[:-1]}


def _entry(module: str) -> bytes:
    """Return the source of an entry point."""
    return (
        "import os.path, sys\n\n"
        f'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "{BUNDLE}"))\n\n'
        f"from {module} import handler\n"
    ).encode()
