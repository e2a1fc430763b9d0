"""What the service returns for things that do not exist."""

from __future__ import annotations

from uuid import uuid4

from live.sandbox.sandbox import Sandbox, made_up_token

from .finding import Finding, UnsettledError, same_refusal


def missing_endpoint(sandbox: Sandbox) -> Finding:
    """Call the three operations for an endpoint that never existed and for one that was deregistered."""
    user = sandbox.user("missing-endpoint")
    gone = sandbox.register(user, made_up_token())
    sandbox.deregister(user, gone)
    found = [_refusal_of_endpoint(sandbox, user, endpoint_id) for endpoint_id in (str(uuid4()), gone)]
    if found[0].value != found[1].value:
        raise UnsettledError(f"never registered: {found[0].evidence}; deregistered: {found[1].evidence}")
    return found[0]


def _refusal_of_endpoint(sandbox: Sandbox, user: str, endpoint_id: str) -> Finding:
    where = {"AppInstanceUserArn": user, "EndpointId": endpoint_id}
    identity = sandbox.account.identity
    return same_refusal(
        {
            "Describe": lambda: identity.describe_app_instance_user_endpoint(**where),
            "Update": lambda: identity.update_app_instance_user_endpoint(**where, Name="x", AllowMessages="ALL"),
            "Deregister": lambda: identity.deregister_app_instance_user_endpoint(**where),
        }
    )


def missing_user(sandbox: Sandbox) -> Finding:
    """Describe a user who never existed, and list and register endpoints of this user."""
    user, identity = sandbox.missing_user(), sandbox.account.identity
    return same_refusal(
        {
            "DescribeAppInstanceUser": lambda: identity.describe_app_instance_user(AppInstanceUserArn=user),
            "List": lambda: identity.list_app_instance_user_endpoints(AppInstanceUserArn=user),
            "Register": lambda: sandbox.register(user, made_up_token()),
        }
    )


def unusable_application(sandbox: Sandbox) -> Finding:
    """Register with an application that has no channel, and with one that does not exist."""
    user, bare = sandbox.user("unusable-application"), sandbox.bare_application("no-channels")
    missing = bare.removesuffix(bare.rpartition("/")[2]) + uuid4().hex
    found = same_refusal(
        {
            "without a channel": lambda: sandbox.register(user, made_up_token(), application=bare),
            "missing": lambda: sandbox.register(user, made_up_token(), application=missing),
        }
    )
    if found.value not in ("success", "bad_request"):
        raise UnsettledError(found.evidence)
    return Finding(value="accepted" if found.value == "success" else found.value, evidence=found.evidence)


def missing_tagged(sandbox: Sandbox) -> Finding:
    """Call the tag operations for a user who never existed."""
    user, identity = sandbox.missing_user(), sandbox.account.identity
    return same_refusal(
        {
            "ListTags": lambda: identity.list_tags_for_resource(ResourceARN=user),
            "Tag": lambda: identity.tag_resource(ResourceARN=user, Tags=[{"Key": "a", "Value": "b"}]),
            "Untag": lambda: identity.untag_resource(ResourceARN=user, TagKeys=["a"]),
        }
    )
