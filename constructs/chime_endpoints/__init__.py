"""AWS CDK constructs for Amazon Chime SDK push endpoints (AppInstanceUserEndpoints).

Each name is imported from its module on first use. `chime_endpoints.declared` can therefore read a declaration file
without loading aws-cdk-lib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType

    from .device_token import DeviceToken
    from .endpoint import AppInstanceUserEndpoint, IAppInstanceUserEndpoint
    from .errors import InvalidDeclarationError
    from .fleet.fleet import EndpointFleet
    from .fleet.options.defaults import FleetDefaults
    from .fleet.options.manifest import Manifest
    from .fleet.options.wait import FleetWait
    from .identity_tags import ChimeIdentityTags
    from .metrics import MetricOptions
    from .monitoring.alarms import EndpointAlarms
    from .monitoring.dashboard import EndpointDashboard
    from .monitoring.delivery_failure import DeliveryFailureRule
    from .provider import EndpointProvider, IEndpointProvider
    from .roles.cross_account_role import CrossAccountRole
    from .roles.push_delivery_role import PushDeliveryRole

__all__ = [
    "AllowMessages",
    "AppInstanceUserEndpoint",
    "ChimeIdentityTags",
    "CrossAccountRole",
    "DeliveryFailureRule",
    "DeviceToken",
    "EndpointAlarms",
    "EndpointDashboard",
    "EndpointFleet",
    "EndpointProvider",
    "EndpointType",
    "FleetDefaults",
    "FleetWait",
    "IAppInstanceUserEndpoint",
    "IEndpointProvider",
    "InvalidDeclarationError",
    "Manifest",
    "MetricOptions",
    "PushDeliveryRole",
]

_MODULES = {
    "AllowMessages": "chime_endpoints_handler.model.declaration",
    "AppInstanceUserEndpoint": "chime_endpoints.endpoint",
    "ChimeIdentityTags": "chime_endpoints.identity_tags",
    "CrossAccountRole": "chime_endpoints.roles.cross_account_role",
    "DeliveryFailureRule": "chime_endpoints.monitoring.delivery_failure",
    "DeviceToken": "chime_endpoints.device_token",
    "EndpointAlarms": "chime_endpoints.monitoring.alarms",
    "EndpointDashboard": "chime_endpoints.monitoring.dashboard",
    "EndpointFleet": "chime_endpoints.fleet.fleet",
    "EndpointProvider": "chime_endpoints.provider",
    "EndpointType": "chime_endpoints_handler.model.declaration",
    "FleetDefaults": "chime_endpoints.fleet.options.defaults",
    "FleetWait": "chime_endpoints.fleet.options.wait",
    "IAppInstanceUserEndpoint": "chime_endpoints.endpoint",
    "IEndpointProvider": "chime_endpoints.provider",
    "InvalidDeclarationError": "chime_endpoints.errors",
    "Manifest": "chime_endpoints.fleet.options.manifest",
    "MetricOptions": "chime_endpoints.metrics",
    "PushDeliveryRole": "chime_endpoints.roles.push_delivery_role",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
