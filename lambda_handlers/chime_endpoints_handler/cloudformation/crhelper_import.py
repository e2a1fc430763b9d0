"""Import crhelper without boto3, which it needs only for polling and which would take a third of a cold start."""

from __future__ import annotations

import sys
from types import ModuleType

_is_elsewhere = "boto3" in sys.modules
if not _is_elsewhere:
    sys.modules["boto3"] = ModuleType("boto3")
try:
    from crhelper import FAILED, SUCCESS, CfnResource
finally:
    if not _is_elsewhere:
        del sys.modules["boto3"]

__all__ = ["FAILED", "SUCCESS", "CfnResource"]
