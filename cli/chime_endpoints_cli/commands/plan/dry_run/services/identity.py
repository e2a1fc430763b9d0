"""Amazon Chime SDK Identity as it would be: reads are the account's, changes stay in memory.

What the service does is not documented everywhere. This does what the function's guarantees and the emulator take for
most likely: a device token is registered once for each user, and a user has a quota of endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from botocore.exceptions import ClientError

from chime_endpoints_handler.model.physical_id import Endpoint

from .observations import Observations

_STATUS = {
    "AccessDeniedException": 403,
    "BadRequestException": 400,
    "ConflictException": 409,
    "NotFoundException": 404,
    "ResourceLimitExceededException": 400,
}


class Checks(Protocol):
    """What decides whether a registration is accepted, apart from the registered endpoints."""

    def obstacle(self, application: str, endpoint_type: str) -> str:
        """Return why an application cannot deliver to a type of endpoint, as a sentence; empty if it can."""

    def quota(self, user_arn: str, *, needed: int) -> int:
        """Return how many endpoints a user may have."""


@dataclass
class SimulatedIdentity:
    """The client of the service that a dry run uses, in all regions."""

    observations: Observations
    checks: Checks
    now: float
    may_call: Callable[[str, str], bool] = lambda _action, _arn: True
    """Whether the role of the function that runs now allows an action."""
    users: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict, repr=False)
    """The endpoints of each user that was asked about, by id; as List shows them until they are described."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    registered: int = 0
    in_the_way: str = ""
    """The physical id of the endpoint that has the device token of the last registration."""
    cause: str = ""
    """Why the last registration was refused, as far as the service's answer does not say it."""

    def of_user(self, user_arn: str) -> dict[str, dict[str, Any]]:
        """Return the endpoints of a user; raise what the service says if it does not exist."""
        if user_arn not in self.users:
            listed = self.observations.endpoints(user_arn)
            self.users[user_arn] = {each["EndpointId"]: dict(each) for each in listed}
        return self.users[user_arn]

    def look(self, user_arn: str, endpoint_id: str) -> Mapping[str, Any] | None:
        """Return a copy of an endpoint as it is now; None if there is none, or its user does not exist."""
        try:
            return dict(self._existing("", user_arn, endpoint_id))
        except ClientError:
            return None

    def look_at_tags(self, identity_arn: str) -> Mapping[str, str] | None:
        """Return the tags of an identity as they are now; None if it does not exist."""
        try:
            return dict(self.tags_of(identity_arn))
        except ClientError:
            return None

    def list_app_instance_user_endpoints(self, *, AppInstanceUserArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The operation of this name, on one page."""
        self._allow("ListAppInstanceUserEndpoints", AppInstanceUserArn)
        return {"AppInstanceUserEndpoints": [dict(each) for each in self.of_user(AppInstanceUserArn).values()]}

    def describe_app_instance_user_endpoint(self, *, AppInstanceUserArn: str, EndpointId: str) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        operation = "DescribeAppInstanceUserEndpoint"
        self._allow(operation, AppInstanceUserArn)
        return {"AppInstanceUserEndpoint": dict(self._existing(operation, AppInstanceUserArn, EndpointId))}

    def register_app_instance_user_endpoint(
        self,
        *,
        AppInstanceUserArn: str,  # noqa: N803
        ResourceArn: str,  # noqa: N803
        Type: str,  # noqa: N803
        EndpointAttributes: Mapping[str, str],  # noqa: N803
        AllowMessages: str,  # noqa: N803
        ClientRequestToken: str,  # noqa: ARG002, N803
        Name: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """The operation of this name."""
        operation = "RegisterAppInstanceUserEndpoint"
        self._allow(operation, AppInstanceUserArn)
        if not self.may_call("mobiletargeting:GetApp", ResourceArn):
            _refuse(operation, "AccessDeniedException", "not authorized to perform: mobiletargeting:GetApp")
        self.in_the_way = ""
        self.cause = "The user does not exist, or belongs to another account."  # if the service does not list it
        own = self.of_user(AppInstanceUserArn)
        self.cause = self.checks.obstacle(ResourceArn, Type)
        if self.cause:
            _refuse(operation, "BadRequestException")
        self.in_the_way = self._with_token_of(AppInstanceUserArn, EndpointAttributes.values())
        if self.in_the_way:
            _refuse(operation, "ConflictException")
        quota = self.checks.quota(AppInstanceUserArn, needed=len(own) + 1)
        if len(own) >= quota:
            self.cause = f"The user has {len(own)} endpoints, and may have {quota}."
            _refuse(operation, "ResourceLimitExceededException")
        self.registered += 1
        endpoint_id = f"new-{self.registered}"
        endpoint = {
            "AppInstanceUserArn": AppInstanceUserArn,
            "EndpointId": endpoint_id,
            "Type": Type,
            "ResourceArn": ResourceArn,
            "EndpointAttributes": dict(EndpointAttributes),
            "AllowMessages": AllowMessages,
            "CreatedTimestamp": self.now,
            "EndpointState": {"Status": "ACTIVE"},
        }
        own[endpoint_id] = endpoint if Name is None else endpoint | {"Name": Name}
        return {"AppInstanceUserArn": AppInstanceUserArn, "EndpointId": endpoint_id}

    def update_app_instance_user_endpoint(
        self,
        *,
        AppInstanceUserArn: str,  # noqa: N803
        EndpointId: str,  # noqa: N803
        Name: str,  # noqa: N803
        AllowMessages: str,  # noqa: N803
    ) -> dict[str, Any]:
        """The operation of this name."""
        operation = "UpdateAppInstanceUserEndpoint"
        self._allow(operation, AppInstanceUserArn)
        self._existing(operation, AppInstanceUserArn, EndpointId).update(Name=Name, AllowMessages=AllowMessages)
        return {"AppInstanceUserArn": AppInstanceUserArn, "EndpointId": EndpointId}

    def deregister_app_instance_user_endpoint(self, *, AppInstanceUserArn: str, EndpointId: str) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        operation = "DeregisterAppInstanceUserEndpoint"
        self._allow(operation, AppInstanceUserArn)
        if EndpointId not in self.of_user(AppInstanceUserArn):
            _refuse(operation, "NotFoundException")
        del self.users[AppInstanceUserArn][EndpointId]
        return {}

    def list_tags_for_resource(self, *, ResourceARN: str) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        self._allow("ListTagsForResource", ResourceARN)
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags_of(ResourceARN).items()]}

    def tag_resource(self, *, ResourceARN: str, Tags: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        self._allow("TagResource", ResourceARN)
        there = self.tags_of(ResourceARN)
        together = there | {tag["Key"]: tag["Value"] for tag in Tags}
        if len(together) > 50:
            _refuse("TagResource", "ResourceLimitExceededException")
        there.update(together)
        return {}

    def untag_resource(self, *, ResourceARN: str, TagKeys: list[str]) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        self._allow("UntagResource", ResourceARN)
        there = self.tags_of(ResourceARN)
        for key in TagKeys:
            there.pop(key, None)
        return {}

    def tags_of(self, identity_arn: str) -> dict[str, str]:
        """Return the tags of an identity as they are now; raise what the service says if it does not exist."""
        if identity_arn not in self.tags:
            found = self.observations.tags(identity_arn)
            self.tags[identity_arn] = {tag["Key"]: tag["Value"] for tag in found}
        return self.tags[identity_arn]

    def _with_token_of(self, user_arn: str, tokens: Collection[str]) -> str:
        for endpoint_id in list(self.of_user(user_arn)):
            other = self.look(user_arn, endpoint_id)
            if other is not None and set(tokens) & set(other["EndpointAttributes"].values()):
                return str(Endpoint(user_arn, endpoint_id))
        return ""

    def _existing(self, operation: str, user_arn: str, endpoint_id: str) -> dict[str, Any]:
        own = self.of_user(user_arn)
        if endpoint_id not in own:
            _refuse(operation, "NotFoundException")
        if "EndpointAttributes" not in own[endpoint_id]:
            own[endpoint_id] = dict(self.observations.endpoint(user_arn, endpoint_id))
        return own[endpoint_id]

    def _allow(self, operation: str, arn: str) -> None:
        if not self.may_call(f"chime:{operation}", arn):
            _refuse(operation, "AccessDeniedException", f"not authorized to perform: chime:{operation}")


def _refuse(operation: str, code: str, message: str = "") -> NoReturn:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": _STATUS[code], "HTTPHeaders": {}},
    }
    raise ClientError(answer, operation)
