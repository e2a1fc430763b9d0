"""MiniStack with additional checks: it rejects what AWS rejects immediately and MiniStack accepts.

The module uses three internal names of MiniStack, whose version is pinned. `tests/e2e/test_functions.py` fails if one
of them changes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from ministack.app import app
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

from .function_runtime import use_runtime

__all__ = ["app"]

_fetch = lambda_svc._fetch_code_from_s3  # noqa: SLF001 - there is no public way
_execute = lambda_svc._execute_function_with_config_scope  # noqa: SLF001 - likewise


def fetch_package(bucket: str, key: str, **options: Any) -> bytes | None:
    """Return a function's package; raise ValueError with AWS's message if the zip is empty."""
    package: bytes | None = _fetch(bucket, key, **options)
    if package is not None and not _has_files(package):
        raise ValueError(f"Uploaded file must be a non-empty zip (s3://{bucket}/{key})")
    return package


def execute(function: dict[str, Any], event: Any) -> dict[str, Any]:
    """Run a function; if it fails without a response, report that to CloudFormation instead of waiting for the timeout.

    AWS would retry the invocation first. MiniStack does not, so no response can follow.
    """
    result: dict[str, Any] = _execute(function, event)
    if result.get("error") and isinstance(event, Mapping) and "ResponseURL" in event:
        token = str(event["ResponseURL"]).rpartition("/")[2]
        waiting = custom_resource._pending.get(token)  # noqa: SLF001 - likewise
        if waiting is not None and waiting["result"] is None:
            custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": _reason(function, result)})
    return result


def _has_files(package: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            return bool(archive.namelist())
    except zipfile.BadZipFile:
        return False


def _reason(function: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    body = result.get("body")
    message = body.get("errorMessage") if isinstance(body, Mapping) else body
    name = (function.get("config") or function).get("FunctionName")
    return f"The function {name} failed without answering CloudFormation: {message}. See its log, /aws/lambda/{name}."


lambda_svc._fetch_code_from_s3 = fetch_package  # noqa: SLF001 - likewise
lambda_svc._execute_function_with_config_scope = execute  # noqa: SLF001 - likewise
use_runtime()
