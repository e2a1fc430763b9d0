"""The host names that the backend handles. The API model determines the operation."""

from __future__ import annotations

from .responses import ChimeSDKIdentityResponse

# moto's server derives the second host name from the service's signing name, `chime`.
url_bases = [r"https?://(?:identity-)?chime\.[^.]+\.amazonaws\.com"]
url_paths = {"{0}/.*$": ChimeSDKIdentityResponse.dispatch}
