"""Runs a Python module that ends when whoever started it does: `python -m chime_endpoints_cli.watched MODULE …`.

Its standard input is a pipe that nobody writes to. However the process at the other end dies, the pipe closes,
and the module is asked to stop; so nothing is left running even after a kill -9.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5.0
"""How long a module that was asked to stop may take."""


def main() -> None:
    """Runs the module that the command line names, with the rest of it as its own."""
    threading.Thread(target=_stop_with_the_other_end, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _stop_with_the_other_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
