"""The five endpoint operations."""

# ruff: noqa: S105 - tokens in this file are not passwords
from __future__ import annotations

from typing import Any
from uuid import uuid4

from .arns import Arn, app_instance_of
from .directory import Directory
from .exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    IdentityError,
    NotFoundException,
    ResourceLimitExceededException,
)
from .push.models import push_backend
from .push.records import ChannelType
from .records import Endpoint, Registered, Status, StatusReason
from .service import exclusive

REGISTER = "RegisterAppInstanceUserEndpoint"


_REASONS: dict[str, StatusReason | None] = {
    "active": None,
    "invalid_device_token": "INVALID_DEVICE_TOKEN",
    "invalid_pinpoint_arn": "INVALID_PINPOINT_ARN",
}


class Endpoints(Directory):
    """The operations that register, update, describe, list and deregister endpoints."""

    @exclusive
    def register_app_instance_user_endpoint(
        self,
        *,
        app_instance_user_arn: str,
        endpoint_type: str,
        resource_arn: str,
        device_token: str,
        voip_device_token: str | None = None,
        name: str | None = None,
        allow_messages: str | None = None,
        client_request_token: str | None = None,
    ) -> Registered:
        """Register an endpoint. A repeated request token returns the first result."""
        self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        parameters = {
            "app_instance_user_arn": app_instance_user_arn,
            "endpoint_type": endpoint_type,
            "resource_arn": resource_arn,
            "device_token": device_token,
            "voip_device_token": voip_device_token,
            "name": name,
            "allow_messages": allow_messages,
        }
        key = self._token_key(client_request_token or uuid4().hex, app_instance_user_arn)
        if (earlier := self._recall(key, parameters)) is not None:
            return earlier
        now = self.now()
        endpoint = Endpoint(
            app_instance_user_arn=app_instance_user_arn,
            endpoint_id=str(uuid4()),
            type=endpoint_type,
            resource_arn=resource_arn,
            device_token=device_token,
            voip_device_token=voip_device_token,
            name=name,
            allow_messages=allow_messages or "ALL",
            created=now,
            updated=now,
            listed=self.switches.new_endpoint_in_first_list,
        )
        if (reason := _REASONS[self.switches.new_endpoint_state]) is not None:
            endpoint.status, endpoint.status_reason = "INACTIVE", reason
        try:
            self._check(endpoint)
        except IdentityError as error:
            if self.switches.failed_token == "remembered":
                self.request_tokens.remember(*key, parameters=parameters, result=error)
            raise
        self.endpoints[endpoint.endpoint_id] = endpoint
        result = Registered(app_instance_user_arn, endpoint.endpoint_id)
        self.request_tokens.remember(*key, parameters=parameters, result=result)
        return result

    @exclusive
    def update_app_instance_user_endpoint(
        self,
        *,
        app_instance_user_arn: str,
        endpoint_id: str,
        name: str | None = None,
        allow_messages: str | None = None,
    ) -> Registered:
        """Change an endpoint's name and AllowMessages. The switch `omitted_on_update` decides the meaning of None."""
        endpoint = self._endpoint(app_instance_user_arn, endpoint_id)
        if endpoint is not None:
            if name is not None or self.switches.omitted_on_update == "reset":
                endpoint.name = name
            if allow_messages is not None or self.switches.omitted_on_update == "reset":
                endpoint.allow_messages = allow_messages or "ALL"
            endpoint.updated = self.now()
        return Registered(app_instance_user_arn, endpoint_id)

    @exclusive
    def describe_app_instance_user_endpoint(self, *, app_instance_user_arn: str, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint with its device tokens, or None if it is missing and `missing_endpoint` is `success`."""
        return self._endpoint(app_instance_user_arn, endpoint_id)

    @exclusive
    def list_app_instance_user_endpoints(
        self, *, app_instance_user_arn: str, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[Endpoint], str | None]:
        """Return a page of a user's endpoints, in the order of their registration.

        Those that were deregistered within the seconds of `deregistered_listed_seconds` come last.
        """
        self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        lag = self.switches.deregistered_listed_seconds
        self.deregistered = {key: gone for key, gone in self.deregistered.items() if self.now() < gone.updated + lag}
        gone = [e for e in self.deregistered.values() if e.app_instance_user_arn == app_instance_user_arn]
        own = {e.endpoint_id: e for e in [*self.endpoints.of_user(app_instance_user_arn), *gone]}
        page, token = self._page(
            [endpoint.endpoint_id for endpoint in own.values() if endpoint.listed],
            max_results=max_results,
            next_token=next_token,
        )
        for endpoint in own.values():
            endpoint.listed = True
        return [own[key] for key in page if key in own], token

    @exclusive
    def deregister_app_instance_user_endpoint(self, *, app_instance_user_arn: str, endpoint_id: str) -> None:
        """Remove an endpoint."""
        if self._endpoint(app_instance_user_arn, endpoint_id) is not None:
            gone = self.endpoints.pop(endpoint_id)
            gone.updated = self.now()
            if self.switches.deregistered_listed_seconds:
                self.deregistered[endpoint_id] = gone

    @exclusive
    def set_endpoint_state(
        self,
        *,
        app_instance_user_arn: str,
        endpoint_id: str,
        status: Status,
        status_reason: StatusReason | None = None,
    ) -> None:
        """Set an endpoint to ACTIVE or INACTIVE, as the service does when it delivers a message."""
        endpoint = self.endpoints[endpoint_id]
        if endpoint.app_instance_user_arn != app_instance_user_arn:
            raise KeyError(endpoint_id)
        endpoint.status = status
        endpoint.status_reason = status_reason

    def _token_key(self, token: str, app_instance_user_arn: str) -> tuple[str, ...]:
        if self.switches.token_scope == "user":
            return (REGISTER, app_instance_user_arn, token)
        return (REGISTER, token)

    def _recall(self, key: tuple[str, ...], parameters: dict[str, Any]) -> Registered | None:
        """Return or raise the earlier result for a request token, if the switches let the service remember it."""
        earlier = self.request_tokens.recall(*key)
        memory = self.switches.token_memory
        if earlier is None or memory == "none":
            return None
        if isinstance(earlier.result, Registered):
            if memory == "while_alive" and earlier.result.endpoint_id not in self.endpoints:
                return None
        elif self.switches.failed_token == "forgotten":
            return None
        if earlier.parameters != parameters:
            if self.switches.same_token_other_parameters == "conflict":
                raise ConflictException("The ClientRequestToken was used with other parameters")
            if self.switches.same_token_other_parameters == "bad_request":
                raise BadRequestException("The ClientRequestToken was used with other parameters")
        if isinstance(earlier.result, IdentityError):
            raise earlier.result
        return Registered(*earlier.result)

    def _check(self, new: Endpoint) -> None:
        application = Arn.parse(new.resource_arn)
        home = Arn.parse(new.app_instance_user_arn)
        if not application.is_push_application:
            raise BadRequestException(f"{new.resource_arn} is not the ARN of a push application")
        if not application.is_of(partition=home.partition, region=home.region, account=home.account):
            raise BadRequestException(f"{new.resource_arn} is not in the account and region of the app instance")
        if new.type == "GCM" and new.voip_device_token is not None:
            raise BadRequestException(f"VoipDeviceToken {new.voip_device_token} is not allowed for GCM")
        if self.switches.unusable_application == "bad_request" and not self._is_usable(new):
            raise BadRequestException(f"{new.resource_arn} has no enabled channel of type {new.type}")
        if any(self._in_the_way(new, other) for other in self.endpoints.with_token(new.device_tokens)):
            raise ConflictException("An endpoint with this device token is already registered")
        quota = self.switches.endpoints_per_user
        if len(self.endpoints.of_user(new.app_instance_user_arn)) >= quota:
            raise ResourceLimitExceededException(f"The limit of {quota} endpoints per app instance user is reached")

    def _is_usable(self, new: Endpoint) -> bool:
        """Whether the application exists, and its channel for the endpoint's type is enabled."""
        push = push_backend(account_id=self.account_id, region_name=self.region_name)
        channel = push.channels.get((new.resource_arn.rpartition("/")[2], ChannelType(new.type)))
        return channel is not None and channel.enabled

    def _in_the_way(self, new: Endpoint, other: Endpoint) -> bool:
        """Whether `other` has a device token of the new endpoint, within the scope of `device_token_conflict`."""
        if not new.device_tokens & other.device_tokens:
            return False
        if other.status == "INACTIVE" and not self.switches.inactive_endpoints_conflict:
            return False
        match self.switches.device_token_conflict:
            case "user":
                return new.app_instance_user_arn == other.app_instance_user_arn
            case "app_instance":
                return app_instance_of(new.app_instance_user_arn) == app_instance_of(other.app_instance_user_arn)
            case "application":
                return new.resource_arn == other.resource_arn
            case "none":
                return False

    def _endpoint(self, app_instance_user_arn: str, endpoint_id: str) -> Endpoint | None:
        self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is not None and endpoint.app_instance_user_arn == app_instance_user_arn:
            return endpoint
        match self.switches.missing_endpoint:
            case "forbidden":
                raise ForbiddenException
            case "not_found":
                raise NotFoundException
            case "bad_request":
                raise BadRequestException(f"The endpoint {endpoint_id} does not exist")
            case "success":
                return None
