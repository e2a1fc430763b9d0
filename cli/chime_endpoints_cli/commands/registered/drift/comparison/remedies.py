"""Sentences that name the deployment that fixes a drifted resource.

CloudFormation compares templates, not services: for an unchanged declaration it does not invoke the function.
"""

from __future__ import annotations

from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.commands.registered.drift.findings import Finding, State

ASK = "Check that its user exists and that your credentials can call Amazon Chime SDK Identity. Then run drift again."

_UNCHANGED = "CloudFormation does not resend unchanged resources."


def of_gone(held: StackResource, path: str) -> str:
    """Return the remedy for an endpoint that is not registered."""
    return (
        f"{_UNCHANGED} Change the name or allow_messages of {path}, then run `{_deploy(held)}`: the endpoint is"
        " registered again."
    )


def of_tags(held: StackResource) -> str:
    """Return the remedy for tags that differ from the declaration."""
    return (
        f"{_UNCHANGED} Declare another value for the key, then run `{_deploy(held)}`: the declared tags are set again."
        " Or set the tag by hand."
    )


def of_endpoint(finding: Finding) -> str:
    """Return the remedy for a registered endpoint."""
    held, path = finding.held, finding.path
    fields = {difference.field for difference in finding.differences}
    if finding.state is State.INACTIVE:
        cause = (
            "Declare an application that works"
            if finding.reason == "INVALID_PINPOINT_ARN"
            else "Store the device's new token where the declaration reads it, and declare its version"
        )
        return f"{cause}. Then run `{_deploy(held)}`: only a new registration makes the endpoint active."
    if fields & {"device_token", "voip_device_token"}:
        return (
            f"{_UNCHANGED} Declare the token's version (of the secret or parameter) in {path}, then run"
            f" `{_deploy(held)}`: the endpoint is replaced."
        )
    if fields & {"user", "type", "application"}:
        return (
            f"Declare the values that you want in {path}, with another name, then run `{_deploy(held)}`: the endpoint"
            " is replaced."
        )
    if fields:
        return f"{_UNCHANGED} Change the name or allow_messages of {path}, then run `{_deploy(held)}`: both are reset."
    return ""


def _deploy(held: StackResource) -> str:
    return f"cdk deploy {held.stack.name}"
