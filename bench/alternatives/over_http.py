"""The handler with crhelper for a local cloud with a plain HTTP response URL, which crhelper does not support."""

from http.client import HTTPConnection

import crhelper.utils

crhelper.utils.HTTPSConnection = lambda host, context: HTTPConnection(host)

from with_crhelper import handler  # noqa: F401 - once that is so
