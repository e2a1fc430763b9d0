"""What Update, List and the deletion of a user do to registered endpoints."""

from __future__ import annotations

import time
from typing import get_args, get_type_hints

from botocore.exceptions import ClientError

from chime_endpoints_emulator import Switches
from live.account import patiently
from live.sandbox.sandbox import Sandbox, made_up_token

from .finding import Finding, UnsettledError

_SAMPLES = 3
_LONGEST_LISTED = 60.0
_LONGEST_DELETION = 60.0
_POLL_SECONDS = 0.05
_MILLISECONDS = 1e11  # as seconds, this is in the year 5138


def omitted_on_update(sandbox: Sandbox) -> Finding:
    """Update only the name, and only AllowMessages."""
    user, identity = sandbox.user("omitted"), sandbox.account.identity
    seen = []
    for change, omitted, before in (
        ({"Name": "b"}, "AllowMessages", "NONE"),
        ({"AllowMessages": "ALL"}, "Name", "a"),
    ):
        endpoint_id = sandbox.register(user, made_up_token(), Name="a", AllowMessages="NONE")
        where = {"AppInstanceUserArn": user, "EndpointId": endpoint_id}
        patiently(
            lambda where=where, change=change: identity.update_app_instance_user_endpoint(**where, **change)  # type: ignore[misc] # bound now
        )
        seen.append((omitted, "kept" if sandbox.describe(user, endpoint_id).get(omitted) == before else "reset"))
        sandbox.deregister(user, endpoint_id)
    evidence = "; ".join(f"{omitted} is {what} by an Update without it" for omitted, what in seen)
    if len({what for _, what in seen}) > 1:
        raise UnsettledError(evidence)
    return Finding(value=seen[0][1], evidence=evidence)


def new_endpoint_state(sandbox: Sandbox) -> Finding:
    """Read the state of an endpoint that was just registered with a made-up device token."""
    user = sandbox.user("new-state")
    state = sandbox.describe(user, sandbox.register(user, made_up_token())).get("EndpointState", {})
    status, reason = state.get("Status"), state.get("StatusReason")
    told = f"{status} ({reason})" if reason else str(status)
    value = {"ACTIVE": "active", "INACTIVE": str(reason).lower()}.get(str(status))
    if value not in get_args(get_type_hints(Switches)["new_endpoint_state"]):
        raise UnsettledError(f"the state is {told}")
    return Finding(value=value, evidence=told)


def new_endpoint_in_first_list(sandbox: Sandbox) -> Finding:
    """List right after Register, three times."""
    user, shown = sandbox.user("first-list"), 0
    for _ in range(_SAMPLES):
        endpoint_id = sandbox.register(user, made_up_token())
        shown += endpoint_id in sandbox.listed(user)
        sandbox.deregister(user, endpoint_id)
    return Finding(value=shown == _SAMPLES, evidence=f"in {shown} of {_SAMPLES} first lists")


def deregistered_listed_seconds(sandbox: Sandbox) -> Finding:
    """List after Deregister until the endpoint is no longer shown."""
    user = sandbox.user("deregistered")
    endpoint_id = sandbox.register(user, made_up_token())
    sandbox.listed(user)  # it may be missing from the first list
    sandbox.deregister(user, endpoint_id)
    began, seen = time.monotonic(), 0.0
    for _ in range(_SAMPLES):  # a list that no longer shows it may come from another replica than the next one
        while endpoint_id in sandbox.listed(user):
            seen = time.monotonic() - began
            if seen > _LONGEST_LISTED:
                raise UnsettledError(f"still listed {_LONGEST_LISTED:.0f} s after Deregister")
            time.sleep(_POLL_SECONDS)
    evidence = f"last seen {seen:.1f} s after Deregister" if seen else "not in the first list after Deregister"
    return Finding(value=round(seen, 1), evidence=evidence)


def endpoints_on_user_deletion(sandbox: Sandbox) -> Finding:
    """Delete a user who has an endpoint, create the user again, and list."""
    user, identity = sandbox.create_user("deleted"), sandbox.account.identity
    endpoint_id = sandbox.register(user, made_up_token())
    patiently(lambda: identity.delete_app_instance_user(AppInstanceUserArn=user))
    deadline = time.monotonic() + _LONGEST_DELETION
    while True:
        try:
            sandbox.create_user("deleted")
            break
        except ClientError as error:
            if time.monotonic() > deadline:
                code = error.response["Error"]["Code"]
                raise UnsettledError(f"a user with the same id could not be created again: {code}") from error
            time.sleep(1)
    sandbox.listed(user)
    is_kept = endpoint_id in sandbox.listed(user)
    shown = "still has the endpoint" if is_kept else "has no endpoint"
    return Finding(value="kept" if is_kept else "deleted", evidence=f"the user who was created again {shown}")


def timestamps(sandbox: Sandbox) -> Finding:
    """Read the number in the CreatedTimestamp of an endpoint, as it is in the response."""
    user = sandbox.user("timestamps")
    endpoint_id = sandbox.register(user, made_up_token())
    created = sandbox.describe(user, endpoint_id).get("CreatedTimestamp")
    try:
        number = float(str(created))
    except ValueError:
        raise UnsettledError(f"CreatedTimestamp is {created}") from None
    unit = "milliseconds" if number > _MILLISECONDS else "seconds"
    return Finding(value=unit, evidence=f"CreatedTimestamp is {created}")
