"""Draw the dashboard with invented values, from the body that the construct writes: docs/pictures/dashboard-*.svg."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from chime_endpoints import DeliveryFailureRule, EndpointAlarms, EndpointDashboard, EndpointProvider

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
_COLORS = MappingProxyType({"light": ("#24292f", "#d0d7de"), "dark": ("#e6edf3", "#30363d")})
_CELL = 30  # points: the width of one of CloudWatch's 24 columns, and the height of a row
_HOURS = 24
_INVENTED: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"Registered": (3.0, 0.4), "Failed": (1.0, 0.04), "By Amazon Chime SDK": (4.0, 0.1), "Undelivered": (2.0, 0.06)}
    | {"Average": (420.0, 1.0), "p99": (1900.0, 1.0)}
)
"""The usual value of each metric, and how often it has one."""


def widgets() -> Iterator[dict[str, Any]]:
    """Yield the widgets of a dashboard with all options."""
    stack = Stack(App(), "Chat")
    provider, deliveries = EndpointProvider.of(stack), DeliveryFailureRule(stack, "Lost")
    alarms = EndpointAlarms(stack, "Alarms", provider=provider, deliveries=deliveries)
    EndpointDashboard(stack, "Dashboard", provider=provider, deliveries=deliveries, alarms=alarms)
    (made,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    parts = made["Properties"]["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _name(part) for part in parts)
    yield from json.loads(text)["widgets"]


def _name(reference: Mapping[str, Any]) -> str:
    """Return what stands for a reference: an alarm's logical id, or the region."""
    value = next(iter(reference.values()))
    return str(value if isinstance(value, str) else value[0])


def draw(scheme: str) -> None:
    """Draw the dashboard in a color scheme."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "dashboard", "font.size": 8})
    from matplotlib import pyplot as plt

    text, grid = _COLORS[scheme]
    shown = list(widgets())
    rows = max(each["y"] + each["height"] for each in shown)
    figure = plt.figure(figsize=(24 * _CELL / 72, rows * _CELL / 72))
    for widget in shown:
        x, y, width, height = (widget[name] for name in ("x", "y", "width", "height"))
        axes = figure.add_axes(
            ((x + 1.4) / 24, 1 - (y + height - 0.9) / rows, (width - 1.8) / 24, (height - 1.9) / rows)
        )
        axes.set_title(widget["properties"]["title"], loc="left", color=text, weight="bold")
        if widget["type"] == "alarm":
            _draw_alarms(axes, widget, text)
        else:
            _draw_graph(axes, widget, text, grid)
    figure.savefig(PICTURES / f"dashboard-{scheme}.svg", transparent=True, metadata={"Date": None})
    plt.close(figure)


def _draw_alarms(axes: Any, widget: Mapping[str, Any], text: str) -> None:
    names = [arn.removeprefix("Alarms")[:-8] for arn in widget["properties"]["alarms"]]
    for number, name in enumerate(names):
        axes.text(number / len(names), 0.3, f"✓ {name}: OK", color="#2ca02c", transform=axes.transAxes)
    axes.text(1, -0.4, "invented values", color=text, ha="right", style="italic", transform=axes.transAxes)
    axes.axis("off")


def _draw_graph(axes: Any, widget: Mapping[str, Any], text: str, grid: str) -> None:
    invented = random.Random(widget["properties"]["title"])  # noqa: S311 - the same picture each time
    for metric in widget["properties"]["metrics"]:
        options = metric[-1]
        usual, share = _INVENTED.get(options["label"], (0.0, 0.0))
        values = [
            round(usual * invented.uniform(0.5, 1.5)) if invented.random() < share else 0 for _ in range(_HOURS * 4)
        ]
        axes.plot([each / 4 for each in range(_HOURS * 4)], values, color=options["color"], label=options["label"])
    axes.set(
        xlim=(0, _HOURS),
        ylim=(0, max(1.0, 1.3 * axes.get_ylim()[1])),
        ylabel=widget["properties"]["yAxis"]["left"]["label"],
    )
    axes.yaxis.label.set_color(text)
    axes.tick_params(colors=text)
    axes.set_xticks(range(0, _HOURS + 1, 6), [f"{hour:02}:00" for hour in range(0, _HOURS + 1, 6)])
    axes.grid(color=grid, linewidth=0.5)
    axes.legend(loc="upper right", frameon=False, labelcolor=text)
    for side in axes.spines.values():
        side.set_color(grid)


if __name__ == "__main__":
    for each in _COLORS:
        draw(each)
