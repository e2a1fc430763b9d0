"""Switches for undocumented behavior of the service, which tests set each way."""

# ruff: noqa: S105 - tokens in this file are not passwords
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints


@dataclass(kw_only=True)
class SwitchSet:
    """A set of switches, which are the fields of a subclass."""

    _profiled: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def initial(cls) -> Self:
        """Return the switches of a new service: the defaults, except for those that a profile sets."""
        switches = cls()
        switches.change(cls._profiled)
        return switches

    @classmethod
    def start_with(cls, values: Mapping[str, Any]) -> None:
        """Make these the initial values, in addition to the defaults.

        Raises:
            ValueError: see `change`.
        """
        cls().change(values)
        cls._profiled = dict(values)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set all of the given switches, or none if one of them is invalid.

        Raises:
            ValueError: names or values are unknown. The message lists all of them.
        """
        kind: Any = type(self)
        types = _types_of(kind)
        problems = [
            f"{name}: {value!r} is not {_expectation(types[name])}"
            if name in types
            else f"{name}: not one of {', '.join(types)}"
            for name, value in values.items()
            if name not in types or not _is_of_type(types[name], value)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return all switches by name."""
        return asdict(self)

    def restore(self) -> None:
        """Set every switch to its initial value."""
        initial = self.initial()
        for field in fields(self):
            setattr(self, field.name, getattr(initial, field.name))


@dataclass(kw_only=True)
class Switches(SwitchSet):
    """The behavior of the service that is not documented, and its two adjustable limits.

    The defaults are the most likely behavior. Test a program that must work with the real service with every value of
    every switch.
    """

    missing_endpoint: Literal["forbidden", "not_found", "bad_request", "success"] = "forbidden"
    """The response of Update, Describe and Deregister for an endpoint that does not exist.

    Unknown. NotFoundException is in the API model, but not on these operations. With `success`, Describe returns 200
    without an endpoint.
    """

    missing_user: Literal["forbidden", "not_found", "bad_request"] = "forbidden"
    """The response for an app instance or user that does not exist or was deleted. Several reports say Forbidden.
    The tag operations have their own switch."""

    missing_tagged: Literal["bad_request", "forbidden", "not_found"] = "bad_request"
    """The response of the tag operations for an app instance, user or bot that does not exist or was deleted.

    BadRequest was reported for a sibling service.
    """

    token_memory: Literal["for_ever", "while_alive", "none"] = "for_ever"
    """How long Register remembers a ClientRequestToken. The duration is not documented.

    `for_ever` returns the id of the first registration even if that endpoint no longer exists. `while_alive` returns it
    as long as the endpoint exists. `none` treats every request as new.
    """

    token_scope: Literal["account", "user"] = "account"
    """Whether two users can use the same ClientRequestToken. Unknown."""

    failed_token: Literal["forgotten", "remembered"] = "forgotten"
    """Whether a rejected Register uses up its ClientRequestToken. Unknown.

    With `remembered`, the same error is returned again.
    """

    same_token_other_parameters: Literal["same_endpoint", "conflict", "bad_request"] = "same_endpoint"
    """The response to a remembered ClientRequestToken with different parameters. Unknown."""

    device_token_conflict: Literal["user", "app_instance", "application", "none"] = "user"
    """The scope in which a device token can be registered only once.

    ConflictException was reported for a token that is already registered, but the scope is unknown. `application` means
    endpoints with the same ResourceArn.
    """

    unusable_application: Literal["accepted", "bad_request"] = "accepted"
    """The response of Register if the application does not exist, or its channel for the type is not enabled. Unknown.

    With `accepted`, tests need no applications.
    """

    inactive_endpoints_conflict: bool = True
    """Whether the device token of an INACTIVE endpoint counts as registered. Unknown."""

    new_endpoint_state: Literal["active", "invalid_device_token", "invalid_pinpoint_arn"] = "active"
    """The state of a new endpoint: ACTIVE, or INACTIVE with this reason. Whether Register checks either is unknown."""

    omitted_on_update: Literal["kept", "reset"] = "kept"
    """The effect of omitting Name or AllowMessages in Update. Unknown."""

    new_endpoint_in_first_list: bool = True
    """Whether the first List after a Register includes the new endpoint. Unknown. Later calls include it."""

    deregistered_listed_seconds: float = 0
    """For how many seconds List still shows an endpoint that was deregistered. Unknown.

    Update, Describe and Deregister find it gone at once.
    """

    endpoints_on_user_deletion: Literal["deleted", "kept"] = "deleted"
    """What happens to a deleted user's endpoints. Unknown.

    With `kept`, the endpoints keep their device tokens and reappear for a new user with the same id.
    """

    timestamps: Literal["seconds", "milliseconds"] = "seconds"
    """The unit of timestamps in responses. The documentation says epoch milliseconds, but botocore expects epoch
    seconds and raises an error for milliseconds."""

    endpoints_per_user: int = 10
    """The quota of endpoints for each user: 10 by default, adjustable by the account's owner."""

    requests_per_second: float | None = 50
    """The rate limit for all identity calls of an account, in requests a second. None is unlimited."""


@cache
def _types_of(kind: type[Any]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _is_of_type(expected: Any, value: object) -> bool:
    if get_origin(expected) is Literal:
        return value in get_args(expected)
    if expected is bool:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if expected in (int, float):
        return isinstance(value, int | expected) and value >= 0
    return value is None or (isinstance(value, int | float) and value > 0)


def _expectation(expected: Any) -> str:
    if get_origin(expected) is Literal:
        return "one of " + ", ".join(get_args(expected))
    numbers = {bool: "true or false", int: "a whole number from 0", float: "a number from 0"}
    return numbers.get(expected, "a number above 0, or null")
