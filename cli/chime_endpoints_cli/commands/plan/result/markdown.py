"""The plan as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from chime_endpoints_cli.output.codes import page_of
from chime_endpoints_cli.output.console.readable import readable

from .entries import Entry, Plan
from .sentences import conclusions, headline, title, what_happens

_SPECIAL = "\\`*_{}[]<>()#+!|~&@"
_LONGEST = 60_000  # GitHub refuses comments of more than 65,536 characters


def to_markdown(plan: Plan) -> str:
    """Return the plan as Markdown, cut off if it is too long for a comment."""
    end = "\n".join([*(f"{_plain(each)}\n" for each in conclusions(plan))])
    text = "### Plan of the push endpoints\n\n"
    for part in _stacks(plan):
        if len(text) + len(part) + len(end) > _LONGEST:
            text += "\n… and more; run `chime-endpoints plan` to see everything.\n\n"
            break
        text += part
    return text + end


def _stacks(plan: Plan) -> Iterator[str]:
    for stack in plan.stacks:
        own = [entry for entry in plan.entries if entry.stack.id == stack.id]
        yield f"**{_plain(stack.name)}** ({stack.region}): {headline(stack, own)}\n\n"
        shown = [entry for entry in own if entry.is_change or entry.remarks or entry.not_known]
        if shown:
            yield "| | Entry | | What happens |\n|---|---|---|---|\n"
        for entry in shown:
            cells = (f"`{entry.action}`", *map(_plain, title(entry)), "<br>".join(_cell(entry)))
            yield f"| {' | '.join(cells)} |\n"
        yield "\n" if shown else ""


def _cell(entry: Entry) -> Iterator[str]:
    if said := what_happens(entry):
        yield _plain(said)
    for each in entry.differences:
        yield f"{_plain(each.field)}: {_plain(each.old or '(none)')} → {_plain(each.new or '(none)')}"
    yield from map(_plain, entry.remarks)
    if entry.problem is not None:
        code = f"[{entry.problem.code}]({page_of(entry.problem.code)}): " if entry.problem.code else ""
        yield f"**fails** with {code}{_plain(entry.problem.text)}"
    if entry.not_known:
        yield f"**not known:** {_plain(entry.not_known)}"


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in readable(text))
