"""Runs a Python module until its parent process ends: `python -m chime_endpoints_cli.local.cloud.watched MODULE …`.

Its standard input is a pipe from the parent that is never written to. When the parent ends, even by kill -9, the pipe
closes, and the module is asked to stop. So nothing is left running.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5.0
"""The time a module has to stop."""


def main() -> None:
    """Run the module in the first argument, with the other arguments as its command line."""
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
