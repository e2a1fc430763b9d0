"""A CDK app of several programs, so that one run of cdk deploys the stacks of all of them.

With `-c changed=yes`, the programs are changed as `CHANGES` says.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ALONE = ("fleet",)
"""Examples that need more than the services can be given in advance: `test_fleet` deploys a fleet with its manifest."""
EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*.py")) if path.stem not in ALONE]
PROGRAMS = [*EXAMPLES, Path(__file__).with_name("everything.py")]
CHANGES = {
    "adopt": ("adopt_existing=True,", 'adopt_existing=True, endpoint_name="Adopted",'),
    "everything": ('name="Alice"', 'name="A."'),
    "many_stacks": ("range(40)", "range(39)"),
    "messaging": ('"Application", name="chat"', '"Application", name="support"'),
    "one_endpoint": ("Alice's phone", "Alice's new phone"),
    "shared_provider": ("from_secrets_manager(tokens, user)", 'from_secrets_manager(tokens, f"new-{user}")'),
}


def main(*, changed: bool) -> None:
    """Run the programs in this process. All write to the same directory, and the last one's manifest gets them all."""
    path = Path(os.environ["CDK_OUTDIR"]) / "manifest.json"
    artifacts: dict[str, Any] = {}
    for program in PROGRAMS:
        source = program.read_text()
        if program.stem == "adopt":  # not the endpoint of another example
            source = source.replace("user/alice", "user/carol")
        if changed:
            before, after = CHANGES[program.stem]
            assert source.count(before) == 1, program
            source = source.replace(before, after)
        exec(compile(source, program, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own programs
        manifest = json.loads(path.read_text())
        artifacts |= manifest["artifacts"]
    path.write_text(json.dumps({**manifest, "artifacts": artifacts}))


if __name__ == "__main__":
    main(changed="changed" in json.loads(os.environ["CDK_CONTEXT_JSON"]))
