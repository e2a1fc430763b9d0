"""The number of stacks that a file with imported entries needs."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints.declared.entries.entry import Declarations, Entry
from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks, exceeded_quota, stacks_needed
from chime_endpoints.declared.stack_assignment.hashing import stack_number
from chime_endpoints_cli.output.console.terminal import counted
from chime_endpoints_cli.output.errors import CommandError


def stacks_for(declared: Declarations, added: Sequence[Entry], *, declares_stacks: bool) -> int | None:
    """Return the number of stacks to declare, or None if the file already declares enough.

    Raises:
        CommandError: the user has to change the number, or the endpoints are too many for one file.
    """
    entries = [*declared.entries, *added]
    paths = declared.parameter_paths
    if not entries or exceeded_quota(assign_to_stacks(entries, declared.stacks), paths) is None:
        return None
    needed = stacks_needed(entries, declared.stacks, paths)
    if needed is None:
        raise CommandError(
            f"{counted(len(entries), 'endpoint')} are too many for one file; nothing was written",
            remedy="Import fewer endpoints, and declare the others in another app.",
        )
    if not declared.entries and not declares_stacks:
        return needed
    moved = sum(
        stack_number(each.identity, declared.stacks) != stack_number(each.identity, needed) for each in declared.entries
    )
    if moved:
        before = counted(len(declared.entries), "endpoint")
        remedy = (
            f"That number moves {moved} of the file's {before} to other stacks, which register them again with new"
            f" ids. If you accept that, set `stacks: {needed}` in the file, run `cdk deploy --all`, and import again."
            " If not, import fewer endpoints."
        )
    else:
        remedy = f"Set `stacks: {needed}` in the file, which moves none of its endpoints, and import again."
    raise CommandError(
        f"with {counted(len(added), 'more endpoint')}, {declared.path} needs `stacks: {needed}`; nothing was written",
        remedy=remedy,
    )
