"""Writes the manifest from a complete journal; the file is readable by its owner only, and never half written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint
from chime_endpoints_cli.commands.registered.import_.endpoints.keys import Keys
from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError

from .journal import Journal
from .lines import Defaults, line_for


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the manifest has, and what it leaves out."""

    endpoints: int = 0
    defaults: Defaults = field(default_factory=Defaults)
    inactive: int = 0
    held: Counter[str] = field(default_factory=Counter)
    """The number of endpoints of each stack or fleet that were skipped."""
    unfit: tuple[tuple[str, str], ...] = ()
    """Endpoints that cannot be declared as they are, with the reason."""


def require_new(path: Path) -> None:
    """Check the path of the manifest before anything is read.

    Raises:
        CommandError: there is a file already, or no directory.
    """
    if os.path.lexists(path):
        raise CommandError(f"{path} already exists", remedy="Name another file, or move this one away.")
    if not path.parent.is_dir():
        raise CommandError(
            f"{path} cannot be written: {path.parent} is not a directory",
            remedy="Name a file in an existing directory.",
            code=CommandCode.FILES,
        )


def write(journal: Journal, path: Path) -> Written:
    """Write the manifest, unless it would be empty, and return what it has.

    Raises:
        CommandError: it cannot be written.
    """
    defaults = Defaults.of(_endpoints(journal))
    keys, number, inactive = Keys(), 0, 0
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for endpoint in _endpoints(journal):
                file.write(line_for(keys.next_for(endpoint), endpoint, defaults))
                number += 1
                inactive += endpoint.state == "INACTIVE"
            file.flush()
            os.fsync(file.fileno())
        if number:
            require_new(path)
            draft.rename(path)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror or error}",
            remedy="Free some disk space, or correct the permissions. Then repeat the command: nothing is read twice.",
            code=CommandCode.FILES,
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return Written(
        endpoints=number,
        defaults=defaults,
        inactive=inactive,
        held=Counter(holder for user in journal.users() for _, holder in user.held),
        unfit=tuple(one for user in journal.users() for one in user.unfit),
    )


def _endpoints(journal: Journal) -> Iterator[DescribedEndpoint]:
    return (endpoint for user in journal.users() for endpoint in user.endpoints)
