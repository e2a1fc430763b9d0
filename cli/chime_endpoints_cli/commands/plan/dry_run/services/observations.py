"""What the services say, each question asked once.

An answer about the target (it exists, it does not) is kept as the function would get it. An answer about us (denied,
throttled for long, unreachable) is no answer: then the outcome is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.output.failures.service_errors import denied_action
from chime_endpoints_handler.aws.failures.errors import ServiceError, translate
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model.arns import region_of

from .unknown import NotKnownError

_ABOUT_THE_TARGET = frozenset({Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.INVALID, Kind.CONFLICT})
_OURS = frozenset({"DecryptionFailure", "InvalidKeyId"})
_MOST_PAGES = 100


class Observations:
    """Thread-safe, cached reading."""

    def __init__(self, services: Services) -> None:
        """Read through these services."""
        self._services = services
        self._answers: dict[Hashable, Callable[[], Any]] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def endpoints(self, user_arn: str) -> list[Mapping[str, Any]]:
        """Return a user's endpoints as List returns them."""
        found: list[Mapping[str, Any]] = self._once(("list", user_arn), lambda: self._list(user_arn))
        return found

    def endpoint(self, user_arn: str, endpoint_id: str) -> Mapping[str, Any]:
        """Return an endpoint as Describe returns it."""
        found: Mapping[str, Any] = self._once(
            ("describe", user_arn, endpoint_id), lambda: self._describe(user_arn, endpoint_id)
        )
        return found

    def tags(self, identity_arn: str) -> list[dict[str, str]]:
        """Return the tags of an identity."""
        client = self._services.chime(region_of(identity_arn))
        found: list[dict[str, str]] = self._once(
            ("tags", identity_arn),
            lambda: (
                self._chime("ListTagsForResource", lambda: client.list_tags_for_resource(ResourceARN=identity_arn)).get(
                    "Tags"
                )
                or []
            ),
        )
        return found

    def secret(self, region: str | None, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer of GetSecretValue."""
        key = ("secret", region, *sorted(parameters.items()))
        return self._other(key, lambda: self._services.secrets(region).get_secret_value(**parameters))

    def parameter(self, region: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of GetParameter."""
        key = ("parameter", region, *sorted(parameters.items()))
        return self._other(key, lambda: self._services.parameters(region).get_parameter(**parameters))

    def _list(self, user_arn: str) -> list[Mapping[str, Any]]:
        client = self._services.chime(region_of(user_arn))
        found: list[Mapping[str, Any]] = []
        page: dict[str, Any] = {"AppInstanceUserArn": user_arn, "MaxResults": 50}
        for _ in range(_MOST_PAGES):
            answer = self._chime(
                "ListAppInstanceUserEndpoints",
                lambda page=page: client.list_app_instance_user_endpoints(**page),  # type: ignore[misc] # bound now
            )
            found += answer["AppInstanceUserEndpoints"]
            if not answer.get("NextToken"):
                break
            page = page | {"NextToken": answer["NextToken"]}
        return found

    def _describe(self, user_arn: str, endpoint_id: str) -> Mapping[str, Any]:
        client = self._services.chime(region_of(user_arn))
        answer = self._chime(
            "DescribeAppInstanceUserEndpoint",
            lambda: client.describe_app_instance_user_endpoint(AppInstanceUserArn=user_arn, EndpointId=endpoint_id),
        )
        found: Mapping[str, Any] = answer.get("AppInstanceUserEndpoint") or {}
        if "EndpointAttributes" not in found:
            raise NotKnownError(f"The service does not describe endpoint {endpoint_id}, which it lists.")
        return found

    def _chime(self, operation: str, request: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        said: list[ClientError] = []

        def noted() -> dict[str, Any]:
            try:
                return request()
            except ClientError as error:
                said[:] = [error]
                raise

        try:
            return self._services.call()(operation, noted)
        except ServiceError as error:
            if said and error.kind in _ABOUT_THE_TARGET:
                raise said[0] from error
            raise NotKnownError(not_known(operation, said[0] if said else error)) from error

    def _other(self, key: Hashable, request: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        def asked() -> dict[str, Any]:
            try:
                return request()
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if translate(error.operation_name, error).kind in _ABOUT_THE_TARGET and code not in _OURS:
                    raise
                raise NotKnownError(not_known(error.operation_name, error)) from error

        answer: dict[str, Any] = self._once(key, asked)
        return answer

    def _once(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._answers:
                self._answers[key] = _answer(ask)
        return self._answers[key]()


def not_known(operation: str, error: Exception) -> str:
    """Return the sentence that says why a question was not answered."""
    if isinstance(error, ClientError) and (action := denied_action(error)):
        return f"Your credentials lack {action}."
    said = error.response["Error"]["Code"] if isinstance(error, ClientError) else getattr(error, "said", "")
    return f"{operation} failed: {said}."


def _answer(ask: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that gives the answer again and again, whatever it is."""
    try:
        found = ask()
    except (ClientError, NotKnownError) as error:
        failure = error

        def again() -> Any:
            raise failure.with_traceback(None)

        return again
    return lambda: found
