"""Options that several commands share, and the objects they select."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from chime_endpoints_cli.account.calls.rate_limit import RateLimit
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import region_of_arn
from chime_endpoints_cli.local.background.background_process import background_cloud
from chime_endpoints_cli.output.errors import CommandError

from .posix import require_posix

local = click.option("--local", is_flag=True, help="Use the local cloud that `chime-endpoints local up` started.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")


def formats(*choices: str) -> Callable[[Any], Any]:
    """--format, whose first choice is the default; `form_of` combines it with --json."""
    return click.option(
        "--format", "form", type=click.Choice(choices), help=f"The format of the output; by default, {choices[0]}."
    )


def form_of(form: str | None, *, as_json: bool, default: str) -> str:
    """Return the format that --format or --json selects.

    Raises:
        CommandError: they contradict each other.
    """
    if as_json and form not in (None, "json"):
        raise CommandError(f"--json and --format {form} cannot be used together", remedy="Use one of them.")
    return "json" if as_json else form or default


regions = click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="Look for stacks in this region; can be given several times.",
)

context = click.option(
    "-c",
    "--context",
    "context",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a variable, as `cdk deploy -c` does; others come from the environment.",
)


def variables_in(given: Sequence[str]) -> Mapping[str, str]:
    """Parse the variables of -c NAME=VALUE.

    Raises:
        CommandError: an argument has no `=`.
    """
    values = {}
    for each in given:
        name, separator, value = each.partition("=")
        if not separator:
            raise CommandError(f"{each!r} does not set a variable", remedy="Write -c NAME=VALUE.")
        values[name] = value
    return values


def services_of(*, local: bool, calls_per_second: float | None = None) -> Services:
    """Return the services of AWS as the user's settings select them, or of the running local cloud.

    Args:
        local: whether to use the local cloud.
        calls_per_second: the most calls to Amazon Chime, if fewer than usual.
    """
    given = click.get_current_context().find_object(Services)
    if given is not None:
        return given
    if local:
        require_posix("The local cloud")
    return Services(
        local=background_cloud().addresses if local else None,
        rate_limit=RateLimit(calls_per_second) if calls_per_second else None,
    )


def regions_with_stacks(services: Services, given: Sequence[str], arns: Sequence[str]) -> list[str]:
    """Return the regions to search for stacks: as given, or that of the settings and those of the ARNs."""
    own = [services.region] if services.region else []
    return list(dict.fromkeys(given or [*own, *map(region_of_arn, arns)]))
