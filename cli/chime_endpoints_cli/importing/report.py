"""What `import` says on the standard error: what was done, and what is to be done next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.holders import Holdings
from chime_endpoints_cli.readable import readable
from chime_endpoints_cli.terminal import complain, counted

from .adding import VARIABLE, Addition
from .declaration_file import DeclarationFile
from .selection import Selection

_MOST_SHOWN = 20
_USUAL = Path("endpoints.yaml")


def refusal(against: Sequence[str], file: Path) -> CommandError:
    """Prints why nothing can be added to a file, and gives the error that ends the command."""
    for each in against[:_MOST_SHOWN]:
        complain(readable(each))
    if len(against) > _MOST_SHOWN:
        complain(f"and {len(against) - _MOST_SHOWN} more")
    return CommandError(
        f"{file} declares {counted(len(against), 'endpoint')} of these already; nothing was written",
        remedy="Deploy the file first, or name the other endpoints one by one as USER_ARN/endpoint/ID.",
    )


def show(
    selection: Selection,
    held: Holdings,
    addition: Addition,
    *,
    file: DeclarationFile | None,
    output: Path | None,
    needs_secret: bool,
    unknown: Sequence[str],
    local: bool,
) -> None:
    """Say what was imported and what was not; the entries themselves may be on the standard output."""
    for stack, number in Counter(holder.stack.name for _, holder in selection.held).items():
        complain(f"left out: {counted(number, 'endpoint')} that the stack {stack} holds")
    for endpoint, why in selection.unfit:
        complain(f"cannot be declared as it is: {endpoint.physical_id}: {why}")
    for endpoint in selection.fit:
        if endpoint.state == "INACTIVE":
            complain(f"note: {endpoint.physical_id} is INACTIVE ({endpoint.state_reason}); importing leaves it so")
    for each in unknown:
        complain(f"note: {readable(each)}. Make sure that it is another device.")
    if file is not None and file.default_tags and addition.entries:
        complain(f"note: the defaults of {file.path} put the tags {', '.join(file.default_tags)} on the users")
    for arn, number in addition.secrets:
        complain(f"{counted(number, 'device token')} in the secret {arn}")
    target = file.path if file is not None else output
    where = "" if target is None or str(target) == "-" else f" into {target}"
    complain(f"{counted(len(addition.entries), 'endpoint')} imported{where}")
    if not addition.entries:
        return
    if addition.stacks is not None:
        complain(f"They are spread over {counted(addition.stacks, 'stack')} (`stacks:`); deploy with --all.")
    if needs_secret:
        complain(
            f"Put each device token into the field of a secret that its entry names, and give its ARN as {VARIABLE}."
        )
    complain(_next_of_file(file.path, addition, local=local) if file is not None else _next_alone(held))


def _next_of_file(path: Path, addition: Addition, *, local: bool) -> str:
    deploy = "chime-endpoints local deploy" if local else "cdk deploy"
    every = "" if addition.stacks is None else " --all"
    return f"Next: {deploy}{every}{'' if path == _USUAL else f' -c endpoints={path}'}"


def _next_alone(held: Holdings) -> str:
    """What to do with entries that are in no file yet; alone they would take the place of everything in it."""
    of_stacks = Counter(each.stack.name for each in held.by_physical_id.values())
    loss = "; ".join(f"{name} would lose {counted(number, 'endpoint')}" for name, number in of_stacks.items())
    return (
        "Next: add the entries to the file that you deploy; `chime-endpoints import` does so with --into FILE."
        f" Deployed by themselves they deregister what else the stack holds{f' ({loss})' if loss else ''}."
    )
