"""A deployed fleet: its resource in a stack, its function and its bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.desired import DesiredResource
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.account.stacks.templates.intrinsic_functions import is_known
from chime_endpoints_cli.output.errors import CommandError


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """A fleet, and where its state is."""

    held: StackResource
    path: str
    """The path of its construct in the CDK app or, without one, its logical id."""
    function: str
    """The ARN of the function that starts its runs."""
    bucket: str
    declared: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The properties that the stack declares, without those that only CloudFormation knows."""
    named_version: str
    """The version of the manifest that the stack declares; empty if it declares none."""

    @property
    def id(self) -> str:
        """The fleet's id, which is also the prefix of its objects."""
        return self.held.own_name

    @property
    def region(self) -> str:
        """The region of the fleet's stack."""
        return self.held.stack.region


def read_fleet(services: Services, declared: DesiredResource) -> Fleet:
    """Return the fleet of a stack's resource.

    Raises:
        CommandError: its function cannot be found, for example because the stack is still being created.
    """
    held, properties = declared.held, declared.properties or {}
    token = properties.get("ServiceToken")
    if not is_known(token) or not isinstance(token, str):
        raise CommandError(
            f"the function of fleet {held.own_name} is not known yet; the resource is in {held.status}",
            remedy="Wait until the stack has created it, and run the command again.",
        )
    try:
        found = services.functions(held.stack.region).get_function_configuration(FunctionName=token)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
        raise CommandError(
            f"the function of fleet {held.own_name} no longer exists: {token}", remedy="Deploy the stack again."
        ) from error
    bucket = (found.get("Environment") or {}).get("Variables", {}).get("FLEET_BUCKET")
    if not bucket:
        raise CommandError(
            f"{token} is not the function of a fleet: its environment has no FLEET_BUCKET",
            remedy=f"Correct the ServiceToken of {held.logical_id} in stack {held.stack.name}, and deploy it.",
        )
    version = (properties.get("Manifest") or {}).get("VersionId")
    return Fleet(
        held=held,
        path=declared.path,
        declared={name: value for name, value in properties.items() if is_known(value)},
        function=token,
        bucket=bucket,
        named_version=version if isinstance(version, str) and is_known(version) else "",
    )
