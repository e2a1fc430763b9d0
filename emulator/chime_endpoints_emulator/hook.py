"""The place in moto where a backend from outside hooks in."""

from __future__ import annotations

import re
import sys

from moto import backend_index

from . import models
from .urls import url_bases

NAME = "chimesdkidentity"


def install() -> None:
    """Let moto find the backend by host name and by module name; doing it again changes nothing.

    moto 5.2 keeps a list of host-name patterns, and imports `moto.NAME` for the one that matches.
    """
    sys.modules[f"moto.{NAME}"] = models
    if all(name != NAME for name, _ in backend_index.backend_url_patterns):
        # First: moto tries some two hundred patterns in turn, for every call.
        backend_index.backend_url_patterns[:0] = [(NAME, re.compile(base)) for base in url_bases]
