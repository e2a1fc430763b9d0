"""What every command does with an unexpected failure: one message, a traceback only on request, and an exit code."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from chime_endpoints_cli.command_line.error_handler import exit_code_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import cli
from chime_endpoints_cli.output.codes import ISSUES, PAGE, CommandCode
from chime_endpoints_cli.output.errors import CommandError
from commands.test_command_line import EXECUTABLE, _commands
from docs.blocks import ROOT

ENTRY = [sys.executable, "-m", "chime_endpoints_cli.entry"]


def _raised(error: BaseException, *arguments: str) -> int:
    def command() -> ExitCode | None:
        raise error

    return exit_code_of(arguments, command)


def test_an_unexpected_error_is_reported_as_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what happened, how to see the traceback, and where to report it."""
    assert _raised(KeyError("EndpointId")) == ExitCode.FAILED
    assert capsys.readouterr().err == (
        "error: chime-endpoints failed unexpectedly: KeyError: 'EndpointId' [CE-613]\n"
        f"This is a bug. Run the command again with --debug, and report the output: {ISSUES}\n"
        f"See {PAGE}#ce-613\n"
    )


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), AssertionError("x"), UnicodeError("\x1b[31m")])
def test_no_kind_of_exception_leaves_the_net(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    """Its message cannot change colors or move the cursor of a terminal."""
    assert _raised(error) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "\x1b" not in told


def test_a_traceback_is_shown_on_request(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The option or the environment variable enables it. The message follows it."""
    assert _raised(KeyError("x"), "list", "--debug") == ExitCode.FAILED
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert "error: chime-endpoints failed" in told
    for value, is_shown in (("1", True), ("true", True), ("0", False), ("", False), ("false", False)):
        monkeypatch.setenv("CHIME_ENDPOINTS_DEBUG", value)
        _raised(CommandError("x"))
        assert ("Traceback" in capsys.readouterr().err) is is_shown


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_every_command_takes_the_option_of_the_traceback(command: tuple[str, ...]) -> None:
    """It is accepted before and after the command's name, unless the options belong to another program."""
    found: click.Command = cli
    for name in command:
        assert isinstance(found, click.Group)
        assert "--debug" in [option for parameter in found.params for option in parameter.opts]
        found = found.commands[name]
    takes = "--debug" in [option for parameter in found.params for option in parameter.opts]
    assert takes is not found.ignore_unknown_options


@pytest.mark.parametrize(
    ("number", "path", "words"),
    [
        (errno.EACCES, "out.yaml", "out.yaml: Permission denied"),
        (errno.ENOSPC, "out.yaml", "Free some disk space"),
        (errno.EROFS, "out.yaml", "Read-only file system"),
        (errno.ENOENT, "no/such/x", "no/such/x: No such file or directory"),
        (errno.EISDIR, "x", "x: Is a directory"),
        (errno.EMFILE, None, "Too many open files"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    number: int, path: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message contains the reason from the operating system."""
    error = OSError(number, os.strerror(number), path) if path else OSError(number, os.strerror(number))
    assert _raised(error) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert words in told
    assert "[CE-612]" in told


def test_every_code_of_a_command_has_its_section() -> None:
    """All sections are on one page, in the order of the codes."""
    page = (ROOT / "docs" / "errors" / "commands.md").read_text()
    assert re.findall(r"^## (CE-\d+): .+ \{#(ce-\d+)\}$", page, re.MULTILINE) == [
        (str(code), code.lower()) for code in sorted(CommandCode)
    ]


def test_messages_lead_to_the_projects_own_addresses() -> None:
    """They are the addresses in the package's metadata."""
    project = (ROOT / "pyproject.toml").read_text()
    assert f'Issues = "{ISSUES}"' in project
    assert f'Documentation = "{PAGE.partition("errors/")[0]}"' in project


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("schema | head -1", 0),
        ("--help | head -1", 0),
        ("schema >&-", 0),
        ("schema 2>&-", 0),
        ("schema <&-", 0),
        ("nonsense 2>&-", 1),
        ("nonsense 2> /dev/full", 1),
        ("nonsense 2>&1 | head -0", 1),
        ("schema > /dev/full", 1),
        ("--help > /dev/full", 1),
        ("completion bash > /dev/full", 1),
        ("list $'\\xff'", 1),
        ("validate $'caf\\xe9.yaml'", 1),
    ],
)
def test_no_stream_ends_a_command_with_a_traceback(line: str, code: int) -> None:
    """This includes a closed pipe, a full disk, a closed stream, and input that is not text."""
    program = " ".join(ENTRY)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{program} {line}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "/dev/full" in line and not line.startswith("nonsense"):
        assert done.stderr.startswith("error: the output could not be written: No space left on device [CE-612]")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "ascii:strict", "utf-8"])
def test_no_encoding_ends_a_command_with_a_traceback(encoding: str, tmp_path: Path) -> None:
    """Characters outside the encoding are shown as Python escapes."""
    (tmp_path / "Zoë…─☎.yaml").write_text("endpoints: {a: {}}")
    done = subprocess.run(
        [*ENTRY, "validate", "Zoë…─☎.yaml", "--json"],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == ExitCode.FOUND
    shown = subprocess.run(
        [*ENTRY, "validate", "Zoë…─☎.yaml"],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert shown.returncode == ExitCode.FOUND
    assert ("Zoë…─☎" if encoding == "utf-8" else "\\u260e").encode() in shown.stderr
    if encoding == "ascii":
        assert b"Zo\\xeb...-\\u260e.yaml" in shown.stderr


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_an_interruption_at_any_moment_is_130_without_a_traceback(after: float) -> None:
    """This is also true while modules are being imported."""
    silent = socket.create_server(("127.0.0.1", 0))  # connections are accepted, and nothing is ever answered
    command = subprocess.Popen(
        [*ENTRY, "list", "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"],
        env={
            "PYTHONPATH": ":".join(sys.path),
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if sys.platform.startswith("linux"):  # as soon as the command's own handler is there: before, Python is starting
        status = Path(f"/proc/{command.pid}/status")
        while not int(re.findall(r"SigCgt:\s+(\w+)", status.read_text())[0], 16) & 1 << signal.SIGTERM - 1:
            time.sleep(0.005)
    time.sleep(after)
    command.send_signal(signal.SIGINT)
    _, told = command.communicate(timeout=20)
    silent.close()
    assert (command.returncode, "Traceback" in told) == (ExitCode.INTERRUPTED, False), told


def test_a_broken_installation_is_one_message() -> None:
    """The message says what to install, and shows the traceback on request."""
    program = (
        "import sys; sys.modules['click'] = type(sys)('click'); from chime_endpoints_cli.entry import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: chime-endpoints cannot start: ")
    assert "Traceback" not in done.stderr
    debugged = subprocess.run([sys.executable, "-c", program, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in debugged.stderr


def test_the_module_runs_as_the_installed_command_does() -> None:
    """The tests start the command with `python -m chime_endpoints_cli.main`."""
    done = subprocess.run([*EXECUTABLE, "--version"], capture_output=True, text=True, check=True)
    assert "chime-endpoints" in done.stdout
