"""The report of `import` on the standard error: what was done, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chime_endpoints_cli.account.stacks.holders import StackEndpoints
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import complain, complain_how_to_explain, counted
from chime_endpoints_cli.output.errors import CommandError

from .adding import VARIABLE, Addition
from .endpoints.selection import Selection
from .file.declaration_file import DeclarationFile

_MOST_SHOWN = 20
_USUAL = Path("endpoints.yaml")


def refusal(against: Sequence[str], file: Path) -> CommandError:
    """Print why nothing can be added to a file, and return the error."""
    for each in against[:_MOST_SHOWN]:
        complain(readable(each))
    if len(against) > _MOST_SHOWN:
        complain(f"and {len(against) - _MOST_SHOWN} more")
    complain_how_to_explain(against)
    return CommandError(
        f"{file} already declares {len(against)} of these endpoints; nothing was written",
        remedy="Deploy the file first, or name the other endpoints one by one as USER_ARN/endpoint/ID.",
    )


def show(
    selection: Selection,
    held: StackEndpoints,
    addition: Addition,
    *,
    file: DeclarationFile | None,
    output: Path | None,
    needs_secret: bool,
    unknown: Sequence[str],
    local: bool,
) -> None:
    """Print what was imported and what was not."""
    for stack, number in Counter(holder.stack.name for _, holder in selection.held).items():
        complain(f"skipped: {counted(number, 'endpoint')} of stack {stack}")
    for endpoint, why in selection.unfit:
        complain(f"not imported: {endpoint.physical_id}: {why}")
    for endpoint in selection.fit:
        if endpoint.state == "INACTIVE":
            complain(
                f"note: {endpoint.physical_id} is INACTIVE ({endpoint.state_reason}); importing does not change that"
            )
    for each in unknown:
        complain(f"note: {readable(each)}. Make sure that it is a different device.")
    complain_how_to_explain(unknown)
    if file is not None and file.default_tags and addition.entries:
        complain(f"note: the defaults in {file.path} set the tags {', '.join(file.default_tags)} on the users")
    for arn, number in addition.secrets:
        complain(f"{counted(number, 'device token')} in secret {arn}")
    target = file.path if file is not None else output
    where = "" if target is None or str(target) == "-" else f" into {target}"
    complain(f"{counted(len(addition.entries), 'endpoint')} imported{where}")
    if not addition.entries:
        return
    if addition.stacks is not None:
        complain(f"They are spread over {counted(addition.stacks, 'stack')} (`stacks:`). Deploy with --all.")
    if needs_secret:
        complain(
            f"Store each device token in a secret, in the field that its entry names, and set {VARIABLE} to its ARN."
        )
    complain(_next_of_file(file.path, addition, local=local) if file is not None else _next_alone(held))


def _next_of_file(path: Path, addition: Addition, *, local: bool) -> str:
    deploy = "chime-endpoints local deploy" if local else "cdk deploy"
    every = "" if addition.stacks is None else " --all"
    return f"Next: {deploy}{every}{'' if path == _USUAL else f' -c endpoints={path}'}"


def _next_alone(held: StackEndpoints) -> str:
    """Return what to do with entries outside the deployed file, and what deploying only them would remove."""
    of_stacks = Counter(each.stack.name for each in held.by_physical_id.values())
    loss = "; ".join(f"{name} would lose {counted(number, 'endpoint')}" for name, number in of_stacks.items())
    return (
        "Next: add the entries to the file that you deploy; `chime-endpoints import --into FILE` does this."
        f" Deployed by themselves, they deregister every other endpoint of the stack{f' ({loss})' if loss else ''}."
    )
