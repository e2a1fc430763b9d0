"""The backend of the service, under the module name that moto expects."""

from __future__ import annotations

from moto.core.base_backend import BackendDict

from .endpoints import Endpoints
from .tagging import Tagging

DEFAULT_ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"


class ChimeSDKIdentityBackend(Endpoints, Tagging):
    """The service in one account and region.

    The operations are methods that tests can call directly. Direct calls skip rate limits, faults and validation, and
    they are not recorded in `calls`.
    """


chimesdkidentity_backends = BackendDict(ChimeSDKIdentityBackend, "chime-sdk-identity")


def identity_backend(
    *, account_id: str = DEFAULT_ACCOUNT_ID, region_name: str = DEFAULT_REGION
) -> ChimeSDKIdentityBackend:
    """Return the backend of an account and region. Every `mock_aws` starts and ends with empty backends.

    Raises:
        KeyError: the service is not available in that region.
    """
    return chimesdkidentity_backends[account_id][region_name]
