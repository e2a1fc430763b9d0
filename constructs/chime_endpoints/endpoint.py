"""One push endpoint of an AppInstanceUser, as a construct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import jsii
from aws_cdk import Annotations, CfnResource, ITaggableV2, RemovalPolicy, Resource, TagManager, Token
from aws_cdk import aws_events as events
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import Construct, IConstruct

from chime_endpoints_handler.declaration import (
    ENDPOINT_TYPE,
    AllowMessages,
    EndpointDeclaration,
    EndpointType,
)

from .checks import (
    UNKNOWN,
    UNKNOWN_TOKEN,
    Tokens,
    declaration_problems,
    reference_problems,
    region_of,
    region_warning,
    source_of,
)
from .choice import provider_problems
from .delivery_failure import DeliveryFailureRule
from .device_token import DeviceToken
from .errors import InvalidDeclarationError
from .identity import User, application_arn, user_of
from .identity_tags import put_on_user
from .kinds import check
from .permissions import Permissions
from .provider import EndpointProvider, IEndpointProvider
from .retaining import apply_policies, policy_problems
from .tag_union import Carrier
from .tree import child_path, region_of_stack, stack_of
from .unresolved import as_text, is_token


class IAppInstanceUserEndpoint(IConstruct, Protocol):
    """An endpoint of this app, or one that was registered elsewhere."""

    @property
    def endpoint_id(self) -> str:
        """The id that the service gave the endpoint."""

    @property
    def app_instance_user_arn(self) -> str:
        """The ARN of the user."""

    @property
    def endpoint_ref(self) -> str:
        """`{app_instance_user_arn}/endpoint/{endpoint_id}`."""

    def on_delivery_failure(
        self,
        id: str,  # noqa: A002 - CDK's own name
        *,
        target: events.IRuleTarget | None = None,
        description: str | None = None,
        event_pattern: events.EventPattern | None = None,
        rule_name: str | None = None,
    ) -> DeliveryFailureRule:
        """See `AppInstanceUserEndpoint.on_delivery_failure`."""


class _Endpoint(Resource):
    """What declared and imported endpoints have in common."""

    _user: User

    def on_delivery_failure(
        self,
        id: str,  # noqa: A002 - CDK's own name
        *,
        target: events.IRuleTarget | None = None,
        description: str | None = None,
        event_pattern: events.EventPattern | None = None,
        rule_name: str | None = None,
    ) -> DeliveryFailureRule:
        """Does something when a push could not be delivered.

        The service sends these events to EventBridge's default bus in its own region, as best it can. What it says
        in them is not documented, so the rule matches the failures of **all** endpoints of the account and region:
        one rule is enough for them. Narrow it with `event_pattern` once you have seen what your events hold.

        Source: Amazon Chime SDK Developer Guide, "Debugging push notification failures"; EventBridge Events
        Reference, "Amazon Chime events".

        Args:
            id: the rule's id, in the endpoint.
            target: what is to happen, of `aws_cdk.aws_events_targets`. Default: nothing, but the rule has a metric,
                and takes targets later.
            description: the rule's description. Default: none.
            event_pattern: what events have to match as well. Default: nothing more.
            rule_name: the rule's name. Default: made by CloudFormation.

        Returns:
            The rule, with the metric `metric_failures`.

        Raises:
            InvalidDeclarationError: an option is of the wrong kind, or the stack is in another region than the user,
                where no such event comes by.
        """
        problems = check(_Endpoint.on_delivery_failure, locals()).problems
        stack = stack_of(self)
        sent_in, here = region_of(self._user, stack), region_of_stack(stack)
        if sent_in is not None and here is not None and sent_in != here:
            problems.append(f"the events are sent in {sent_in}, and the stack is in {here}; make the rule there.")
        if problems:
            raise InvalidDeclarationError(child_path(self, id), problems)
        return DeliveryFailureRule(
            self, id, target=target, description=description, event_pattern=event_pattern, rule_name=rule_name
        )


@jsii.implements(ITaggableV2)
class AppInstanceUserEndpoint(_Endpoint):
    """A push endpoint of an AppInstanceUser: where Amazon Chime SDK messaging sends a device's notifications.

    Endpoints have no tags in this service. The tags of this construct, by `tags=` or `Tags.of`, are put on its
    AppInstanceUser: by the user's own resource where that is a `CfnAppInstanceUser` of this app, else by one resource
    for each user and stack. The function's role is allowed what the endpoint needs, before it is made and until it
    is gone.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        app_instance_user: str | IAppInstanceUserRef,
        endpoint_type: EndpointType,
        application: str | IAppRef,
        device_token: DeviceToken,
        voip_device_token: DeviceToken | None = None,
        endpoint_name: str | None = None,
        allow_messages: AllowMessages | None = None,
        adopt_existing: bool | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: RemovalPolicy | None = None,
        update_replace_policy: RemovalPolicy | None = None,
        provider: IEndpointProvider | None = None,
    ) -> None:
        """Declares an endpoint.

        What is known at synth is checked at synth; CDK tokens are checked by the function at deployment.

        Args:
            scope: the stack or construct that holds it.
            id: its id in there.
            app_instance_user: whose endpoint it is: the user's ARN, at most 1,600 characters, or a
                `CfnAppInstanceUser`. A user has at most 10 endpoints (an adjustable quota). A change replaces the
                endpoint.
            endpoint_type: the push service that the device token belongs to. A change replaces the endpoint.
            application: the application of AWS End User Messaging (Pinpoint) that sends, in the user's account and
                region: its ARN, or a Pinpoint `CfnApp`. A change replaces the endpoint.
            device_token: where the device's token is. Another token replaces the endpoint, also when the token at
                the same place has changed by the time the endpoint is updated.
            voip_device_token: likewise for VoIP pushes; only with the APNS types. Default: none. A change replaces
                the endpoint.
            endpoint_name: at most 1,600 characters, without control characters. Default: made of the stack's name
                and the logical id. Changed in place.
            allow_messages: whether messages are pushed. Default: `AllowMessages.ALL`. Changed in place.
            adopt_existing: take over an endpoint that is already registered with this device token, instead of
                failing: True or False, or a CDK token that becomes one of them. Text is refused: "false" from the
                command line is not False. Default: False. A change does nothing by itself.
            tags: tags for the user, as `Tags.of(endpoint).add` gives them: at most 50 keys of 1 to 128 characters,
                none beginning with `aws:`, with values of 1 to 256 characters. Default: none. Changed in place.
            removal_policy: `RemovalPolicy.RETAIN` leaves the endpoint registered when it is no longer declared or its
                stack is deleted. As with every resource of CDK, it also keeps each endpoint that is replaced, for
                example by a new device token: that one still counts against the user's quota, and no stack deregisters
                it later. Set `update_replace_policy` to deregister those. Default: `RemovalPolicy.DESTROY`, the
                endpoint is deregistered.
            update_replace_policy: what happens to the old endpoint when a change replaces it:
                `RemovalPolicy.DESTROY` deregisters it, `RemovalPolicy.RETAIN` leaves it registered. Default: the same
                as `removal_policy`.
            provider: the function that registers it. Default: the one that its stack's endpoints share.

        Raises:
            InvalidDeclarationError: the declaration is not valid; all problems are named.
        """
        kinds = check(AppInstanceUserEndpoint.__init__, locals())
        user = user_of(kinds.right("app_instance_user", app_instance_user, UNKNOWN), scope=scope)
        resource_arn = application_arn(kinds.right("application", application, UNKNOWN))
        right_voip_token = kinds.right("voip_device_token", voip_device_token, None)
        right_tags = kinds.right("tags", tags, None)
        declaration = EndpointDeclaration(
            app_instance_user_arn=user.arn,
            type=as_text(kinds.right("endpoint_type", endpoint_type, UNKNOWN)),
            resource_arn=resource_arn,
            device_token=UNKNOWN_TOKEN if "device_token" in kinds.wrong else source_of(device_token, stack_of(scope)),
            voip_device_token=None if right_voip_token is None else source_of(right_voip_token, stack_of(scope)),
            name=as_text(kinds.right("endpoint_name", endpoint_name, None)),
            allow_messages=as_text(kinds.right("allow_messages", allow_messages, None) or AllowMessages.ALL),
            adopt_existing=adopt_existing is True,
        )
        problems = [
            *kinds.problems,
            *declaration_problems(declaration, right_tags or {}),
            *policy_problems(
                removal_policy=kinds.right("removal_policy", removal_policy, None),
                update_replace_policy=kinds.right("update_replace_policy", update_replace_policy, None),
            ),
            *(() if "provider" in kinds.wrong else provider_problems(provider, scope=scope)),
        ]
        registered = Tokens(scope, user, declaration.device_token)
        problems += registered.problems()
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        registered.declare(self)
        self._user = user
        stack = stack_of(scope)
        permissions = Permissions.of(stack, provider or EndpointProvider.of(scope))
        # A token has no truth of its own: what it becomes is decided when the template is deployed.
        adopts_later = {"AdoptExisting": adopt_existing} if is_token(adopt_existing) else {}
        self._resource = CfnResource(
            self,
            "Resource",
            type=ENDPOINT_TYPE,
            properties={**permissions.service_properties, **declaration.to_properties(), **adopts_later},
        )
        apply_policies(self._resource, removed=removal_policy, replaced=update_replace_policy)
        tokens = [device_token] if voip_device_token is None else [device_token, voip_device_token]
        policies = permissions.for_endpoint(user=user, application=resource_arn, tokens=tokens)
        if policies:
            self._resource.node.add_dependency(*policies)
        self._carrier = Carrier(self, tags or {}, resource_type=ENDPOINT_TYPE, stack=stack)
        put_on_user(self._carrier, user, permissions)
        if warning := region_warning(user, stack):
            Annotations.of(self).add_warning_v2("chime-endpoints:region", warning)

    @staticmethod
    def from_endpoint_attributes(
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        app_instance_user_arn: str,
        endpoint_id: str,
    ) -> IAppInstanceUserEndpoint:
        """An endpoint that was registered elsewhere; nothing is registered or changed.

        Args:
            scope: where the reference is to live.
            id: its id in there.
            app_instance_user_arn: the ARN of its user.
            endpoint_id: its id, 1 to 64 characters.

        Raises:
            InvalidDeclarationError: the ARN or the id cannot be one.
        """
        return ImportedEndpoint(scope, id, app_instance_user_arn=app_instance_user_arn, endpoint_id=endpoint_id)

    @property
    def cdk_tag_manager(self) -> TagManager:
        """What `Tags.of` adds tags to."""
        return self._carrier.manager()

    @property
    def endpoint_id(self) -> str:
        """The id that the service gave the endpoint."""
        return Token.as_string(self._resource.get_att("EndpointId"))

    @property
    def app_instance_user_arn(self) -> str:
        """The ARN of the user, once the endpoint is registered."""
        return Token.as_string(self._resource.get_att("AppInstanceUserArn"))

    @property
    def endpoint_ref(self) -> str:
        """`Ref` of the resource: `{app_instance_user_arn}/endpoint/{endpoint_id}`."""
        return str(self._resource.ref)


class ImportedEndpoint(_Endpoint):
    """An endpoint that was registered elsewhere."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        app_instance_user_arn: str,
        endpoint_id: str,
    ) -> None:
        """See `AppInstanceUserEndpoint.from_endpoint_attributes`."""
        kinds = check(ImportedEndpoint.__init__, locals())
        app_instance_user_arn, endpoint_id = (as_text(each) for each in (app_instance_user_arn, endpoint_id))
        problems = kinds.problems or list(reference_problems(app_instance_user_arn, endpoint_id))
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        self._user = user_of(app_instance_user_arn, scope=scope)
        self._app_instance_user_arn = app_instance_user_arn
        self._endpoint_id = endpoint_id

    @property
    def endpoint_id(self) -> str:
        """The id that the service gave the endpoint."""
        return self._endpoint_id

    @property
    def app_instance_user_arn(self) -> str:
        """The ARN of the user."""
        return self._app_instance_user_arn

    @property
    def endpoint_ref(self) -> str:
        """The endpoint as `Ref` gives it: `{app_instance_user_arn}/endpoint/{endpoint_id}`."""
        return f"{self._app_instance_user_arn}/endpoint/{self._endpoint_id}"
