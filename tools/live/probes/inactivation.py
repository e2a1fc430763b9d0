"""Makes an endpoint INACTIVE, as the service does: by a message that cannot be delivered to its application."""

from __future__ import annotations

import time
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from live.sandbox.sandbox import Sandbox

from .finding import UnsettledError

_SECONDS = 60.0
_POLL_SECONDS = 3.0


def inactivate(sandbox: Sandbox, user: str, endpoint_id: str) -> str:
    """Make the endpoint INACTIVE, and return its state with the reason.

    The emulator delivers no messages; its control API sets the state. In AWS, the endpoint's application is deleted,
    and a message is sent to the user.

    Raises:
        UnsettledError: the service left the endpoint ACTIVE, or no message could be sent.
    """
    if sandbox.account.is_emulated:
        state = {"status": "INACTIVE", "status_reason": "INVALID_PINPOINT_ARN"}
        where = {"app_instance_user_arn": user, "endpoint_id": endpoint_id}
        sandbox.account.control("endpoint-state", where | state, account=user.split(":", 5)[4])
    else:
        application = str(sandbox.describe(user, endpoint_id)["ResourceArn"])
        sandbox.account.push.delete_app(ApplicationId=application.rpartition("/")[2])
        _send_message(sandbox, user)
    deadline = time.monotonic() + (0 if sandbox.account.is_emulated else _SECONDS)
    while True:
        state = sandbox.describe(user, endpoint_id).get("EndpointState", {})
        if state.get("Status") == "INACTIVE":
            return f"INACTIVE ({state.get('StatusReason', 'without a reason')})"
        if time.monotonic() >= deadline:
            raise UnsettledError(
                f"the endpoint was still ACTIVE {_SECONDS:.0f} s after a message to a deleted application"
            )
        time.sleep(_POLL_SECONDS)


def _send_message(sandbox: Sandbox, user: str) -> None:
    """Send a message with a push notification to the user, in a channel of the sandbox's app instance."""
    messaging, sender = sandbox.account.client("chime-sdk-messaging"), sandbox.user("sender")
    try:
        channel = messaging.create_channel(
            AppInstanceArn=sandbox.app_instance,
            Name=sandbox.run.name("channel"),
            ClientRequestToken=str(uuid4()),
            ChimeBearer=sender,
        )["ChannelArn"]
        messaging.create_channel_membership(ChannelArn=channel, MemberArn=user, Type="DEFAULT", ChimeBearer=sender)
        messaging.send_channel_message(
            ChannelArn=channel,
            Content="A message of make live",
            Type="STANDARD",
            Persistence="NON_PERSISTENT",
            ClientRequestToken=str(uuid4()),
            ChimeBearer=sender,
            PushNotification={"Title": "make live", "Body": "A message of make live", "Type": "DEFAULT"},
        )
    except (ClientError, BotoCoreError) as error:
        raise UnsettledError(f"no message could be sent: {error}") from error
