"""Draws the diagrams of the documentation: docs/diagrams/*.svg.

Run by `make docs`. A diagram in a page has the colors of the page. On its own, it follows the reader's system.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "docs" / "diagrams"

WIDTH = 860
LINE = 17  # pixels from one line of text to the next

STYLE = """\
svg.ce { --ink: #24292f; --soft: #6e7781; --mark: #4051b5; --paper: #eef0fb; --bad: #b3261e; --back: #fff; }
@media (prefers-color-scheme: dark) {
  svg.ce { --ink: #e6edf3; --soft: #9198a1; --mark: #a5b0ff; --paper: #262b45; --bad: #ff8a80; --back: #0d1117; }
}
[data-md-color-scheme="default"] svg.ce {
  --ink: #24292f; --soft: #6e7781; --mark: #4051b5; --paper: #eef0fb; --bad: #b3261e;
  --back: var(--md-default-bg-color);
}
[data-md-color-scheme="slate"] svg.ce {
  --ink: #e6edf3; --soft: #9198a1; --mark: #a5b0ff; --paper: #262b45; --bad: #ff8a80;
  --back: var(--md-default-bg-color);
}
svg.ce text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg.ce .head { font-weight: 600; }
svg.ce .soft { fill: var(--soft); }
svg.ce .say { stroke: var(--back); stroke-width: 4; paint-order: stroke; }
svg.ce .line { stroke: var(--soft); stroke-dasharray: 3 4; }
svg.ce .arrow { stroke: var(--mark); stroke-width: 1.5; fill: none; }
svg.ce .answer { stroke: var(--mark); stroke-width: 1.5; fill: none; stroke-dasharray: 6 4; }
svg.ce .bad { stroke: var(--bad); }
svg.ce .tip { fill: var(--mark); stroke: none; }
svg.ce .tip.bad { fill: var(--bad); }
svg.ce .box { fill: var(--paper); stroke: var(--mark); }
svg.ce .ours { fill: var(--mark); }
svg.ce .other { fill: var(--soft); }
svg.ce .note { fill: var(--paper); stroke: none; }
svg.ce text.bad { fill: var(--bad); stroke: var(--back); }
"""


@dataclass(frozen=True)
class Call:
    """An arrow from one participant to another."""

    source: str
    target: str
    text: str
    is_answer: bool = False
    is_bad: bool = False


@dataclass(frozen=True)
class Note:
    """A note across all participants."""

    text: str


@dataclass(frozen=True)
class Exchange:
    """A sequence diagram: calls between participants, from top to bottom."""

    title: str
    description: str
    participants: Sequence[str]
    steps: Sequence[Call | Note]

    def draw(self) -> str:
        """Draw the diagram as SVG."""
        step = WIDTH / len(self.participants)
        at = {name: step * (number + 0.5) for number, name in enumerate(self.participants)}
        y, drawn = 64.0, list[str]()
        for each in self.steps:
            lines = each.text.split("\n")
            if isinstance(each, Note):
                drawn += _note(lines, y)
                y += LINE * len(lines) + 26
            else:
                drawn += _call(each, lines, at, y)
                y += LINE * len(lines) + 18
        heads = [part for name in self.participants for part in _head(name, at[name], y)]
        return svg(self.title, self.description, y + 8, [*heads, *drawn])


@dataclass(frozen=True)
class Box:
    """A box with a heading and lines of text."""

    x: float
    y: float
    width: float
    lines: Sequence[str]

    @property
    def height(self) -> float:
        """The height that the text needs."""
        return LINE * len(self.lines) + 20


@dataclass(frozen=True)
class Arrow:
    """An arrow along points, with a label."""

    points: Sequence[tuple[float, float]]
    text: str = ""
    text_at: tuple[float, float] = (0, 0)


@dataclass(frozen=True)
class Label:
    """A heading outside the boxes."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Boxes:
    """Boxes with arrows between them."""

    title: str
    description: str
    height: float
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    labels: Sequence[Label]

    def draw(self) -> str:
        """Draw the diagram as SVG."""
        drawn = [part for box in self.boxes for part in _box(box)]
        drawn += [part for arrow in self.arrows for part in _arrow(arrow)]
        drawn += [text(label.x, label.y, label.text, "head") for label in self.labels]
        return svg(self.title, self.description, self.height, drawn)


def svg(title: str, description: str, height: float, parts: Sequence[str], width: float = WIDTH) -> str:
    """A picture with a title and a description for screen readers."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower())
    labelled = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    return "\n".join(
        [
            f'<svg class="ce" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {labelled}>',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-desc">{escape(description)}</desc>',
            f"<style>\n{STYLE}</style>",
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _head(name: str, x: float, bottom: float) -> Iterator[str]:
    yield f'<path class="line" d="M{x:g} 44V{bottom:g}"/>'
    yield f'<rect class="box" x="{x - 88:g}" y="12" width="176" height="32" rx="4"/>'
    yield text(x, 33, name, "head", "middle")


def _note(lines: Sequence[str], y: float) -> Iterator[str]:
    yield f'<rect class="note" x="12" y="{y - 4:g}" width="{WIDTH - 24}" height="{LINE * len(lines) + 12}" rx="4"/>'
    for number, line in enumerate(lines):
        yield text(WIDTH / 2, y + LINE * (number + 1) - 3, line, "", "middle")


def _call(call: Call, lines: Sequence[str], at: Mapping[str, float], y: float) -> Iterator[str]:
    start, end = at[call.source], at[call.target]
    middle = (start + end) / 2
    for number, line in enumerate(lines):
        yield text(middle, y + LINE * (number + 1) - 5, line, "say bad" if call.is_bad else "say", "middle")
    below = y + LINE * len(lines) + 2
    bad = " bad" if call.is_bad else ""
    yield f'<path class="{"answer" if call.is_answer else "arrow"}{bad}" d="M{start:g} {below:g}H{end:g}"/>'
    yield _tip(end, below, 1 if end > start else -1, 0, bad)


def _tip(x: float, y: float, right: int, down: int, bad: str) -> str:
    if right:
        return f'<path class="tip{bad}" d="M{x:g} {y:g}l{-9 * right} -5v10z"/>'
    return f'<path class="tip{bad}" d="M{x:g} {y:g}l-5 {-9 * down}h10z"/>'


def _box(box: Box) -> Iterator[str]:
    yield (f'<rect class="box" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="4"/>')
    for number, line in enumerate(box.lines):
        yield text(box.x + 12, box.y + LINE * (number + 1) + 5, line, "head" if number == 0 else "")


def _arrow(arrow: Arrow) -> Iterator[str]:
    path = "L".join(f"{x:g} {y:g}" for x, y in arrow.points)
    yield f'<path class="arrow" d="M{path}"/>'
    (before_x, before_y), (x, y) = arrow.points[-2:]
    right, down = (0, 1 if y > before_y else -1) if x == before_x else (1 if x > before_x else -1, 0)
    yield _tip(x, y, right, down, "")
    for number, line in enumerate(arrow.text.split("\n") if arrow.text else ()):
        yield text(arrow.text_at[0], arrow.text_at[1] + LINE * number, line, "soft")


CLOUDFORMATION, FUNCTION, CHIME, TOKENS = "CloudFormation", "The function", "Chime SDK Identity", "Secrets, parameters"

DIAGRAMS: Mapping[str, Exchange | Boxes] = {
    "life-of-an-event": Exchange(
        "Life of an event",
        "CloudFormation sends the event. The function checks the properties, reads the device token, registers the"
        " endpoint, and repeats its answer to the signed URL until it is accepted.",
        (CLOUDFORMATION, FUNCTION, TOKENS, CHIME),
        (
            Call(CLOUDFORMATION, FUNCTION, "Create:\nproperties, signed URL"),
            Note(
                "The function checks the properties by the same rules as at synth,\n"
                "and reports every problem in one answer."
            ),
            Call(FUNCTION, TOKENS, "read the token,\nif a source is declared"),
            Call(TOKENS, FUNCTION, "the device token", is_answer=True),
            Call(FUNCTION, CHIME, "Register, with the same request token for each delivery"),
            Call(CHIME, FUNCTION, "EndpointId", is_answer=True),
            Note(
                "429 and 5xx: retry after a random wait, until shortly before the deadline.\n"
                "Lost answer or conflict: look up what is registered and what CloudFormation waits for."
            ),
            Call(FUNCTION, CLOUDFORMATION, "SUCCESS and the ID,\nrepeated until accepted", is_answer=True),
            Note("Function killed, or answer not accepted: Lambda delivers the event again, up to three times in all."),
        ),
    ),
    "replacement": Exchange(
        "Replacement that keeps its token",
        "The new endpoint has the same device token as the old one. The service refuses to register both, so the"
        " function removes the old one first, and registers it again if the new one fails.",
        (CLOUDFORMATION, FUNCTION, CHIME),
        (
            Call(CLOUDFORMATION, FUNCTION, "Update: another Type,\nthe same device token"),
            Call(FUNCTION, CHIME, "Describe the old one,\nList the user's endpoints"),
            Call(FUNCTION, CHIME, "Register the new one"),
            Call(CHIME, FUNCTION, "409: the device token is registered", is_answer=True, is_bad=True),
            Note(
                "The token belongs to this resource's own endpoint: its ID is the one in the stack.\n"
                "If it belongs to another endpoint, the Update fails here, unless the declaration adopts it."
            ),
            Call(FUNCTION, CHIME, "Deregister the old one"),
            Call(FUNCTION, CHIME, "Register the new one,\nwith a marked name"),
            Note("If that fails, the function registers the old one again, and the Update fails."),
            Call(FUNCTION, CHIME, "Update: set the declared name"),
            Call(FUNCTION, CLOUDFORMATION, "SUCCESS and the new ID", is_answer=True),
            Note("CloudFormation updates the rest of the stack and then cleans up."),
            Call(CLOUDFORMATION, FUNCTION, "Delete of the old ID"),
            Call(FUNCTION, CLOUDFORMATION, "SUCCESS: already deleted", is_answer=True),
        ),
    ),
    "architecture": Boxes(
        "Architecture",
        "A YAML file, a CDK app or a plain template declares endpoints. CloudFormation sends an event for each of them"
        " to one Lambda function. It reads the device token from a secret or a parameter and calls Chime SDK"
        " Identity.",
        276,
        (
            Box(12, 40, 206, ("endpoints.yaml", "no code")),
            Box(12, 114, 206, ("Your CDK app", "AppInstanceUserEndpoint")),
            Box(12, 188, 206, ("A plain template", "Custom::Chime… resources")),
            Box(262, 106, 160, ("CloudFormation", "create, update,", "roll back, delete")),
            Box(502, 114, 130, ("One function", "in your account")),
            Box(712, 114, 136, ("Chime SDK", "Identity")),
            Box(462, 214, 210, ("Device tokens", "Secrets Manager, SSM")),
        ),
        (
            Arrow(((218, 67), (342, 67), (342, 106))),
            Arrow(((218, 141), (262, 141))),
            Arrow(((218, 215), (342, 215), (342, 177))),
            Arrow(((422, 141), (502, 141)), "event", (442, 133)),
            Arrow(((632, 141), (712, 141)), "1 call", (650, 133)),
            Arrow(((567, 214), (567, 168)), "read once", (575, 196)),
        ),
        (Label(12, 24, "You declare"), Label(262, 24, "Runs in your AWS account")),
    ),
    "tags": Boxes(
        "Tags and ownership",
        "A stack's endpoints of one user share one tags resource, which sets the declared keys on the user and leaves"
        " every other key alone. A stack identifies each endpoint by its ID.",
        382,
        (
            Box(12, 40, 250, ("Endpoint phone", "tags: team=chat", "name: Alice's phone")),
            Box(12, 140, 250, ("Endpoint tablet", "tags: plan=trial", "name: none declared")),
            Box(12, 272, 250, ("Custom::ChimeIdentityTags", "team=chat, plan=trial", "one for each user and stack")),
            Box(598, 48, 250, ("Endpoint of alice", "Alice's phone")),
            Box(598, 148, 250, ("Endpoint of alice", "STACK-LOGICALID-SUFFIX")),
            Box(
                598,
                264,
                250,
                ("AppInstanceUser alice", "team=chat: ours", "plan=trial: ours", "legal=hold: not declared here"),
            ),
        ),
        (
            Arrow(((262, 76), (598, 76)), "identified by Ref:\nUSER-ARN/endpoint/ENDPOINT-ID", (290, 50)),
            Arrow(((262, 176), (598, 176)), "no declared name:\na marked name of this resource", (290, 150)),
            Arrow(((137, 211), (137, 272)), "the union of a user's tags", (150, 246)),
            Arrow(
                ((262, 308), (598, 308)),
                "sets the declared keys; removes a key\nonly if its value is still the one it set",
                (290, 282),
            ),
        ),
        (Label(12, 24, "In the stack"), Label(598, 24, "At the service")),
    ),
}


def main() -> None:
    """Write the diagrams."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, diagram in DIAGRAMS.items():
        (DIRECTORY / f"{name}.svg").write_text(diagram.draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
