"""The backend of the service, in the place where moto looks for one."""

from __future__ import annotations

from moto.core.base_backend import BackendDict

from .endpoints import Endpoints
from .tagging import Tagging

DEFAULT_ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"


class ChimeSDKIdentityBackend(Endpoints, Tagging):
    """The service in one account and region.

    Its operations are methods, which tests call to do something out of band: no rate, fault or
    validation applies to them, and they are not recorded as calls.
    """


chimesdkidentity_backends = BackendDict(ChimeSDKIdentityBackend, "chime-sdk-identity")


def identity_backend(
    *, account_id: str = DEFAULT_ACCOUNT_ID, region_name: str = DEFAULT_REGION
) -> ChimeSDKIdentityBackend:
    """The backend of an account and region; inside `mock_aws`, which starts and ends with empty ones.

    Raises:
        KeyError: The service does not exist in that region.
    """
    return chimesdkidentity_backends[account_id][region_name]
