"""Translates errors of AWS services: denied, rejected, throttled or failing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from botocore.exceptions import ClientError

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError, translate
from chime_endpoints_handler.aws.failures.remedies import PAGE, Kind

from . import credentials
from .network_and_settings import page_instead

_DENIED = re.compile(r"not authorized to perform: (?P<action>[\w:*-]+)(?: on resource: (?P<resource>\S+))?")
_POLICY = re.compile(r"explicit deny in an? (?P<policy>[\w -]+?)(?:$|[.:,])")
_SERVICES: Mapping[str, str] = {
    "AssumeRole": "sts",
    "AssumeRoleWithWebIdentity": "sts",
    "GetRoleCredentials": "sso",
    "ListRegions": "account",
    **dict.fromkeys(("GetSecretValue", "PutSecretValue", "CreateSecret", "DescribeSecret"), "secretsmanager"),
    **dict.fromkeys(("GetParameter", "PutParameter"), "ssm"),
    **dict.fromkeys(("DescribeStacks", "ListStacks", "ListStackResources", "GetTemplate"), "cloudformation"),
    **dict.fromkeys(("GetApp", "GetApnsChannel", "GetApnsSandboxChannel", "GetGcmChannel"), "mobiletargeting"),
    "GetFunctionConfiguration": "lambda",
    "GetServiceQuota": "servicequotas",
    "SimulatePrincipalPolicy": "iam",
    **dict.fromkeys(("DescribeStackEvents", "ListExports", "DescribeStackResource"), "cloudformation"),
}
"""The prefix of an operation's IAM action, unless it is `chime`."""
_BUSY = frozenset({Kind.THROTTLED, Kind.UNCLEAR, Kind.UNREACHABLE})


def of_refusal(error: Exception) -> CommandError | None:
    """Translate a service's error; None for other exceptions."""
    if isinstance(error, ClientError):
        found = error.response.get("Error", {})
        code, message = str(found.get("Code", "")), str(found.get("Message", ""))
        return _of_call(translate(error.operation_name, error), code, message)
    if isinstance(error, ServiceError):
        return _of_call(error, error.said, "")
    if isinstance(error, HandlerError):
        return CommandError(error.text, code=error.code)
    return None


def of_caller(error: Exception) -> CommandError | None:
    """Translate a rejection of the caller's credentials; None for other errors."""
    if not isinstance(error, ClientError):
        return None
    found = error.response.get("Error", {})
    return credentials.refused(str(found.get("Code", "")), str(found.get("Message", "")))


def is_denial(error: ClientError) -> bool:
    """Whether IAM, or an organization's policy, denies the call."""
    return translate(error.operation_name, error).kind is Kind.DENIED and error.response["Error"]["Code"] not in (
        credentials.CODES
    )


def denied_action(error: ClientError) -> str:
    """Return the action that IAM denies, with its resource if AWS names it; empty if it is no denial."""
    if not is_denial(error):
        return ""
    found = _DENIED.search(str(error.response["Error"].get("Message", "")))
    action = f"{_SERVICES.get(error.operation_name, 'chime')}:{error.operation_name}"
    if found is None:
        return action
    return f"{found['action']} on {found['resource']}" if found["resource"] else found["action"]


def denied_by(message: str) -> str:
    """Return the kind of policy that explicitly denies a call, or an empty string if AWS does not name it."""
    found = _POLICY.search(message)
    return found["policy"] if found else ""


def _of_call(error: ServiceError, code: str, message: str) -> CommandError:
    if (about_caller := credentials.refused(code, message)) is not None:
        return about_caller
    operation = error.operation
    action = f"{_SERVICES.get(operation, 'chime')}:{operation}"
    said = error.said
    if error.kind is Kind.DENIED:
        return _denied(action, said, message)
    if error.kind is Kind.INTERCEPTED or said == PAGE:
        return page_instead("something between you and AWS")
    if error.kind in _BUSY:
        why = "the service is too busy" if error.kind is Kind.THROTTLED else "the service kept failing"
        return CommandError(
            f"{action} failed ({said}): {why}", remedy="Try again in a few minutes.", code=CommandCode.BUSY
        )
    if error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
        return CommandError(
            f"{action} failed ({said})",
            remedy=f"Check that the resource exists, and that your credentials are allowed to call {action} on it.",
            code=CommandCode.FORBIDDEN,
        )
    shown = f": {' '.join(message.split())[:300]}" if message and action.startswith("cloudformation:") else ""
    return CommandError(
        f"{action} failed ({said}){shown}",
        remedy="Check the names and ARNs on the command line. The service's API reference explains the code.",
        code=CommandCode.REFUSED,
    )


def _denied(action: str, said: str, message: str) -> CommandError:
    """Translate a denial; IAM's message names an action, a resource and a policy, but no value of the request."""
    found = _DENIED.search(message)
    action = found["action"] if found else action
    where = f" on {found['resource']}" if found and found["resource"] else ""
    policy = denied_by(message)
    why = f": a {policy} denies it" if policy else ""
    remedy = f"Ask for permission to call {action}, or use another profile (AWS_PROFILE)."
    if policy:
        remedy = (
            f"Ask the administrator of that {policy}, or name the regions that you are allowed to use with --region."
        )
    return CommandError(
        f"your credentials are not allowed to call {action}{where} ({said}){why}",
        remedy=remedy,
        code=CommandCode.DENIED,
    )
