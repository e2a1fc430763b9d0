"""`chime-endpoints init`: makes a directory a project that `cdk deploy` deploys."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import distribution, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import click

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.command_line.repository import from_repository
from chime_endpoints_cli.output.console.terminal import heading, say
from chime_endpoints_cli.output.errors import CommandError

_FOR_CLONES = re.compile(r"^# Only in a clone: .*\n(?:.+\n)+\n", re.MULTILINE)
_PACKAGE = "cdk-chime-endpoints"


@click.command(
    "init",
    cls=Command,
    examples=[
        ("chime-endpoints init push", "a new directory"),
        ("chime-endpoints init", "this directory"),
    ],
    exit_codes={
        ExitCode.DONE: "the files were written",
        ExitCode.FAILED: "failed; for example, one of the files already exists, and nothing was written",
    },
)
@click.argument("directory", default=".", type=click.Path(path_type=Path))
def init_command(*, directory: Path) -> None:
    """Create a project in DIRECTORY, by default in this directory.

    The project declares push endpoints in endpoints.yaml, with two commented entries, and `cdk deploy` registers them:
    app.py, cdk.json and requirements.txt are ready for use, and .gitignore keeps generated files out of Git. You do not
    need to write Python or clone a repository.

    The command overwrites nothing. If one of the files already exists, it writes none of them.

    requirements.txt asks for this version of cdk-chime-endpoints. If your package index does not have it, install it
    from its wheel: pip install --find-links DIRECTORY_OF_THE_WHEEL -r requirements.txt
    """
    contents = _contents()
    _write(directory, contents)
    say(f"Wrote {', '.join(contents)} in {directory.resolve()}.")
    heading("Next")
    if directory.resolve() != Path.cwd():
        say(f"cd {directory}")
    activate = r".venv\Scripts\activate" if os.name == "nt" else ". .venv/bin/activate"
    say(f"{_python()} -m venv .venv && {activate} && pip install{_find_links()} -r requirements.txt")
    say("Replace the placeholders in endpoints.yaml, then run: chime-endpoints validate")
    say("npm install -g aws-cdk@2, then once for each account and region: cdk bootstrap")
    say("cdk deploy")


def _contents() -> Mapping[str, str]:
    """Return the text of each file by its name."""
    app, cdk = (_text(from_repository(name)) for name in ("app.py", "cdk.json"))
    templates = files("chime_endpoints_cli.commands.file").joinpath("templates")
    return {
        "endpoints.yaml": _text(templates.joinpath("endpoints.yaml")),
        "app.py": _FOR_CLONES.sub("", app.replace("from pathlib import Path\n", "")),
        "cdk.json": cdk.replace("python3 ", f"{_python()} "),
        "requirements.txt": _text(templates.joinpath("requirements.txt")).replace("VERSION", version(_PACKAGE)),
        ".gitignore": _text(templates.joinpath("gitignore")),
    }


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _find_links() -> str:
    """Return the option with which pip finds the wheel that this package was installed from, if any."""
    # PEP 610: how the package was installed, unless it comes from an index.
    origin = json.loads(distribution(_PACKAGE).read_text("direct_url.json") or "{}")
    url = urlsplit(origin.get("url", ""))
    if url.scheme != "file":
        return ""
    place = Path(url2pathname(url.path))
    wheels = place.parent if place.suffix == ".whl" else place / "dist"  # where `make wheel` puts it in a clone
    return f" --find-links {shlex.quote(str(wheels))}"


def _python() -> str:
    return "python" if os.name == "nt" else "python3"  # Windows installs no python3


def _write(directory: Path, contents: Mapping[str, str]) -> None:
    """Write all files, or none of them.

    Raises:
        CommandError: one of the files already exists.
    """
    existing = [name for name in contents if os.path.lexists(directory / name)]
    if existing:
        has = "already exists" if len(existing) == 1 else "already exist"
        raise CommandError(
            f"{', '.join(existing)} {has} in {directory.resolve()}; nothing was written",
            remedy="Name another directory: chime-endpoints init DIRECTORY",
        )
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as created:
        for name, text in contents.items():
            path = directory / name
            with path.open("x", encoding="utf-8", newline="\n") as file:
                created.callback(path.unlink)
                file.write(text)
        created.pop_all()
