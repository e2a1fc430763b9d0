"""The rate limit of the account's calls to the identity service."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from live.sandbox.sandbox import Sandbox

from .finding import Finding, UnsettledError


def requests_per_second(sandbox: Sandbox, *, seconds: float = 4.0, threads: int = 24) -> Finding:
    """Call as fast as possible for some seconds, and count what is admitted after the first second's burst.

    This throttles every caller of the account for these seconds.
    """
    user, client = sandbox.user("rate"), sandbox.account.unpaced_identity()
    began = time.monotonic()
    admitted: list[float] = []
    throttled: list[float] = []

    def call_until_the_end(_: int) -> None:
        while (now := time.monotonic() - began) < seconds:
            try:
                client.list_app_instance_user_endpoints(AppInstanceUserArn=user, MaxResults=1)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ThrottledClientException":
                    raise
                throttled.append(now)
            else:
                admitted.append(now)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(call_until_the_end, range(threads)))
    total = len(admitted) + len(throttled)
    if not throttled:
        raise UnsettledError(f"no call was throttled at {total / seconds:.0f} calls a second")
    burst_is_over = min(throttled)
    if seconds - burst_is_over < 1:
        raise UnsettledError(f"the first call was throttled only after {burst_is_over:.1f} s")
    later = [moment for moment in admitted if moment > burst_is_over]
    rate = len(later) / (seconds - burst_is_over)
    evidence = f"{len(admitted)} of {total} calls in {seconds:.0f} s were admitted"
    return Finding(value=float(round(rate)), evidence=evidence)
