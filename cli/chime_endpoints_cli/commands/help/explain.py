"""`chime-endpoints explain`: shows what an error code means and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem
from rich.theme import Theme

from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.tables import Rows, show
from chime_endpoints_cli.output.console.terminal import console, show_json, write_raw
from chime_endpoints_cli.output.errors import CommandError

from .error_pages import Explanation, explanations

_WRITTEN = re.compile(r"\W*(?:CE[-_ ]?)?(\d{3})\W*", re.IGNORECASE)
_WIDEST = 100
"""The most columns of a page; longer lines are hard to read."""
_LINK_TO_CODE = re.compile(r"\[([^]]+)]\([^)\s]*(?i:ce-\d{3})[^)\s]*\)")


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(code, help=each.title)
        for code, each in explanations().items()
        if code.startswith(incomplete.upper())
    ]


@click.command(
    "explain",
    cls=Command,
    examples=[
        ("chime-endpoints explain CE-302", "what the code means and what to do"),
        ("chime-endpoints explain 302 ce-411", "several codes; only the number is needed"),
        ("chime-endpoints explain", "all codes and their titles"),
        ("chime-endpoints explain CE-302 > CE-302.md", "as Markdown, for a ticket or a wiki"),
    ],
    exit_codes={ExitCode.DONE: "done", ExitCode.FAILED: "failed; for example, there is no such code"},
)
@click.argument("codes", nargs=-1, metavar="[CODE]...", shell_complete=_complete)
@options.as_json
def explain_command(*, codes: tuple[str, ...], as_json: bool) -> None:
    """Explain error codes.

    The command prints what the documentation says about each CODE: what happened, why, and what to do. Without a CODE,
    it lists all codes. It needs neither an AWS account nor the network.
    """
    found = _found(codes) if codes else list(explanations().values())
    if as_json:
        show_json({"codes": [each.to_json() for each in found]})
    elif not codes:
        show(Rows(columns=["code", "meaning"], rows=[[each.code, each.title] for each in found]))
    elif console().is_terminal:
        _render(found)
    else:
        write_raw("\n".join(each.markdown for each in found))


def _found(given: Sequence[str]) -> list[Explanation]:
    """Return the explanations of codes as people write them, each once.

    Raises:
        CommandError: a code does not exist.
    """
    known = explanations()
    codes = list(dict.fromkeys(_code(each) for each in given))
    if unknown := [code for code in codes if code not in known]:
        near = sorted({each for code in unknown for each in difflib.get_close_matches(code, known, n=3)})
        like = "".join(f"\n  {code}  {known[code].title}" for code in near)
        similar = f"\nSimilar codes:{like}" if near else ""
        raise CommandError(
            f"there is no code {' or '.join(unknown)}",
            remedy=f"Run `chime-endpoints explain` to list all codes.{similar}",
        )
    return [known[code] for code in codes]


def _code(given: str) -> str:
    written = _WRITTEN.fullmatch(given)
    return f"CE-{written[1]}" if written else given


def _render(found: Sequence[Explanation]) -> None:
    """Print for a person; the address of a page is shown, unless this command explains what is on it."""
    from rich.markdown import Markdown  # most commands do not need its parser, which takes a while to import

    out = console()
    with out.use_theme(Theme({"markdown.code": "bold cyan"})):  # not on black, which terminals may not be
        for each in found:
            text = Markdown(_without_links_to_codes(each.markdown), code_theme="ansi_dark", hyperlinks=False)
            out.print(text, width=min(out.width, _WIDEST))
            out.print(f"\n[dim]{each.url}[/dim]\n", soft_wrap=True)


def _without_links_to_codes(markdown: str) -> str:
    return _LINK_TO_CODE.sub(lambda link: link[1], markdown)
