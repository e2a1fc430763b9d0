"""The list of safeguards that can be removed matches the code."""

from __future__ import annotations

from support.scripts import script


def test_every_weakening_fits_the_code() -> None:
    """Each matches its code exactly once, and the changed code is valid Python."""
    weaken = script("weaken")
    for each in weaken.WEAKENINGS:
        code = (weaken.SOURCES / weaken.PACKAGE / f"{each.module}.py").read_text()
        assert code.count(each.was) == 1, each.safeguard
        compile(code.replace(each.was, each.becomes), each.module, "exec")
