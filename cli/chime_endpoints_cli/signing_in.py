"""Loads the user's credentials before anything is asked of AWS, so that what is wrong with them is said at once."""

from __future__ import annotations

import contextlib
import getpass
import io
import sys
import warnings
from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError, NoCredentialsError

from .errors import CommandError
from .failing.codes import CommandCode
from .failing.credentials import no_terminal, unusable
from .failing.explained import explained, foreseen


def require_credentials(session: boto3.Session) -> None:
    """Loads credentials, and refreshes them where they are a sign-in's.

    Raises:
        CommandError: there are none that can be used.
        ClientError: AWS refuses to give them out, such as those of a role.
    """
    try:
        with _unheard_prompts():
            found = session.get_credentials()
            frozen = found and found.get_frozen_credentials()
    except ClientError:
        raise
    except EOFError as error:
        raise no_terminal() from error
    except Exception as error:  # a program or a file of the user's can raise any kind
        raise foreseen(error) or unusable(error) from error
    if frozen is None:
        raise explained(NoCredentialsError())
    for name, value in (("access key id", frozen.access_key), ("secret access key", frozen.secret_key)):
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise CommandError(
                f"the {name} of your AWS credentials has a space, a line break or another character that no key has",
                remedy="Copy it again.",
                code=CommandCode.CREDENTIALS_REFUSED,
            )


@contextlib.contextmanager
def _unheard_prompts() -> Iterator[None]:
    """Where nobody can type an MFA code, getpass would warn of that and prompt all the same."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield
        return
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore", getpass.GetPassWarning)
        yield
