"""The CDK stacks of the declared endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import App, RemovalPolicy, Stack
from constructs import Construct

from chime_endpoints.device_token import Access, DeviceToken
from chime_endpoints.endpoint import AppInstanceUserEndpoint
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType, TokenSource

from .entries.entry import Declarations, Entry
from .stack_assignment.access import StackEnvironment, accesses
from .stack_assignment.assignment import assign_to_stacks
from .stack_assignment.resources import HOME, stack_name

_POLICIES = {None: None, "destroy": RemovalPolicy.DESTROY, "retain": RemovalPolicy.RETAIN}


class EndpointsStack(Stack):
    """A stack of declared endpoints. The construct id of an endpoint is its entry's id, which defaults to the key."""

    def __init__(self, scope: Construct, id: str, *, entries: Sequence[Entry], paths: Sequence[str] = ()) -> None:  # noqa: A002 - CDK's own name
        """Declare the entries' endpoints. The parameter paths are allowed as a whole."""
        super().__init__(scope, id, description="Push endpoints of Amazon Chime SDK messaging")
        self._paths = paths
        home = Construct(self, HOME)
        made = {entry.identity: self._declared(home, entry) for entry in entries}
        if "Default" in made and "Resource" in made:
            home.node.default_child = made["Default"]  # CDK asks for it, and cannot choose between the two

    def _declared(self, home: Construct, entry: Entry) -> AppInstanceUserEndpoint:
        declaration = entry.declaration
        voip = declaration.voip_device_token
        return AppInstanceUserEndpoint(
            home,
            entry.identity,
            app_instance_user=declaration.app_instance_user_arn,
            endpoint_type=EndpointType(declaration.type),
            application=declaration.resource_arn,
            device_token=self._token(declaration.device_token, entry),
            voip_device_token=None if voip is None else self._token(voip, entry),
            endpoint_name=declaration.name,
            allow_messages=AllowMessages(declaration.allow_messages),
            adopt_existing=declaration.adopt_existing,
            require_active=declaration.require_active,
            assumed_role_arn=declaration.assumed_role_arn,
            external_id=declaration.external_id,
            tags=entry.tags,
            removal_policy=None if entry.removal_policy == "destroy" else _POLICIES[entry.removal_policy],
            update_replace_policy=_POLICIES[entry.update_replace_policy],
        )

    def _token(self, source: TokenSource, entry: Entry) -> DeviceToken:
        environment = StackEnvironment(self.partition, self.region, self.account)
        needs = accesses(source, keys=entry.kms_keys, paths=self._paths, own_environment=environment)
        return DeviceToken(source=source, needs=tuple(Access(action=each, resource=on) for each, on in needs))


def declare(app: App, name: str, declarations: Declarations) -> Iterator[EndpointsStack]:
    """Declare a file's endpoints in one stack, or in the number of stacks that the file sets.

    The stacks are deployed one after the other. An endpoint that moves to an added stack therefore leaves its old stack
    first, because the service rejects a device token that is still registered.
    """
    before: EndpointsStack | None = None
    for number, entries in enumerate(assign_to_stacks(declarations.entries, declarations.stacks)):
        if not entries:
            continue  # CloudFormation refuses a stack without resources
        stack = EndpointsStack(app, stack_name(number, name), entries=entries, paths=declarations.parameter_paths)
        if before is not None:
            stack.add_stack_dependency(before)
        before = stack
        yield stack
