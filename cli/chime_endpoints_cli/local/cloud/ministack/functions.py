"""Lambda functions that fail as on AWS: with an empty package, and when they end without a response."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import custom_resource

from .changes import Change

Function = dict[str, Any]


def fetch_package(fetch: Callable[..., bytes | None], bucket: str, key: str, **options: Any) -> bytes | None:
    """Return a function's package; raise ValueError with AWS's message if the zip is empty."""
    package = fetch(bucket, key, **options)
    if package is not None and not _has_files(package):
        raise ValueError(f"Uploaded file must be a non-empty zip (s3://{bucket}/{key})")
    return package


def execute(run: Callable[[Function, Any], dict[str, Any]], func: Function, event: Any) -> dict[str, Any]:
    """Run a function; if it fails without a response, report that to CloudFormation instead of waiting for the timeout.

    AWS would retry the invocation first. MiniStack does not, so no response can follow.
    """
    result = run(func, event)
    if result.get("error") and isinstance(event, Mapping) and "ResponseURL" in event:
        token = str(event["ResponseURL"]).rpartition("/")[2]
        waiting = custom_resource._pending.get(token)  # noqa: SLF001 - there is no public way
        if waiting is not None and waiting["result"] is None:
            custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": _reason(func, result)})
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


CHANGES = (
    Change(
        function="ministack.services.lambda_svc._fetch_code_from_s3",
        parameters=("bucket", "key"),
        replacement=fetch_package,
    ),
    Change(
        function="ministack.services.lambda_svc._execute_function_with_config_scope",
        parameters=("func", "event"),
        replacement=execute,
    ),
)
