"""The CPU time of our function's cold start at the end of each step."""

import json
import sys
import time

marks = {"the interpreter": time.process_time()}
import botocore.session  # noqa: F401 - what is measured

marks["botocore imported"] = time.process_time()
import chime_endpoints_handler.index as index

marks["crhelper and the handler imported, certificates read beside"] = time.process_time()
index._PROCESS.clients.chime("us-east-1")
marks["the client made: service model, endpoint rules, credentials"] = time.process_time()


class Context:
    """The context object that Lambda passes with an event."""

    def get_remaining_time_in_millis(self) -> int:
        """Return two minutes."""
        return 120_000


index.handler(json.loads(sys.stdin.readline()), Context())
marks["the event: checked, called, answered over TLS"] = time.process_time()
sys.stdout.write(json.dumps(marks))
