"""The `--help` text of every command, as Markdown for the documentation."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import click

from chime_endpoints_cli.main import cli

_WIDTH = 92  # characters per line in a page's code blocks
_PROGRAM = "chime-endpoints"
_OPTION = re.compile(r"(?<![`\w])--[a-z][a-z-]*")


def commands(group: click.Group = cli, parent: click.Context | None = None) -> Iterator[str]:
    """Yield a section for each command of a group: its description, then its usage."""
    context = parent or _context(group, _PROGRAM, None)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command  # noqa: S101 - the group lists it
        below = _context(command, name, context)
        if isinstance(command, click.Group):
            yield from commands(command, below)
        else:
            yield from _section(command, below)


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    formatter = context.make_formatter()
    for write in (command.format_usage, command.format_options, command.format_epilog):
        write(context, formatter)
    yield f"\n## {context.command_path}\n"
    yield _OPTION.sub(r"`\g<0>`", inspect.cleandoc(command.help or "").replace("\b\n", ""))
    yield f"\n```text\n{formatter.getvalue().strip()}\n```"


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    settings: dict[str, Any] = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    return click.Context(command, info_name=name, parent=parent, **settings)
