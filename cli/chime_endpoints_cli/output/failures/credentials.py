"""Missing, expired and unusable credentials."""

from __future__ import annotations

import os

from botocore import exceptions as boto

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError

from . import profile

_NEVER_SIGNED_IN = (boto.NoCredentialsError, boto.SSOTokenLoadError, boto.LoginTokenLoadError)
_EXPIRED = (
    *(boto.UnauthorizedSSOTokenError, boto.TokenRetrievalError, boto.SSOError),
    *(boto.LoginError, boto.RefreshWithMFAUnsupportedError),
)
_EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "UnauthorizedException"})
REFUSED_CODES = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken", "AuthFailure", "IncompleteSignature"}
    | {"IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"}
)
"""AWS returns these if it does not recognize the caller, at least in this region."""
_CLOCK_CODES = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_SIGNATURE_CODES = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException"})
CODES = _EXPIRED_CODES | REFUSED_CODES | _CLOCK_CODES | _SIGNATURE_CODES
"""The error codes by which AWS rejects the credentials of any call."""


def of_credentials(error: Exception) -> CommandError | None:
    """Translate a failure of botocore to find or refresh credentials; None for other errors."""
    if isinstance(error, _NEVER_SIGNED_IN):
        whose = f" for the profile {profile.name()}" if profile.name() else ""
        problem = f"no AWS credentials were found{whose}"
        return CommandError(problem, remedy=profile.sign_in(), code=CommandCode.NO_CREDENTIALS)
    if isinstance(error, _EXPIRED):
        return _expired()
    if isinstance(error, boto.PartialCredentialsError):
        problem = f"the AWS credentials are incomplete: {error}"
        return CommandError(problem, remedy="Set all of them, or none.", code=CommandCode.NO_CREDENTIALS)
    if isinstance(error, (boto.CredentialRetrievalError, boto.MetadataRetrievalError)):
        return unusable(error)
    return None


def unusable(error: Exception) -> CommandError:
    """Translate the failure of a source of credentials: a program, a file, or another service."""
    own = profile.settings()
    source = next(
        (key for key in ("credential_process", "web_identity_token_file", "source_profile") if key in own), ""
    )
    web_identity = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    value = str(own.get(source, ""))
    if source == "credential_process" and " " in value:
        value = f"{value.split()[0]} (its arguments are not shown)"
    where = f"{source} = {value} in your AWS configuration" if source else ""
    if web_identity and not source:
        where = f"AWS_WEB_IDENTITY_TOKEN_FILE = {web_identity}"
    said = " ".join(str(error).split())
    if isinstance(error, ValueError):  # its text can quote the output of the program, including a key
        said = f"the output does not have the format of a credential process ({type(error).__name__})"
    remedy = f"Correct {where}, or use another profile (AWS_PROFILE)." if where else profile.sign_in()
    return CommandError(
        f"the AWS credentials could not be loaded: {said}", remedy=remedy, code=CommandCode.NO_CREDENTIALS
    )


def refused(code: str, message: str) -> CommandError | None:
    """Translate a rejection of the caller's credentials; None for other errors.

    Args:
        code: the service's error code.
        message: the service's message, empty if unknown.
    """
    if code in _EXPIRED_CODES:
        return _expired()
    is_clock = code in _CLOCK_CODES or (code in _SIGNATURE_CODES and "xpired" in message)
    if is_clock or "not yet current" in message:
        problem = f"AWS rejected the time of the request ({code}): this machine's clock is wrong"
        return CommandError(problem, remedy="Set the clock, then try again.", code=CommandCode.CREDENTIALS_REFUSED)
    if code in _SIGNATURE_CODES:
        return CommandError(
            f"AWS rejected the signature of the request ({code})",
            remedy="Correct the secret access key. If it is right, check this machine's clock.",
            code=CommandCode.CREDENTIALS_REFUSED,
        )
    if code in REFUSED_CODES:
        return CommandError(
            f"AWS does not recognize the credentials ({code})",
            remedy=f"Check {_source()}. If your account has not enabled the region, no credentials work there.",
            code=CommandCode.CREDENTIALS_REFUSED,
        )
    return None


def no_terminal() -> CommandError:
    """Return the error for a profile that needs an MFA code, without a terminal to enter it in."""
    return CommandError(
        "the profile needs an MFA code, but there is no terminal to enter it in",
        remedy="Run the command in a terminal, or set temporary credentials (aws sts get-session-token).",
        code=CommandCode.NO_CREDENTIALS,
    )


def _expired() -> CommandError:
    remedy = profile.sign_in()
    if os.environ.get("AWS_SESSION_TOKEN") and not profile.name():
        remedy = "Replace AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN with new ones, or unset them."
    return CommandError("your AWS sign-in has expired", remedy=remedy, code=CommandCode.EXPIRED)


def _source() -> str:
    if profile.name():
        return f"the profile {profile.name()} (AWS_PROFILE)"
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
    return "your AWS credentials"
