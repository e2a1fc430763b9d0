"""Removes the handler's safeguards one at a time, and checks that the random histories detect each removal.

A weakening that no longer matches the code is an error: update the list when the code changes.
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
"""The maximum CPU time for each safeguard, independent of the machine's other load."""


@dataclass(frozen=True)
class Weakening:
    """A safeguard, and the code change that removes it."""

    safeguard: str
    module: str
    was: str
    becomes: str


WEAKENINGS = [
    Weakening(
        "every delivery of an event uses the same ClientRequestToken",
        "cloudformation/request",
        'text = "\\n".join((self.stack_id, self.logical_id, self.request_id, purpose))',
        "text = purpose + __import__('uuid').uuid4().hex",
    ),
    Weakening(
        "every event has its own ClientRequestToken",
        "cloudformation/request",
        "(self.stack_id, self.logical_id, self.request_id, purpose)",
        "(self.stack_id, self.logical_id, purpose)",
    ),
    Weakening(
        "a replacement is registered under the marked name",
        "resources/endpoint/registration",
        "    name = work.request.own_name\n",
        "    name = wanted.name\n",
    ),
    Weakening(
        "a Create that is delivered again looks before it registers",
        "resources/endpoint/create",
        "if work.arrival.is_late and (standing := work.standing()) is not None and not _is_awaited(standing):",
        "if False and (standing := work.standing()) is not None:",
    ),
    Weakening(
        "a replacement looks for an earlier attempt before it registers",
        "resources/endpoint/replacement",
        "_find(situation, listed) or register(situation)",
        "register(situation)",
    ),
    Weakening(
        "a conflict of a Create with its own earlier attempt is recognized",
        "resources/endpoint/create",
        "        if _is_earlier_attempt(holder, wanted, work, standing, attempts):",
        "        if False:",
    ),
    Weakening(
        "a conflict of a replacement with an endpoint of its own is recognized",
        "resources/endpoint/registration",
        "    if ours := _find_own(situation, holding):",
        "    if ours := None:",
    ),
    Weakening(
        "a conflict of a replacement with what it has just registered is recognized",
        "resources/endpoint/registration",
        "if _is_conflict(error) and (ours",
        "if False and (ours",
    ),
    Weakening(
        "a predecessor of another user gives way",
        "resources/endpoint/registration",
        "_sort(situation, situation.holders_elsewhere())",
        "[], [], []",
    ),
    Weakening(
        "an endpoint that someone else registered is not taken over",
        "resources/endpoint/adoption",
        "    if not wanted.may_adopt:",
        "    if False:",
    ),
    Weakening(
        "an endpoint with a declared name is distinguished from someone else's by its age",
        "resources/endpoint/ownership",
        "return endpoint.created is None or endpoint.created >= moment - CLOCK_SKEW",
        "return True",
    ),
    Weakening(
        "an Update removes the resource's own leftovers",
        "resources/endpoint/situation",
        "        if not strays:\n            return",
        "        if True:\n            return",
    ),
    Weakening(
        "a failed Create cleans up what it might have registered",
        "resources/endpoint/create",
        "if not attempts.may_have_happened and not work.arrival.is_known_repeat:",
        "if True:",
    ),
    Weakening(
        "a Create that might have registered something records that in its id",
        "resources/work",
        "return Unconfirmed(self.request.suffix, int(self.arrival.begun))",
        "return NotApplied(self.request.suffix)",
    ),
    Weakening(
        "CloudFormation is asked before the response to a Create that had problems",
        "resources/endpoint/create",
        "    if work.is_unusual():\n        _withdraw_if_stale",
        "    if False:\n        _withdraw_if_stale",
    ),
    Weakening(
        "CloudFormation is asked before an anomaly is acted on",
        "resources/endpoint/staleness",
        "    if standing is not None and is_stale(work, standing):",
        "    if False:",
    ),
    Weakening(
        "CloudFormation is asked before the response to a replacement",
        "resources/endpoint/replacement",
        "        if chosen.is_new or work.is_unusual():",
        "        if False:",
    ),
    Weakening(
        "a stale event removes what its earlier deliveries left behind",
        "resources/endpoint/staleness",
        "            leftovers.remove_all(work, standing)\n",
        "            pass\n",
    ),
    Weakening(
        "a replacement that fails after it was named is withdrawn",
        "resources/endpoint/replacement",
        "if not chosen.is_new or _withdraw(",
        "if True or _withdraw(",
    ),
    Weakening(
        "a replacement whose response is not accepted is marked again",
        "resources/endpoint/replacement",
        "unanswered=partial(_mark, chosen, situation) if needs_mark else None",
        "unanswered=None",
    ),
    Weakening(
        "a delivery that fails removes what an earlier one has registered",
        "resources/endpoint/update",
        "        if work.arrival.is_known_repeat:\n            _remove_attempts",
        "        if False:\n            _remove_attempts",
    ),
    Weakening(
        "a Delete with an invented id removes what an unanswered Create left behind",
        "resources/endpoint/delete",
        "    elif not isinstance(current, physical_id.NotApplied):",
        "    elif False:",
    ),
    Weakening(
        "a Delete with an invented id leaves a resource that still exists alone",
        "resources/endpoint/delete",
        "    if standing is not None and not standing.is_given_up:\n        return",
        "    if False:\n        return",
    ),
    Weakening(
        "a Delete with an invented id looks several times",
        "resources/endpoint/delete",
        "_WAITS = (1.0, 2.0)",
        "_WAITS = ()",
    ),
    Weakening(
        "an endpoint counts as deleted only if two Lists do not show it",
        "resources/endpoint/ownership",
        "return not any(endpoint.endpoint_id == endpoint_id for _ in range(2) for endpoint in endpoints.list())",
        "return True",
    ),
    Weakening(
        "endpoints are looked for in two Lists",
        "resources/endpoint/ownership",
        "for _ in range(2) for endpoint in endpoints.list()}.values()",
        "for _ in range(1) for endpoint in endpoints.list()}.values()",
    ),
    Weakening(
        "a response of Register without an EndpointId is not accepted",
        "aws/endpoints",
        "            is_complete=_has_usable_id,\n",
        "",
    ),
    Weakening(
        "a rollback returns to the previous endpoint although a source has changed",
        "resources/endpoint/replacement",
        "    if may_mean_another and (before",
        "    if False and (before",
    ),
    Weakening(
        "an old endpoint that gave way is registered again",
        "resources/endpoint/registration",
        "        bring_back(predecessor, situation)\n        raise",
        "        raise",
    ),
]


