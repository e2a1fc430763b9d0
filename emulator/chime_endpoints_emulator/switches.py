"""What is not known of the service, as switches that a test sets each way."""

# ruff: noqa: S105 - what is called a token here is no password
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(kw_only=True)
class Switches:
    """How this service behaves where documents leave it open, and its two adjustable limits.

    The defaults are the likeliest guess. A program that must work on the real service should be
    tested with every value of every switch.
    """

    missing_endpoint: Literal["forbidden", "not_found", "bad_request", "success"] = "forbidden"
    """What Update, Describe and Deregister answer for an endpoint that does not exist.

    Unknown. NotFoundException is in the service's model but on none of these operations.
    With `success` Describe answers 200 without an endpoint.
    """

    missing_user: Literal["forbidden", "not_found", "bad_request"] = "forbidden"
    """What is answered for an app instance or user that does not exist, or was deleted. Reported more than once as
    Forbidden; the tag operations have a switch of their own."""

    missing_tagged: Literal["bad_request", "forbidden", "not_found"] = "bad_request"
    """What the tag operations answer for an app instance, user or bot that does not exist, or was deleted.

    BadRequest was reported of a sibling service.
    """

    token_memory: Literal["for_ever", "while_alive", "none"] = "for_ever"
    """How long Register remembers a ClientRequestToken; the length of time is documented nowhere.

    `for_ever` answers the id of the first registration even when that endpoint is gone, `while_alive`
    as long as the endpoint exists, `none` takes every request for a new one.
    """

    token_scope: Literal["account", "user"] = "account"
    """Whether two users may use the same ClientRequestToken. Unknown."""

    failed_token: Literal["forgotten", "remembered"] = "forgotten"
    """Whether a refused Register uses up its ClientRequestToken. Unknown.

    `remembered` answers the same error again.
    """

    same_token_other_parameters: Literal["same_endpoint", "conflict", "bad_request"] = "same_endpoint"
    """What a remembered ClientRequestToken with different parameters answers. Unknown."""

    device_token_conflict: Literal["user", "app_instance", "application", "none"] = "user"
    """Among which endpoints a device token may be registered once.

    That a token which is already registered answers ConflictException was reported; its scope was not.
    `application` means endpoints with the same ResourceArn.
    """

    inactive_endpoints_conflict: bool = True
    """Whether the device token of an INACTIVE endpoint counts as registered. Unknown."""

    omitted_on_update: Literal["kept", "reset"] = "kept"
    """What becomes of a Name or AllowMessages that Update does not send. Unknown."""

    new_endpoint_in_first_list: bool = True
    """Whether the first List after a Register shows the new endpoint already. Unknown; later ones do."""

    endpoints_on_user_deletion: Literal["deleted", "kept"] = "deleted"
    """What becomes of a deleted user's endpoints. Unknown.

    Kept ones still hold their device tokens, and are there again for a new user of the same id.
    """

    timestamps: Literal["seconds", "milliseconds"] = "seconds"
    """The wire form of timestamps. Documented as epoch milliseconds, but botocore reads epoch seconds
    and raises on milliseconds."""

    endpoints_per_user: int = 10
    """Quota of endpoints of a user: 10, adjustable by the account's owner."""

    requests_per_second: float | None = 50
    """Rate of all identity calls of an account: 50 a second; None is unlimited."""

    def change(self, values: Mapping[str, Any]) -> None:
        """Set several switches at once, or none.

        Raises:
            ValueError: Some names or values are unknown; the message names all of them.
        """
        types = get_type_hints(type(self))
        problems = [
            f"{name}: {value!r} is not {_expectation(types[name])}"
            if name in types
            else f"{name}: not one of {', '.join(types)}"
            for name, value in values.items()
            if name not in types or not _fits(types[name], value)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)

    def restore(self) -> None:
        """Set every switch to its default."""
        for field in fields(self):
            setattr(self, field.name, field.default)


def _fits(wanted: Any, value: object) -> bool:
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    if wanted is bool:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if wanted is int:
        return isinstance(value, int) and value >= 0
    return value is None or (isinstance(value, int | float) and value > 0)


def _expectation(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return "one of " + ", ".join(get_args(wanted))
    return {bool: "true or false", int: "a number from 0"}.get(wanted, "a number above 0, or null")
