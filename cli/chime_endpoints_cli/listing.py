"""`chime-endpoints list`: the endpoints of users or of an app instance as a table."""

import click

from .clients import Clients
from .environment import REGION
from .errors import CommandError
from .keeping import kept_cloud
from .registered import endpoints_of, holders_of_endpoints, users_of
from .tables import endpoints_table
from .terminal import say, show


@click.command("list")
@click.option("--user", "users", multiple=True, metavar="ARN", help="An AppInstanceUser; may be given several times.")
@click.option("--app-instance", metavar="ARN", help="All users of an app instance.")
@click.option("--local", is_flag=True, help="On the local cloud that `chime-endpoints local up` started.")
def list_command(*, users: tuple[str, ...], app_instance: str | None, local: bool) -> None:
    """Show what is registered: state, reason, and which stack holds it."""
    cloud = kept_cloud() if local else None
    if cloud is not None and not users and app_instance is None:
        app_instance = cloud.variables.get("APP_INSTANCE_ARN")
    if not users and app_instance is None:
        raise CommandError("no users to list", remedy="Give --user ARN or --app-instance ARN.")
    arns = [*users, *([app_instance] if app_instance else [])]
    clients = Clients(local=cloud.addresses if cloud else None, region=_region(arns))
    everyone = [*users, *(users_of(clients.chime, app_instance) if app_instance else [])]
    holders = holders_of_endpoints(clients.cloudformation)
    found = [endpoint for user in everyone for endpoint in endpoints_of(clients.chime, user, holders)]
    if found:
        show(endpoints_table(found))
    say(f"{_count(len(found), 'endpoint')} of {_count(len(everyone), 'user')}")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _region(arns: list[str]) -> str:
    """The one region that the ARNs name: endpoints and the stacks that hold them are in it."""
    regions = {parts[3] for arn in arns if len(parts := arn.split(":", 5)) == 6 and parts[2] == "chime"}
    if len(regions) != 1:
        raise CommandError(
            "the ARNs do not name one region",
            remedy=f"An AppInstanceUser's ARN begins with arn:aws:chime:{REGION}:ACCOUNT:app-instance/.",
        )
    return regions.pop()
