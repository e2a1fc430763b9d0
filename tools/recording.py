"""Records the demo as pictures of a terminal: docs/pictures/demo-light.svg and demo-dark.svg.

`make recording` runs the demo, writes its output to docs/pictures/demo.txt, and draws the pictures from that text. Use
`--draw` to draw the pictures again without running the demo.
"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
TEXT = PICTURES / "demo.txt"

COLUMNS = 106

SHOWN = ("3.", "4.", "5.", "6.", "7.")
"""The steps that are recorded."""

LEFT_OUT = re.compile(r"^\s*(?:CloudFormation does not resend|user +tags$|(?:alice|bob|carol) +(?:plan|team)=|─+$)")
"""Lines that are omitted to make the picture easier to read."""

# black, red, green, yellow, blue, magenta, cyan, white
_LIGHT = [(36, 41, 47), (207, 34, 46), (17, 99, 41), (149, 56, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131)]
_DARK = [(110, 118, 129), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255)]

THEMES = {
    "light": TerminalTheme(
        (255, 255, 255),
        (36, 41, 47),
        [*_LIGHT, (110, 119, 129)],
    ),
    "dark": TerminalTheme(
        (13, 17, 23),
        (230, 237, 243),
        [*_DARK, (57, 197, 207), (177, 186, 196)],
    ),
}

STYLES = (
    (r"^\$ .*", "bold cyan"),
    (r"^\d\. .*", "bold"),
    (r"\b(?:added(?!-)|in sync)\b", "green"),
    (r"\b(?:replaced|changed|removed|Deregistered)\b", "yellow"),
    (r"\b(?:updated in place)\b", "blue"),
    (r"\bNONE\b", "red"),
    (r"[─…]+", "bright_black"),
)

# rich's own frame and window, but with the reader's fonts instead of one from another host.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
)
FRAME = "rgba(255,255,255,0.35)", "rgba(128,128,128,0.5)"
"""rich's color of the frame, which is invisible on white, and its replacement."""


def main() -> None:
    """Run the demo unless `--draw` is given, and draw the pictures."""
    PICTURES.mkdir(exist_ok=True)
    if "--draw" not in sys.argv[1:]:
        run = subprocess.run(["make", "--silent", "demo"], cwd=ROOT, check=True, capture_output=True, text=True)
        TEXT.write_text(excerpt(run.stdout), encoding="utf-8")
    for name in THEMES:
        (PICTURES / f"demo-{name}.svg").write_text(draw(name), encoding="utf-8")


def excerpt(output: str) -> str:
    """Return the recorded steps from the demo's output."""
    steps = re.split(r"\n(?=\d\. )", output)
    lines = [line for step in steps if step.startswith(SHOWN) for line in step.splitlines()]
    kept = [line for line in lines if not LEFT_OUT.match(line)]
    text = re.sub(r"\n(?=\d\. )", "\n\n", "\n".join(["$ make demo", *kept]))
    text = re.sub(r"\n{2,}", "\n\n", text)
    return f"{text.strip()}\n"


def draw(theme: str) -> str:
    """Draw the picture in a theme."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    for line in TEXT.read_text(encoding="utf-8").splitlines():
        text = Text(line)
        for pattern, style in STYLES:
            text.highlight_regex(pattern, style)
        console.print(text, soft_wrap=True)
    svg = console.export_svg(title="make demo", theme=THEMES[theme], code_format=FORMAT, unique_id="demo")
    return "\n".join(line.rstrip() for line in svg.replace(*FRAME).splitlines()) + "\n"


if __name__ == "__main__":
    main()
