"""How the progress of a run looks: a bar and two lines for a person, one line for a log."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table

from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.fleets.runs.progress import Phase, Progress
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import duration

_BAR = 28
_STYLES = {
    Phase.DONE: "green",
    Phase.FAILED: "red",
    Phase.REFUSED: "red",
    Phase.QUIET: "yellow",
    Phase.STOPPED: "yellow",
}
_MODES = {"delete": "deletion", "drain": "drain", "check": "check"}
_WHAT_TO_DO = {
    Phase.NEVER: "The fleet has not been deployed completely yet.",
    Phase.QUIET: "Its execution may have been stopped. Start it again: chime-endpoints fleet resume",
    Phase.STOPPED: "Resume it: chime-endpoints fleet resume",
    Phase.FAILED: "chime-endpoints fleet failures lists what failed; chime-endpoints fleet resume tries it again.",
    Phase.REFUSED: "Then run: chime-endpoints fleet sync",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """The progress of a fleet's newest run, to be printed."""

    fleet: Fleet
    now: Progress
    rate: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        held, now = self.fleet.held, self.now
        yield ""
        yield Padding(
            f"[bold]{escape(held.stack.name)}/{escape(held.logical_id)}[/bold]  {self._state()}", (0, 0, 0, 2)
        )
        if now.todo and (now.phase is Phase.WORKING or now.done):
            yield Padding(self._bar(), (0, 0, 0, 4))
        yield Padding(" ".join(self._sentences()), (0, 0, 0, 4))
        yield ""

    def _state(self) -> str:
        phase, run = self.now.phase, self.now.run
        style = _STYLES.get(phase, "bold")
        mode = f"{_MODES[run.mode]}: " if run and run.mode in _MODES else ""
        return f"{mode}[{style}]{phase}[/{style}]" + (f"  [dim]run {escape(run.id)}[/dim]" if run else "")

    def _bar(self) -> Table:
        now = self.now
        grid = Table.grid(padding=(0, 2, 0, 0))
        over = now.done + now.failed
        bar = ProgressBar(
            total=max(now.todo, over), completed=over, width=_BAR, complete_style="cyan", finished_style="green"
        )
        cells = [f"{over:,} of {max(now.todo, over):,}"]
        if now.phase is Phase.WORKING:
            cells.append(f"{self.rate:.1f}/s")
            cells.append(f"{duration(now.remaining / self.rate)} left" if self.rate > 0 else "")
        if now.failed:
            cells.append(f"[red]{now.failed:,} failed[/red]")
        grid.add_row(bar, *cells)
        return grid

    def _sentences(self) -> list[str]:
        now = self.now
        found = [] if now.phase is Phase.NEVER else [f"{now.registered:,} registered."]
        if now.run and now.run.reason:
            found.append(f"{escape(readable(now.run.reason)).rstrip('.')}.")
        if now.phase in _WHAT_TO_DO:
            found.append(f"[dim]{_WHAT_TO_DO[now.phase]}[/dim]")
        elif now.failed:
            found.append("[dim]chime-endpoints fleet failures lists what failed.[/dim]")
        return found


def as_line(now: Progress, rate: float) -> str:
    """Return the progress as one line of a log."""
    parts = [f"{now.at:%Y-%m-%dT%H:%M:%SZ}", str(now.phase)]
    if now.todo:
        parts.append(f"{now.done + now.failed} of {now.todo}")
    if now.phase is Phase.WORKING:
        parts.append(f"{rate:.1f}/s")
        if rate > 0:
            parts.append(f"{duration(now.remaining / rate)} left")
    if now.failed:
        parts.append(f"{now.failed} failed")
    parts.append(f"{now.registered} registered")
    if now.phase.is_over and now.run and now.run.reason:
        parts.append(readable(now.run.reason))
    return ", ".join(parts)
