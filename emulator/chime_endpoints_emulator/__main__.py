"""`python -m chime_endpoints_emulator`: serve on loopback until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .server import EmulatorServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; answers the exit status, which is 1 if the port or the port file cannot be had."""
    options = _options(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    _forget_the_callers_settings()
    if options.account is not None:
        os.environ["MOTO_ACCOUNT_ID"] = options.account
    try:
        server = EmulatorServer(host=options.host, port=options.port)
    except OSError as error:
        sys.stderr.write(
            f"Cannot serve on {options.host}:{options.port}: {error.strerror}. "
            "Give another --port, or 0 for any free one.\n"
        )
        return 1
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
    """Moto makes SDK sessions of its own, which fail if the profile in the environment does not exist."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m chime_endpoints_emulator",
        description="A stateful emulator of Amazon Chime SDK Identity's endpoint operations.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--port-file", type=Path, help="file to write the port to, once it is served")
    parser.add_argument("--account", help="account of every caller (default: moto's, 123456789012)")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not from 0 to 65535")
    return number


def _write_whole(path: Path, text: str) -> None:
    """Let no reader see a file that is there but not yet written."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
