"""Which deployment would put a drifted resource right.

CloudFormation compares templates, not services: a deployment of an unchanged declaration sends the function nothing.
"""

from __future__ import annotations

from chime_endpoints_cli.stacks import Held

from .findings import Finding, State

ASK = "Look again with credentials that may call Amazon Chime SDK Identity for it, and while its user exists."

_NOTHING_BY_ITSELF = "a deployment in which nothing of it changes does nothing"


def of_gone(held: Held, path: str) -> str:
    """For an endpoint that is not registered."""
    return (
        f"Change the name or allow_messages of {path} in the declaration and run `{_deploy(held)}`: it is registered"
        f" again ({_NOTHING_BY_ITSELF})."
    )


def of_tags(held: Held) -> str:
    """For tags that are not as declared."""
    return (
        f"Declare another value for the key and run `{_deploy(held)}`, which sets what is declared anew; or set the tag"
        f" by hand ({_NOTHING_BY_ITSELF})."
    )


def of_endpoint(finding: Finding) -> str:
    """For an endpoint that is registered."""
    held, path = finding.held, finding.path
    fields = {difference.field for difference in finding.differences}
    if finding.state is State.INACTIVE:
        cause = (
            "Repair the application, or declare another one"
            if finding.reason == "INVALID_PINPOINT_ARN"
            else "Put the device's new token where it is declared to be, and name its version in the declaration"
        )
        return f"{cause}; then run `{_deploy(held)}`: only a new registration makes it active."
    if fields & {"device_token", "voip_device_token"}:
        return (
            f"Name the token's version (of the secret or parameter) for {path} in the declaration and run"
            f" `{_deploy(held)}`: the endpoint is replaced ({_NOTHING_BY_ITSELF})."
        )
    if fields & {"user", "type", "application"}:
        return (
            f"Declare in {path} what is wanted, with another name, and run `{_deploy(held)}`: the endpoint is replaced."
        )
    if fields:
        return (
            f"Change the name or allow_messages of {path} in the declaration and run `{_deploy(held)}`, which sets"
            f" both ({_NOTHING_BY_ITSELF})."
        )
    return ""


def _deploy(held: Held) -> str:
    return f"cdk deploy {held.stack.name}"
