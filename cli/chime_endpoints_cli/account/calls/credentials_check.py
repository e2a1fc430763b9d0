"""Loads the user's credentials before the first call, so that problems are reported immediately."""

from __future__ import annotations

import contextlib
import getpass
import io
import sys
import warnings
from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError, NoCredentialsError

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.credentials import no_terminal, unusable
from chime_endpoints_cli.output.failures.translation import command_error_for, known_error_for


def require_credentials(session: boto3.Session) -> None:
    """Load credentials, and refresh those of a sign-in.

    Raises:
        CommandError: there are no usable credentials.
        ClientError: AWS refuses to issue them, for example for a role.
    """
    try:
        with _unheard_prompts():
            found = session.get_credentials()
            frozen = found and found.get_frozen_credentials()
    except ClientError:
        raise
    except EOFError as error:
        raise no_terminal() from error
    except Exception as error:  # a credential program or file can cause any exception
        raise known_error_for(error) or unusable(error) from error
    if frozen is None:
        raise command_error_for(NoCredentialsError())
    for name, value in (("access key id", frozen.access_key), ("secret access key", frozen.secret_key)):
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise CommandError(
                f"the {name} in your AWS credentials contains a space, a line break or another invalid character",
                remedy="Copy it again.",
                code=CommandCode.CREDENTIALS_REFUSED,
            )


@contextlib.contextmanager
def _unheard_prompts() -> Iterator[None]:
    """Silence getpass without a terminal: it would print a warning and prompt for an MFA code anyway."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield
        return
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore", getpass.GetPassWarning)
        yield
