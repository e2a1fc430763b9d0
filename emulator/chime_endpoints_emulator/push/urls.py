"""The host names that the push backend handles. The API model determines the operation."""

from __future__ import annotations

from .responses import PushResponse

url_bases = [r"https?://pinpoint\.[^.]+\.amazonaws\.com"]
url_paths = {"{0}/.*$": PushResponse.dispatch}
