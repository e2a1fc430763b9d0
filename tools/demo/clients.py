"""The demo's clients of the local cloud."""

from __future__ import annotations

from chime_endpoints_cli.account.calls.clients import CHIME, make_client, make_session
from chime_endpoints_cli.account.calls.local_addresses import REGION, Addresses


class Clients:
    """The clients; boto3's have no types."""

    def __init__(self, *, local: Addresses) -> None:
        """Create the clients."""
        self.chime = make_client(CHIME, session=make_session(local), region=REGION, local=local)
        self.cloudformation = make_client("cloudformation", session=make_session(local), region=REGION, local=local)
        self.secretsmanager = make_client("secretsmanager", session=make_session(local), region=REGION, local=local)
        self.ssm = make_client("ssm", session=make_session(local), region=REGION, local=local)
