"""Run the Python blocks of each page as one program, all in this process, because importing AWS CDK takes long.

A page's blocks build on each other. Every app on a page must be synthesized, and its tests are called.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from aws_cdk import App, Stack
from aws_cdk.assertions import Template


def main(programs: dict[str, str]) -> int:
    """Run each program, and return the number of failures."""
    failed = 0
    for name, code in programs.items():
        made = [0]
        with tempfile.TemporaryDirectory() as directory:
            os.environ["CDK_OUTDIR"] = directory
            try:
                _run(name, code, made)
            except Exception as error:  # noqa: BLE001 - the next program is run all the same
                failed += 1
                sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
                continue
        sys.stdout.write(f"{name}: {made[0]} apps synthesized\n")
    return failed


def _run(name: str, code: str, made: list[int]) -> None:
    init, synth, from_stack = App.__init__, App.synth, Template.from_stack
    waiting: list[App] = []

    def counted(app: App, *arguments: Any, **options: Any) -> None:
        init(app, *arguments, **options)
        waiting.append(app)

    def done(app: App, **options: Any) -> Any:
        assembly = synth(app, **options)
        waiting.remove(app)
        made[0] += 1
        return assembly

    def tested(stack: Stack, **options: Any) -> Template:
        template = from_stack(stack, **options)  # it synthesizes inside of Node
        waiting.remove(cast(App, stack.node.root))
        made[0] += 1
        return template

    Template.from_stack = tested  # type: ignore[method-assign]  # likewise
    App.__init__, App.synth = counted, done  # type: ignore[assignment, method-assign]  # for every app that is made
    try:
        names: dict[str, Any] = {"__name__": name}
        exec(compile(code, name, "exec"), names)  # noqa: S102 - our own documentation
        for test in [value for key, value in names.items() if key.startswith("test_")]:
            test()
    finally:
        Template.from_stack = from_stack  # type: ignore[method-assign]  # as it was
        App.__init__, App.synth = init, synth  # type: ignore[method-assign]  # as it was
    if waiting:
        raise AssertionError("an app is not synthesized")


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
