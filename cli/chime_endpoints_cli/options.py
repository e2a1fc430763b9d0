"""Options that several commands have, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from .errors import CommandError
from .identities import region_of
from .keeping import kept_cloud
from .posix import require_posix
from .services import Services

local = click.option("--local", is_flag=True, help="On the local cloud that `chime-endpoints local up` started.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
regions = click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="A region to look for stacks in; may be given several times.",
)

context = click.option(
    "-c",
    "--context",
    "context",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable's value, as of `cdk deploy -c`; without, the environment's.",
)


def variables_in(given: Sequence[str]) -> Mapping[str, str]:
    """The values that a command line gives to variables.

    Raises:
        CommandError: one gives none.
    """
    values = {}
    for each in given:
        name, separator, value = each.partition("=")
        if not separator:
            raise CommandError(f"{each!r} gives no variable a value", remedy="Write -c NAME=VALUE.")
        values[name] = value
    return values


def services_of(*, local: bool) -> Services:
    """AWS as the SDK's own settings say (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …), or the kept local cloud."""
    given = click.get_current_context().find_object(Services)
    if given is not None:
        return given
    if local:
        require_posix("The local cloud")
    return Services(local=kept_cloud().addresses if local else None)


def regions_with_stacks(services: Services, given: Sequence[str], arns: Sequence[str]) -> list[str]:
    """Where to look for stacks: as given, else in the region of the settings and in those of the identities."""
    own = [services.region] if services.region else []
    return list(dict.fromkeys(given or [*own, *map(region_of, arns)]))
