"""The command line of `doctor`."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.terminal import complain, counted, is_asked, show_json, waiting
from chime_endpoints_cli.output.errors import CommandError

from . import report
from .diagnosis import Diagnosis, diagnose, with_test_pushes
from .links.link import State
from .subjects import subject_of

_EXIT_CODES = {State.OK: ExitCode.DONE, State.NOT_VISIBLE: ExitCode.FAILED, State.BROKEN: ExitCode.FOUND}


@click.command(
    "doctor",
    cls=Command,
    examples=[
        ("chime-endpoints doctor alice-iphone", "an entry of endpoints.yaml that is deployed"),
        ("chime-endpoints doctor $USER_ARN", "every endpoint of a user"),
        ("chime-endpoints doctor $USER_ARN/endpoint/ID --send", "one endpoint, with a test push"),
        ("chime-endpoints doctor alice-iphone --json | jq '.causes'", "the causes, as JSON for another program"),
    ],
    exit_codes={
        ExitCode.DONE: "every link is in order",
        ExitCode.FAILED: "failed; or found no cause, but not every link is visible",
        ExitCode.FOUND: "found a cause",
    },
)
@click.argument("subject", metavar="USER|KEY|ENDPOINT")
@click.option("--send", "is_send", is_flag=True, help="Send a test push to each endpoint after you confirm.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@options.regions
@options.local
@options.formats("table", "json")
@options.as_json
def doctor_command(
    *,
    subject: str,
    is_send: bool,
    yes: bool,
    regions: tuple[str, ...],
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Find out why a push does not arrive.

    Give the ARN or the id of a user, the key of a deployed entry of endpoints.yaml (as `list` shows it), or an endpoint
    as USER_ARN/endpoint/ID or by its id. The command follows the way of a push: the user, the endpoint with its state
    and AllowMessages, the application with its channel and credentials, the role that Amazon Chime SDK messaging
    assumes, and the failures that an EventBridge rule recorded in the last seven days.

    Each link is ok, broken or not visible. For a broken link, the command says what to do; for one that is not visible,
    which permission would show it. Nothing is changed.

    With --send, it sends a test push to the device token of each endpoint, through its application, and says what Apple
    or Google answered. The token is never shown. VoIP device tokens get no test push, because it would ring.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    is_table = form == "table"
    if yes and not is_send:
        raise CommandError("--yes does nothing without --send", remedy="Add --send, or leave it out.")
    if is_send and not yes and (not is_table or not is_asked()):
        raise CommandError(
            "--send cannot ask for confirmation here", remedy="With JSON, or without a terminal, add --yes."
        )
    services = options.services_of(local=local)
    where = options.regions_with_stacks(services, regions, ())
    chosen = subject_of(services, subject, regions=where, are_given=bool(regions))
    with waiting("Following the way of a push"):
        found = diagnose(services, chosen)
    if is_table:
        report.show(found.links, found.subject)
    if is_send:
        before = len(found.links)
        found = _sent(found, services, yes=yes)
        if is_table:
            report.show(found.links[before:], found.subject)
    if is_table:
        report.summarize(found)
    else:
        show_json(found.to_json())
    return _EXIT_CODES[found.state]


def _sent(found: Diagnosis, services: Services, *, yes: bool) -> Diagnosis:
    """Send the test pushes, unless the user declines or no device token is visible."""
    number = len(found.endpoints)
    if not number:
        complain("No test push was sent: no device token is visible.")
        return found
    if not yes and not click.confirm(f"Send a test push to {counted(number, 'endpoint')}?", err=True):
        return found
    with waiting("Sending"):
        return with_test_pushes(services, found)
