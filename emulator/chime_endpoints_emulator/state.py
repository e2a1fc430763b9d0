"""The state that all operations of the identity service share: records, ARN checks and pagination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from .arns import Arn, ResourceType
from .authorization import Permission
from .endpoint_table import EndpointTable
from .exceptions import (
    BadRequestException,
    ForbiddenException,
    IdentityError,
    NotFoundException,
    ThrottledClientException,
)
from .ratelimit import TokenBucket
from .records import AppInstance, AppInstanceUser, Endpoint
from .service import EmulatedService, exclusive
from .switches import Switches
from .tokens import RequestTokens

PAGE_SIZE = 50

_REFUSALS: Mapping[str, Callable[[], IdentityError]] = {
    "forbidden": ForbiddenException,
    "not_found": NotFoundException,
    "bad_request": lambda: BadRequestException("Invalid resource"),
}


class IdentityState(EmulatedService):
    """The state of the identity service in one account and region."""

    error = IdentityError
    iam_prefix = "chime"
    switches: Switches

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.switches = Switches.initial()
        self.app_instances: dict[str, AppInstance] = {}
        self.users: dict[str, AppInstanceUser] = {}
        self.bots: set[str] = set()
        self.endpoints = EndpointTable()
        self.deregistered: dict[str, Endpoint] = {}
        """Endpoints that List may still show; `updated` is the time at which each was deregistered."""
        self.tags: dict[str, dict[str, str]] = {}
        self.request_tokens = RequestTokens()
        self._bucket = TokenBucket()
        self._pages: dict[str, tuple[str, ...]] = {}

    @exclusive
    def admit(self) -> None:
        """Admit a call, or raise ThrottledClientException if the account's rate limit does not admit one now."""
        if not self._bucket.take(rate=self.switches.requests_per_second, now=self.now()):
            raise ThrottledClientException

    def token_of_first_page(self) -> str | None:
        """Return a NextToken that lists the endpoints from the start."""
        return self.page_token(self.endpoints)

    def permissions_for(self, operation: str, parameters: Mapping[str, Any]) -> Sequence[Permission]:
        """Return the permissions that a call needs. Register looks up the application with the caller's permissions."""
        needed = super().permissions_for(operation, parameters)
        if operation == "RegisterAppInstanceUserEndpoint":
            return [*needed, Permission("mobiletargeting:GetApp", str(parameters.get("ResourceArn") or "*"))]
        return needed

    def _resource_of(self, operation: str, parameters: Mapping[str, Any]) -> str:
        match operation:
            case "CreateAppInstance" | "CreateAppInstanceUser":
                return "*"  # IAM has no resource for these
            case "ListAppInstances":
                return f"arn:{self.partition}:chime:{self.region_name}:{self.account_id}:app-instance/*"
            case "ListAppInstanceUsers":
                return f"{parameters.get('AppInstanceArn')}/user/*"
        named = (parameters.get(name) for name in ("AppInstanceUserArn", "ResourceARN", "AppInstanceArn"))
        return next((str(arn) for arn in named if arn), "*")

    def _checked(self, arn: str, kind: ResourceType) -> Arn:
        """Parse an ARN, and reject one of another kind or from another account or region."""
        parsed = Arn.parse(arn)
        if parsed.kind is not kind:
            raise BadRequestException(f"{arn} is not the ARN of an {kind}")
        if not parsed.is_of(partition=self.partition, region=self.region_name, account=self.account_id):
            raise ForbiddenException
        return parsed

    def _missing_user(self) -> IdentityError:
        return _REFUSALS[self.switches.missing_user]()

    def _missing_tagged(self) -> IdentityError:
        return _REFUSALS[self.switches.missing_tagged]()

    def _page(
        self, keys: Iterable[str], *, max_results: int | None, next_token: str | None
    ) -> tuple[tuple[str, ...], str | None]:
        """Return one page of a list. Later pages follow the state at the first page, even if the records change."""
        if next_token is not None:
            try:
                left = self._pages[next_token]
            except KeyError:
                raise BadRequestException(f"Invalid NextToken {next_token}") from None
        else:
            left = tuple(keys)
        size = PAGE_SIZE if max_results is None else max_results
        return left[:size], self.page_token(left[size:]) if len(left) > size else None

    def page_token(self, keys: Iterable[str]) -> str:
        """Return a NextToken for a page of these keys. It can be used repeatedly."""
        token = uuid4().hex
        self._pages[token] = tuple(keys)
        return token
