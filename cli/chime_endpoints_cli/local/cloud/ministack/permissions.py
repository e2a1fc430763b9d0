"""IAM on MiniStack, which evaluates the policies of the caller for each call as AWS does.

MiniStack has the evaluator. The changes are for what differs: the services are reached through http, a parameter's
version is not part of its ARN, and a call that reads an encrypted value needs its key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ministack.app import _request_account_scope
from ministack.core import iam_evaluator
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import set_request_account_id
from ministack.services import kms, secretsmanager, ssm

from .changes import Change

AWS_MANAGED = "alias/aws/"
"""The keys that everyone in the account may use who may read the value."""


def on_https(pin: Callable[[str, bool], None], source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001, FBT001 - MiniStack's
    """Treat every request as one over https: policies such as that of CDK's bucket for assets deny all others."""
    pin(source_ip, True)  # noqa: FBT003 - likewise


def resource_arn(extract: Callable[..., str], service: str, *request: Any, **named: Any) -> str:
    """Return the ARN of what a request uses.

    A parameter's ARN has no version, and a request can name the parameter by its ARN.
    """
    arn = extract(service, *request, **named)
    prefix, parameter, name = arn.partition(":parameter/")
    if service != "ssm" or not parameter:
        return arn
    if name.startswith("arn:"):
        prefix, _, name = name.partition(":parameter/")
    return f"{prefix}:parameter/{name.partition(':')[0]}"


def enforce(
    check: Callable[..., Any], access_key_id: str, iam_action: str, service: str, region: str, **options: Any
) -> Any:
    """Return why a call is denied, or None. For an encrypted value, the caller must also be allowed to use its key."""
    denied = check(access_key_id, iam_action, service, region, **options)
    key = None if denied else _key(iam_action, options.get("resource_arn", "*"))
    return check(access_key_id, "kms:Decrypt", "kms", region, resource_arn=key) if key else denied


def write_logs(write: Callable[..., None], func: dict[str, Any], *entry: Any, **options: Any) -> None:
    """Write what a function logs, if its role may do so."""
    config = func.get("config") or func
    _, _, _, region, account, _ = config["FunctionArn"].split(":", 5)
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"
    access_key = execution_credentials(config)["AWS_ACCESS_KEY_ID"]
    needed = [("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream)]
    if not any(iam_evaluator.enforce(access_key, action, "logs", region, resource_arn=arn) for action, arn in needed):
        write(func, *entry, **options)


def first_denied(access_key_id: str, region: str, needed: Sequence[Sequence[str]]) -> dict[str, str] | None:
    """Return the first needed action and resource that the caller is not allowed, with the caller's ARN.

    With unknown or expired credentials, return an error code and message instead.
    """
    set_request_account_id(_request_account_scope(access_key_id))
    for action, resource in needed:
        denied = iam_evaluator.enforce(access_key_id, action, action.partition(":")[0], region, resource_arn=resource)
        if isinstance(denied, iam_evaluator.AuthError):
            return {"code": denied.code, "message": denied.message}
        if denied:
            return {"principal": denied.principal_arn, "action": action, "resource": resource}
    return None


def _key(action: str, arn: str) -> str | None:
    """Return the ARN of the customer managed key that a call needs, or None."""
    key_id = None
    if action == "secretsmanager:GetSecretValue":
        key_id = (secretsmanager._resolve(arn)[1] or {}).get("KmsKeyId")  # noqa: SLF001 - there is no public way
    elif action == "ssm:GetParameter":
        key_id = (ssm._select_parameter(arn)[0] or {}).get("KeyId")  # noqa: SLF001 - likewise
    if not key_id or AWS_MANAGED in key_id:
        return None
    key = kms._resolve_key(key_id)  # noqa: SLF001 - likewise
    return str(key["Arn"] if key else key_id)


CHANGES = (
    Change(
        function="ministack.app.pin_request_origin",
        parameters=("source_ip", "secure_transport"),
        replacement=on_https,
    ),
    Change(
        function="ministack.core.iam_actions.extract_resource_arn",
        parameters=("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
        replacement=resource_arn,
    ),
    Change(
        function="ministack.core.iam_evaluator.enforce",
        parameters=("access_key_id", "iam_action", "service", "region", "resource_arn"),
        replacement=enforce,
    ),
    Change(
        function="ministack.services.lambda_svc._emit_lambda_logs",
        parameters=("func", "request_id", "log_text"),
        replacement=write_logs,
    ),
)
