"""A Python environment for functions on the local cloud, with only the packages of AWS's runtime.

MiniStack starts functions with its own interpreter, in which the handler and crhelper are installed. A package that
lacks them would work here and fail on AWS.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import venv
from collections.abc import Mapping, MutableMapping
from pathlib import Path

PROVIDED = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""The packages of AWS's runtime in addition to the standard library."""

FUNCTION_PYTHON = "CHIME_ENDPOINTS_FUNCTION_PYTHON"
"""The variable that passes the interpreter to MiniStack, which has no setting for it."""

_OF_THE_MACHINE = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH")
_OF_PYTHON = "PYTHON"
_FOR_THE_SDK = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY",
    "AWS_ENDPOINT_URL_PINPOINT",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_DISABLED",
)


def make_runtime(directory: Path) -> Path:
    """Create an environment with links to the provided packages only; return its interpreter."""
    venv.create(directory, symlinks=True, clear=True)
    python = directory / "bin" / "python"
    packages = directory / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for name in PROVIDED:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            module = Path(found.origin)
            source = module.parent if module.name == "__init__.py" else module
            (packages / source.name).symlink_to(source)
    return python


def runtime_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for MiniStack, which passes all of it on to functions.

    MiniStack's own interpreter can need the variables of Python, so they stay until `use_runtime`.
    """
    allowed = (*_OF_THE_MACHINE, *_FOR_THE_SDK)
    return {
        name: value for name, value in environment.items() if name in allowed or name.startswith(("LC_", _OF_PYTHON))
    }


def use_runtime(environment: MutableMapping[str, str] = os.environ) -> None:
    """Make this process start Python with the functions' interpreter and without its own Python settings."""
    sys.executable = environment.pop(FUNCTION_PYTHON)
    for name in [name for name in environment if name.startswith(_OF_PYTHON)]:
        del environment[name]
