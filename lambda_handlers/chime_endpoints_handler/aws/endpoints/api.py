"""Call the endpoint operations of Amazon Chime SDK Identity for one AppInstanceUser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from ...model.arns import region_of
from ...model.timestamps import seconds
from ..calls import Attempts, Call
from ..clients import Clients
from ..failures.errors import ServiceError
from ..failures.remedies import Kind

LIST = "ListAppInstanceUserEndpoints"
_MOST_PAGES = 100  # of 50 endpoints each; endless pagination must not keep the function busy

# The API model has no error for a missing user. The first was observed; other AWS services return the others.
_NO_USER = frozenset({"ForbiddenException", "NotFoundException", "ResourceNotFoundException", "BadRequestException"})


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An endpoint as List returns it: without tokens and application."""

    endpoint_id: str
    name: str | None = field(repr=False)
    type: str
    allow_messages: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The fields that identify an endpoint; changing one requires a new endpoint."""

    user_arn: str
    type: str
    resource_arn: str
    device_token: str = field(repr=False)
    voip_device_token: str | None = field(default=None, repr=False)

    @property
    def tokens(self) -> frozenset[str]:
        """The device tokens that may conflict with another endpoint."""
        return frozenset({self.device_token, self.voip_device_token} - {None})  # type: ignore[arg-type] # less None


@dataclass(frozen=True, kw_only=True)
class Registered:
    """An endpoint as Describe returns it."""

    endpoint_id: str
    identity: Identity
    name: str | None = field(repr=False)
    allow_messages: str
    created: float | None
    """Seconds since the epoch, if the service returned the time."""
    inactive: str = ""
    """The service's reason why the endpoint is inactive; empty if it is active."""


class Endpoints:
    """The endpoints of one user."""

    def __init__(
        self, user_arn: str, *, clients: Clients, call: Call, pause: Callable[[float], bool] = lambda _: False
    ) -> None:
        """Create the client of one user's endpoints.

        Args:
            user_arn: the AppInstanceUser.
            clients: the AWS clients of this process.
            call: makes the calls.
            pause: waits for some seconds and returns True, or returns False if there is no time for that.
        """
        self.user_arn = user_arn
        self.pause = pause
        self._region = region_of(user_arn)
        self._clients = clients
        self._call = call

    def _make(self, operation: str, members: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        return self._call(
            operation,
            lambda: getattr(self._clients.chime(self._region), xform_name(operation))(
                AppInstanceUserArn=self.user_arn, **members
            ),
            **options,
        )

    def _make_for(self, endpoint_id: str, operation: str, **members: Any) -> dict[str, Any]:
        return self._make(operation, {"EndpointId": endpoint_id, **members}, subject=f"of endpoint {endpoint_id}")

    def register(
        self,
        identity: Identity,
        *,
        name: str | None,
        allow_messages: str,
        client_request_token: str,
        attempts: Attempts | None = None,
        propagates: bool = False,
    ) -> str:
        """Register an endpoint and return its EndpointId."""
        tokens = {"DeviceToken": identity.device_token, "VoipDeviceToken": identity.voip_device_token}
        members = {
            "Type": identity.type,
            "ResourceArn": identity.resource_arn,
            "EndpointAttributes": {member: token for member, token in tokens.items() if token is not None},
            "AllowMessages": allow_messages,
            "ClientRequestToken": client_request_token,
        }
        answer = self._make(
            "RegisterAppInstanceUserEndpoint",
            members if name is None else {**members, "Name": name},
            attempts=attempts,
            is_complete=_has_usable_id,
            propagates=propagates,
            subject=f"with application {identity.resource_arn}",
        )
        return str(answer["EndpointId"])

    def update(self, endpoint_id: str, *, name: str, allow_messages: str) -> bool:
        """Set both changeable fields, because the service may clear an omitted one.

        Returns:
            Whether the response names the endpoint. A proxy's response does not; that for a missing endpoint may not.
        """
        members = {"Name": name, "AllowMessages": allow_messages}
        answer = self._make_for(endpoint_id, "UpdateAppInstanceUserEndpoint", **members)
        return answer.get("EndpointId") == endpoint_id

    def describe(self, endpoint_id: str) -> Registered | None:
        """Return the endpoint with its tokens; None if the response contains no endpoint."""
        answer = self._make_for(endpoint_id, "DescribeAppInstanceUserEndpoint")
        endpoint = answer.get("AppInstanceUserEndpoint") or {}
        attributes = endpoint.get("EndpointAttributes") or {}
        if endpoint.get("EndpointId") != endpoint_id or "DeviceToken" not in attributes:
            return None
        return Registered(
            endpoint_id=endpoint_id,
            identity=Identity(
                user_arn=self.user_arn,
                type=endpoint.get("Type", ""),
                resource_arn=endpoint.get("ResourceArn", ""),
                device_token=attributes["DeviceToken"],
                voip_device_token=attributes.get("VoipDeviceToken"),
            ),
            name=endpoint.get("Name"),
            allow_messages=endpoint.get("AllowMessages", ""),
            created=seconds(endpoint.get("CreatedTimestamp")),
            inactive=_inactive(endpoint.get("EndpointState") or {}),
        )

    def deregister(self, endpoint_id: str) -> None:
        """Deregister the endpoint."""
        if not endpoint_id:
            raise ValueError("an empty EndpointId would address the collection")
        self._make_for(endpoint_id, "DeregisterAppInstanceUserEndpoint")

    def list(self) -> list[Listed]:
        """Return all endpoints of the user."""
        return list(self._pages())

    def _pages(self) -> Iterator[Listed]:
        page: dict[str, Any] = {"MaxResults": 50}
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            answer = self._make(LIST, page, is_complete=lambda answer: "AppInstanceUserEndpoints" in answer)
            for endpoint in answer["AppInstanceUserEndpoints"]:
                if endpoint.get("EndpointId"):
                    yield Listed(
                        endpoint_id=endpoint["EndpointId"],
                        name=endpoint.get("Name"),
                        type=endpoint.get("Type", ""),
                        allow_messages=endpoint.get("AllowMessages", ""),
                    )
            token = answer.get("NextToken")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
            page["NextToken"] = token
        raise ServiceError(operation=LIST, kind=Kind.UNCLEAR, said="an endless list")


def was_refused(error: ServiceError) -> bool:
    """Whether the failure may mean that the endpoint does not exist; List gives the answer."""
    return error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.INVALID, Kind.DENIED, Kind.CONFLICT)


def may_mean_no_user(error: ServiceError) -> bool:
    """Whether the service itself, not IAM, refused the call as it does for a user that does not exist."""
    return error.said in _NO_USER and error.kind is not Kind.DENIED


def _inactive(state: dict[str, Any]) -> str:
    reason = str(state.get("StatusReason"))
    known = reason if reason in ("INVALID_DEVICE_TOKEN", "INVALID_PINPOINT_ARN") else "for an unknown reason"
    return known if state.get("Status") == "INACTIVE" else ""


def _has_usable_id(answer: dict[str, Any]) -> bool:
    endpoint_id = answer.get("EndpointId")
    return isinstance(endpoint_id, str) and 0 < len(endpoint_id) <= 64 and endpoint_id not in (".", "..")