def main() -> int:
    """Remove one safeguard after the other and print the results. Return the number of undetected removals."""
    print(f"Random histories from seed {SEED}, at most {SECONDS} s of CPU time for each safeguard:")
    chosen = [each for each in WEAKENINGS if all(word in each.safeguard for word in sys.argv[1:])]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for weakening in chosen:
            copy = weaken(weakening, Path(scratch))
            began = processor_seconds()
            noticed = runs_into_trouble(copy)
            unnoticed += noticed is None
            seconds = processor_seconds() - began
            result = f"detected after {seconds:2.0f} s {noticed}" if noticed else "NOT DETECTED"
            print(f"{weakening.safeguard:82} {result}", flush=True)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} detected")
    return unnoticed


def processor_seconds() -> float:
    """Return the CPU time that the runs have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def weaken(weakening: Weakening, scratch: Path) -> Path:
    """Create a copy of the handler without the safeguard."""
    shutil.rmtree(scratch / PACKAGE, ignore_errors=True)
    shutil.copytree(SOURCES / PACKAGE, scratch / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    module = scratch / PACKAGE / f"{weakening.module}.py"
    code = module.read_text()
    if code.count(weakening.was) != 1:
        sys.exit(f"{weakening.safeguard!r} no longer matches {module.name}; update it to the current code.")
    module.write_text(code.replace(weakening.was, weakening.becomes))
    return scratch


def runs_into_trouble(copy: Path) -> str | None:
    """Return what random histories of the copy find within the time, or None if they find nothing."""
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
    return f"{within[1] if within else 'immediately'}: {said[1][:70] if said else 'the test fails'}"


if __name__ == "__main__":
    sys.exit(main())
