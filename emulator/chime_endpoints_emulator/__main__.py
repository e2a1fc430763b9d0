"""Run the emulator on loopback until SIGTERM or SIGINT: `python -m chime_endpoints_emulator`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .authorization import RemoteAuthorizer
from .profile import Profile, use_profile
from .server import EmulatorServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, and return the exit status: 1 if the port, the port file or the profile cannot be used."""
    options = _options(arguments)
    _forget_the_callers_settings()
    if options.account is not None:
        os.environ["MOTO_ACCOUNT_ID"] = options.account
    if options.profile is not None:
        try:
            use_profile(Profile.read(options.profile))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"not a profile: {error}"
            sys.stderr.write(f"Cannot use {options.profile}: {reason}.\n")
            return 1
    try:
        authorizer = RemoteAuthorizer(options.authorizer) if options.authorizer else None
        server = EmulatorServer(host=options.host, port=options.port, authorizer=authorizer)
    except OSError as error:
        sys.stderr.write(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}. "
            "Choose another --port, or 0 for any free port.\n"
        )
        return 1
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        sys.stdout.write(f"Chime SDK Identity emulator at {server.url}\n")
        sys.stdout.flush()
        if options.port_file is not None:
            try:
                _write_whole(options.port_file, f"{server.server_address[1]}\n")
            except OSError as error:
                sys.stderr.write(f"Cannot write {options.port_file}: {error.strerror}.\n")
                return 1
        stopped.wait()
    if options.port_file is not None:
        options.port_file.unlink(missing_ok=True)
    return 0


def _forget_the_callers_settings() -> None:
    """Remove AWS settings from the environment. moto's own sessions fail if the configured profile does not exist."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m chime_endpoints_emulator",
        description="A stateful emulator of Amazon Chime SDK Identity's endpoint operations.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: any free port)")
    parser.add_argument("--port-file", type=Path, help="file to write the port to when the server is ready")
    parser.add_argument("--account", help="account id of all callers (default: moto's, 123456789012)")
    parser.add_argument(
        "--authorizer", metavar="URL", help="service that decides what callers may do (default: everything)"
    )
    parser.add_argument("--profile", type=Path, help="file with values of switches, as `make live` writes it")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and 65535")
    return number


def _write_whole(path: Path, text: str) -> None:
    """Write a file atomically, so that no reader sees an incomplete file."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
