"""Says what a run would create, what it costs and how long it takes, before anything is created."""

from __future__ import annotations

from chime_endpoints_cli.output.console.terminal import heading, say

from .account import Account
from .run import PREFIX

_PROBES = """\
an app instance with about 20 users, and up to 60 endpoints of them with made-up device tokens
8 push applications, some with an APNs channel whose key Apple does not know
one message in a channel, to a user of the sandbox"""
_STACKS = """\
a secret with three made-up device tokens, and a bucket with the function's code
4 stacks: the provider, two with an endpoint, and a function that reports its trace header"""


def say_plan(account: Account, *, stacks: bool) -> None:
    """Print what a run creates and what it costs."""
    heading("What make live does")
    say(f"It creates in {account.region}, and deletes at the end:")
    for line in (_PROBES + ("\n" + _STACKS if stacks else "")).splitlines():
        say(f"  - {line}")
    say(f"Every name begins with {PREFIX}. It changes nothing that does not carry the run's name.")
    say("It makes less than half of the calls a second that the account may make.")
    say("Cost: less than 0.05 USD. Time: about 10 minutes on AWS.")
