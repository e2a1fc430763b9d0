"""The registered endpoints by id, with an index by user and one by device token."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterable

from .records import Endpoint


class EndpointTable(UserDict[str, Endpoint]):
    """A mapping from the id to the endpoint. With the indexes, a call takes as long among a million as among ten."""

    def __init__(self) -> None:
        self._by_user: dict[str, dict[str, Endpoint]] = {}
        self._by_token: dict[str, dict[str, Endpoint]] = {}
        super().__init__()

    def of_user(self, app_instance_user_arn: str) -> list[Endpoint]:
        """Return a user's endpoints, in the order of their registration."""
        return [*self._by_user.get(app_instance_user_arn, {}).values()]

    def with_token(self, device_tokens: Iterable[str]) -> list[Endpoint]:
        """Return the endpoints that were registered with one of these device tokens."""
        return [endpoint for token in device_tokens for endpoint in self._by_token.get(token, {}).values()]

    def __setitem__(self, endpoint_id: str, endpoint: Endpoint) -> None:
        """Add an endpoint."""
        super().__setitem__(endpoint_id, endpoint)
        self._by_user.setdefault(endpoint.app_instance_user_arn, {})[endpoint_id] = endpoint
        for token in endpoint.device_tokens:
            self._by_token.setdefault(token, {})[endpoint_id] = endpoint

    def __delitem__(self, endpoint_id: str) -> None:
        """Remove an endpoint."""
        endpoint = self[endpoint_id]
        super().__delitem__(endpoint_id)
        _forget(self._by_user, endpoint.app_instance_user_arn, endpoint_id)
        for token in endpoint.device_tokens:
            _forget(self._by_token, token, endpoint_id)


def _forget(index: dict[str, dict[str, Endpoint]], key: str, endpoint_id: str) -> None:
    if key in index:
        index[key].pop(endpoint_id, None)
        if not index[key]:
            del index[key]
