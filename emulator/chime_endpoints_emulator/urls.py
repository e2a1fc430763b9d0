"""The host names that the backend answers for; the operation is found by the service's model."""

from __future__ import annotations

from .responses import ChimeSDKIdentityResponse

# The second name is what moto's server makes of the service's signing name, `chime`.
url_bases = [r"https?://(?:identity-)?chime\.[^.]+\.amazonaws\.com"]
url_paths = {"{0}/.*$": ChimeSDKIdentityResponse.dispatch}
