"""Files of the repository that commands need, and that the wheel therefore contains."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def from_repository(path: str) -> Traversable:
    """Return a file or folder of the repository: the one in this package or, in a clone, the original.

    Args:
        path: the path in the repository; pyproject.toml puts it into the wheel (`force-include`).
    """
    installed = files("chime_endpoints_cli").joinpath("from_repository")
    root = installed if installed.is_dir() else Path(__file__).parents[3]
    return root.joinpath(path)
