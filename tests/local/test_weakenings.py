"""The list of safeguards that can be taken away follows the code."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tools" / "weaken.py"


def test_every_weakening_fits_the_code() -> None:
    """Each finds what it takes away exactly once, and leaves something that Python can read."""
    spec = importlib.util.spec_from_file_location("weaken", SCRIPT)
    assert spec
    assert spec.loader
    weaken = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = weaken
    spec.loader.exec_module(weaken)
    for each in weaken.WEAKENINGS:
        code = (weaken.SOURCES / weaken.PACKAGE / f"{each.module}.py").read_text()
        assert code.count(each.was) == 1, each.safeguard
        compile(code.replace(each.was, each.becomes), each.module, "exec")
