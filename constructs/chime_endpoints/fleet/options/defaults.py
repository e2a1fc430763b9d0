"""The values of a fleet's endpoints that their lines do not set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk.interfaces.aws_pinpoint import IAppRef

from chime_endpoints._cdk.identity import application_arn
from chime_endpoints._cdk.unresolved import as_text
from chime_endpoints._validation.endpoint_problems import app_instance_problems, application_problems
from chime_endpoints._validation.option_type_names import OPTION_TYPES
from chime_endpoints._validation.option_types import check_options
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType


@dataclass(frozen=True, kw_only=True)
class FleetDefaults:
    """The values of a fleet's endpoints that their lines in the manifest do not set.

    Args:
        app_instance: the ARN of the app instance of users that lines give by their id.
        application: the application that sends the pushes: an ARN, or a Pinpoint `CfnApp`.
        type: the push service that issued the device tokens.
        allow_messages: whether messages are pushed to the endpoints.
    """

    app_instance: str | None = None
    application: str | IAppRef | None = None
    type: EndpointType | None = None
    allow_messages: AllowMessages | None = None

    def problems(self) -> Iterator[str]:
        """Yield the problems of the values."""
        checked = check_options(FleetDefaults, vars(self))
        yield from (f"defaults.{problem}" for problem in checked.problems)
        if self.app_instance is not None and "app_instance" not in checked.wrong:
            yield from app_instance_problems("defaults.app_instance", as_text(self.app_instance))
        if self.application is not None and "application" not in checked.wrong:
            yield from application_problems("defaults.application", application_arn(self.application))

    def to_properties(self) -> dict[str, str]:
        """Return the property `Defaults` of the resource."""
        given = {
            "AppInstance": self.app_instance,
            "Application": None if self.application is None else application_arn(self.application),
            "Type": self.type,
            "AllowMessages": self.allow_messages,
        }
        return {name: str(as_text(value)) for name, value in given.items() if value is not None}


OPTION_TYPES[FleetDefaults] = ("a FleetDefaults", "Use FleetDefaults(app_instance=…, application=…, type=…).")


def defaults_of(given: FleetDefaults | Mapping[str, Any] | None) -> FleetDefaults:
    """Return the given defaults. As for CDK's own structs, a mapping is accepted."""
    return given if isinstance(given, FleetDefaults) else FleetDefaults(**(given or {}))
