"""The registration of the backends in moto."""

from __future__ import annotations

import re
import sys

from moto import backend_index

from . import models, urls
from .push import models as push_models
from .push import urls as push_urls

NAME = "chimesdkidentity"
PUSH_NAME = "pushapplications"

_BACKENDS = ((NAME, models, urls.url_bases), (PUSH_NAME, push_models, push_urls.url_bases))


def install() -> None:
    """Register the backends with moto by host name and module name. Repeated calls have no effect.

    moto 5.2 has a list of host name patterns and imports `moto.NAME` for the first pattern that matches. The push
    backend comes before moto's own Pinpoint backend, and passes on what it does not emulate.
    """
    listed = {name for name, _ in backend_index.backend_url_patterns}
    for name, module, bases in _BACKENDS:
        sys.modules[f"moto.{name}"] = module
        if name not in listed:
            # First in the list, because moto tries about two hundred patterns in turn for every call.
            backend_index.backend_url_patterns[:0] = [(name, re.compile(base)) for base in bases]
