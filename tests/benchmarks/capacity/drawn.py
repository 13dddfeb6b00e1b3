"""The charts of docs/capacity.md as SVG: the same bytes from the same figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pygal
from pygal.etree import etree
from pygal.style import Style

import bot.local.charts  # noqa: F401 - it takes back what pygal does to imports
from tests.benchmarks.capacity.limits import Channel
from tests.benchmarks.capacity.scenarios import AT_ONCE, at_once
from tests.benchmarks.marked import DOCS

COLOURS = ("#1f6feb", "#b35900", "#1a7f37", "#8250df")


def draw() -> Sequence[Path]:
    counts = [f"{count:,}" for count in AT_ONCE]
    sizes = {
        f"{size}, {channel}": [at_once(size, channel, count) for count in AT_ONCE]
        for size, channel in (
            ("large", Channel.API), ("large", Channel.SLACK), ("large", Channel.ZENDESK), ("standard", Channel.SLACK),
        )
    }  # fmt: skip
    first = _chart("Seconds to the first words, 99th percentile, by questions at once", counts)
    oldest = _chart("Seconds that the oldest job waits in the queue, by questions at once", counts)
    for name, results in sizes.items():
        first.add(name, [result.first[1] for result in results])
        oldest.add(name, [max(result.oldest, 0.1) for result in results])
    return _written(first, "capacity-first-words.svg"), _written(oldest, "capacity-queue.svg")


def _chart(title: str, labels: Sequence[str]) -> Any:
    style = Style(
        background="#ffffff", plot_background="#ffffff", foreground="#24292f", foreground_strong="#24292f",
        foreground_subtle="#57606a", colors=COLOURS, font_family="sans-serif", title_font_size=15,
        label_font_size=12, legend_font_size=12,
        stroke_width=2, guide_stroke_color="#d0d7de", major_guide_stroke_color="#d0d7de",
    )  # fmt: skip
    chart = pygal.Line(
        js=[], width=760, height=380, explicit_size=True, no_prefix=True, logarithmic=True, title=title,
        style=style, legend_at_bottom=True, legend_at_bottom_columns=2, x_title="questions at once", dots_size=4,
    )  # fmt: skip
    chart.x_labels, chart.y_labels = labels, [0.1, 1, 10, 100, 1_000, 10_000]
    return chart


def _written(chart: Any, name: str) -> Path:
    root = chart.render_tree()
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag.rpartition("}")[2] == "script":
            element.getparent().remove(element)  # a comment with the day, and what nobody runs
    file = DOCS / name
    file.write_bytes(etree.tostring(root) + b"\n")
    return file
