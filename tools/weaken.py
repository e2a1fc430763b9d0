"""Takes the handler's safeguards away, one at a time, and shows that the random histories notice each.

A weakening that no longer fits the code is an error: the list has to follow it.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "lambda_handlers"
PACKAGE = "chime_endpoints_handler"
MODEL = "tests/lifecycle/test_model.py"
SEED = os.environ.get("MODEL_SEED", "1")
SECONDS = 60
"""Of the processor, at the most: how busy the machine is otherwise makes no difference."""


@dataclass(frozen=True)
class Weakening:
    """A safeguard, and the change of the code that takes it away."""

    safeguard: str
    module: str
    was: str
    becomes: str


WEAKENINGS = [
    Weakening(
        "the same ClientRequestToken for every delivery",
        "request",
        'text = "\\n".join((self.stack_id, self.logical_id, self.request_id, purpose))',
        "text = purpose + __import__('uuid').uuid4().hex",
    ),
    Weakening(
        "a ClientRequestToken of its own for every event",
        "request",
        "(self.stack_id, self.logical_id, self.request_id, purpose)",
        "(self.stack_id, self.logical_id, purpose)",
    ),
    Weakening(
        "a replacement is registered under the marked name",
        "registration",
        "    name = work.request.own_name\n",
        "    name = wanted.name\n",
    ),
    Weakening(
        "a Create that is delivered again looks before it registers",
        "create",
        "if work.arrival.is_late and (standing := work.standing()) is not None and not _is_awaited(standing):",
        "if False and (standing := work.standing()) is not None:",
    ),
    Weakening(
        "a replacement looks for an earlier attempt before it registers",
        "replacement",
        "_find(situation, listed) or register(situation)",
        "register(situation)",
    ),
    Weakening(
        "a conflict of a Create with its own earlier attempt is told from others",
        "create",
        "        if _is_earlier_attempt(holder, wanted, work, standing, attempts):",
        "        if False:",
    ),
    Weakening(
        "a conflict of a replacement with an own endpoint is told from others",
        "registration",
        "    if ours := _find_own(situation, holding):",
        "    if ours := None:",
    ),
    Weakening(
        "a conflict of a replacement with what it has just registered is told from others",
        "registration",
        "if _is_conflict(error) and (ours",
        "if False and (ours",
    ),
    Weakening(
        "a predecessor of another user gives way",
        "registration",
        "_sort(situation, situation.holders_elsewhere())",
        "[], [], []",
    ),
    Weakening(
        "what somebody else registered is not taken",
        "adoption",
        "    if not wanted.may_adopt:",
        "    if False:",
    ),
    Weakening(
        "an endpoint under a declared name is told from a stranger's by its age",
        "ownership",
        "return endpoint.created is None or endpoint.created >= moment - CLOCK_SKEW",
        "return True",
    ),
    Weakening(
        "own strays are removed by an Update",
        "situation",
        "        if not strays:\n            return",
        "        if True:\n            return",
    ),
    Weakening(
        "what a failed registration of a Create may have left is removed",
        "create",
        "if not attempts.may_have_happened and not work.arrival.is_known_repeat:",
        "if True:",
    ),
    Weakening(
        "a Create that may have done something says so in its id",
        "work",
        "return Unconfirmed(self.request.suffix, int(self.arrival.begun))",
        "return NotApplied(self.request.suffix)",
    ),
    Weakening(
        "CloudFormation is asked before a Create that met trouble is answered",
        "create",
        "    if work.is_unusual():\n        _withdraw_if_stale",
        "    if False:\n        _withdraw_if_stale",
    ),
    Weakening(
        "CloudFormation is asked before an anomaly is acted on",
        "staleness",
        "    if standing is not None and is_stale(work, standing):",
        "    if False:",
    ),
    Weakening(
        "CloudFormation is asked before a replacement is answered",
        "replacement",
        "        if chosen.is_new or work.is_unusual():",
        "        if False:",
    ),
    Weakening(
        "a stale event removes what its earlier deliveries left",
        "staleness",
        "            leftovers.remove_all(work, standing)\n",
        "            pass\n",
    ),
    Weakening(
        "a replacement that fails after it was named is withdrawn",
        "replacement",
        "if not chosen.is_new or _withdraw(",
        "if True or _withdraw(",
    ),
    Weakening(
        "a replacement whose answer nobody accepts is marked again",
        "replacement",
        "unanswered=partial(_mark, chosen, situation) if needs_mark else None",
        "unanswered=None",
    ),
    Weakening(
        "a delivery that fails removes what an earlier one has registered",
        "update",
        "        if work.arrival.is_known_repeat:\n            _remove_attempts",
        "        if False:\n            _remove_attempts",
    ),
    Weakening(
        "a Delete with an invented id removes what an unanswered Create left",
        "delete",
        "    elif not isinstance(current, physical_id.NotApplied):",
        "    elif False:",
    ),
    Weakening(
        "a Delete with an invented id spares the resource that lives on",
        "delete",
        "    if standing is not None and not standing.is_given_up:\n        return",
        "    if False:\n        return",
    ),
    Weakening(
        "a Delete with an invented id looks again, and again",
        "delete",
        "_WAITS = (1.0, 2.0)",
        "_WAITS = ()",
    ),
    Weakening(
        "gone is what List does not show when it is asked twice",
        "ownership",
        "return not any(endpoint.endpoint_id == endpoint_id for _ in range(2) for endpoint in endpoints.list())",
        "return True",
    ),
    Weakening(
        "what is looked for is looked for in two Lists",
        "ownership",
        "for _ in range(2) for endpoint in endpoints.list()}.values()",
        "for _ in range(1) for endpoint in endpoints.list()}.values()",
    ),
    Weakening(
        "an answer of Register without an EndpointId is none",
        "endpoints",
        "            is_complete=_has_usable_id,\n",
        "",
    ),
    Weakening(
        "a rollback returns to what there was before a source had another content",
        "replacement",
        "    if may_mean_another and (before",
        "    if False and (before",
    ),
    Weakening(
        "the old endpoint that gave way comes back",
        "registration",
        "        bring_back(predecessor, situation)\n        raise",
        "        raise",
    ),
]


def main() -> int:
    """Weakens one safeguard after the other and prints what became of each; returns how many went unnoticed."""
    print(f"Random histories from the seed {SEED} on, {SECONDS} s of the processor at the most for each safeguard:")
    chosen = [each for each in WEAKENINGS if all(word in each.safeguard for word in sys.argv[1:])]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for weakening in chosen:
            copy = weaken(weakening, Path(scratch))
            began = processor_seconds()
            noticed = runs_into_trouble(copy)
            unnoticed += noticed is None
            seconds = processor_seconds() - began
            result = f"noticed after {seconds:2.0f} s {noticed}" if noticed else "NOT NOTICED"
            print(f"{weakening.safeguard:82} {result}", flush=True)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} noticed")
    return unnoticed


def processor_seconds() -> float:
    """What the runs have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def weaken(weakening: Weakening, scratch: Path) -> Path:
    """A copy of the handler without the safeguard."""
    shutil.rmtree(scratch / PACKAGE, ignore_errors=True)
    shutil.copytree(SOURCES / PACKAGE, scratch / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    module = scratch / PACKAGE / f"{weakening.module}.py"
    code = module.read_text()
    if code.count(weakening.was) != 1:
        sys.exit(f"{weakening.safeguard!r} no longer fits {module.name}: give it the code as it is now.")
    module.write_text(code.replace(weakening.was, weakening.becomes))
    return scratch


def runs_into_trouble(copy: Path) -> str | None:
    """What random histories of the copy find within the time; None where they find nothing."""
    roots = [str(copy), *(str(ROOT / name) for name in ("constructs", "emulator", "cli", "tests"))]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "--tb=line", "-p", "no:cacheprovider"),
            *("-o", "pythonpath=" + " ".join(roots), "-k", "nobody_has_seen", MODEL),
        ],
        cwd=ROOT,
        env=os.environ | {"MODEL_SEED": SEED, "MODEL_MINUTES": "60"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    if run.returncode != 1:
        sys.exit(run.stdout + run.stderr)
    within = re.search(r"Failed (within \d+ histories)", run.stdout)
    said = re.search(r"(?m)^(?:E +|.*?: )?(\w*Error\b.*)$", run.stdout)
    return f"{within[1] if within else 'at once'}: {said[1][:70] if said else 'the test fails'}"


if __name__ == "__main__":
    sys.exit(main())
