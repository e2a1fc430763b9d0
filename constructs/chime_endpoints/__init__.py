"""Amazon Chime SDK push endpoints (AppInstanceUserEndpoints) as constructs of AWS CDK."""

from chime_endpoints_handler.declaration import AllowMessages, EndpointType

from .device_token import DeviceToken
from .endpoint import AppInstanceUserEndpoint, IAppInstanceUserEndpoint
from .errors import InvalidDeclarationError
from .identity_tags import ChimeIdentityTags
from .provider import EndpointProvider, IEndpointProvider

__all__ = [
    "AllowMessages",
    "AppInstanceUserEndpoint",
    "ChimeIdentityTags",
    "DeviceToken",
    "EndpointProvider",
    "EndpointType",
    "IAppInstanceUserEndpoint",
    "IEndpointProvider",
    "InvalidDeclarationError",
]
