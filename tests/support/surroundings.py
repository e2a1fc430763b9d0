"""The environment variables of a test run, which are the same on every machine."""

from __future__ import annotations

import os
import re
import time

_REMOVED = re.compile(
    r"CI|GITHUB_\w+|GITLAB_\w+|BUILD_\w+"  # cdk prints to another stream, and hypothesis draws other examples
    r"|NO_COLOR|FORCE_COLOR|CLICOLOR\w*|COLORTERM|TTY_\w+|COLUMNS|LINES|PAGER"
    r"|LANGUAGE|LC_\w+"
    r"|AWS_\w+|_X_AMZN_\w+|LOG_LEVEL|CDK_\w+|CHIME_ENDPOINTS_\w+"
    r"|PYTHON(DONTWRITEBYTECODE|IOENCODING|UTF8|UNBUFFERED|WARNINGS|OPTIMIZE|DEVMODE|SAFEPATH|NOUSERSITE|STARTUP)"
)
_SET = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "LANG": "C.UTF-8",
    "TERM": "xterm",
    "TZ": "UTC",
}
PROXIES: dict[str, str] = {}
"""The proxies of the machine, for the tests that need the network."""


def make_uniform() -> None:
    """Remove or replace the variables that change what programs print, whom they call and what they sign with."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            PROXIES[name] = os.environ.pop(name)
        elif _REMOVED.fullmatch(name):
            del os.environ[name]
    os.environ.update(_SET)
    if hasattr(time, "tzset"):  # not on Windows
        time.tzset()
