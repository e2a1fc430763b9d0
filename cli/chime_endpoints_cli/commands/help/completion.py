"""`chime-endpoints completion`: prints shell completion scripts."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.output.console.terminal import write_raw
from chime_endpoints_cli.output.errors import CommandError

VARIABLE = "_CHIME_ENDPOINTS_COMPLETE"
"""The environment variable by which a shell requests completions from click."""


@click.command(
    "completion",
    cls=Command,
    examples=[
        ('eval "$(chime-endpoints completion bash)"', "in ~/.bashrc"),
        ('eval "$(chime-endpoints completion zsh)"', "in ~/.zshrc"),
        ("chime-endpoints completion fish > ~/.config/fish/completions/chime-endpoints.fish", "once"),
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(context: click.Context, *, shell: str) -> None:
    """Print the completion script for SHELL."""
    completion = get_completion_class(shell)
    if completion is None:
        raise CommandError(f"completion is not available for {shell}")
    root = context.find_root()
    write_raw(completion(root.command, {}, root.info_name or "chime-endpoints", VARIABLE).source())
