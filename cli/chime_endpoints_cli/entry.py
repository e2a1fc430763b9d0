"""Entry point of the installed command: handles Ctrl-C and missing packages before anything is imported."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


def main() -> None:
    """Run the command."""
    start(_main)


def start(load: Callable[[], Callable[[], NoReturn]]) -> NoReturn:
    """Import and run a program; an interrupted or failed import ends with one message.

    Args:
        load: imports the program, and returns the function that runs it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        run = load()
    except Exception as error:  # noqa: BLE001 - the outermost edge
        if "--debug" in sys.argv or os.environ.get("CHIME_ENDPOINTS_DEBUG"):
            traceback.print_exc()
        sys.exit(f"error: {_what_is_wrong(error)}")
    run()


def _main() -> Callable[[], NoReturn]:
    from .main import main

    return main


def _what_is_wrong(error: Exception) -> str:
    install = "pip install 'cdk-chime-endpoints[cli]'"
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = error.name.partition(".")[0]
        return f"{missing} is not installed\nInstall the command with: {install}"
    return (
        f"chime-endpoints cannot start: {type(error).__name__}: {error}\n"
        f"Reinstall it with: {install}\nRun it with --debug to see where it fails."
    )


def _end(number: int, _frame: object) -> NoReturn:
    """Exit immediately: nothing is running yet, and an exception could get lost in an import."""
    os._exit(128 + number)


if __name__ == "__main__":
    main()
