"""The registration of the backend in moto."""

from __future__ import annotations

import re
import sys

from moto import backend_index

from . import models
from .urls import url_bases

NAME = "chimesdkidentity"


def install() -> None:
    """Register the backend with moto by host name and module name. Repeated calls have no effect.

    moto 5.2 has a list of host name patterns and imports `moto.NAME` for the pattern that matches.
    """
    sys.modules[f"moto.{NAME}"] = models
    if all(name != NAME for name, _ in backend_index.backend_url_patterns):
        # First in the list, because moto tries about two hundred patterns in turn for every call.
        backend_index.backend_url_patterns[:0] = [(NAME, re.compile(base)) for base in url_bases]
