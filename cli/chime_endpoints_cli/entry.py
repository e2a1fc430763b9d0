"""Entry point of the installed command: handles Ctrl-C and missing packages before anything is imported."""

import os
import signal
import sys
import traceback
from typing import NoReturn


def main() -> None:
    """Run the command."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        from .main import main as run
    except Exception as error:  # noqa: BLE001 - the outermost edge
        if "--debug" in sys.argv or os.environ.get("CHIME_ENDPOINTS_DEBUG"):
            traceback.print_exc()
        sys.exit(f"error: {_what_is_wrong(error)}")
    run()


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
