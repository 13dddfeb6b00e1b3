"""Charts as SVG that stands in a page: no script, no style of its own, nothing that is fetched.

pygal draws; its defaults (scripts, tooltips, colours, fonts) are taken out, so that the page's sheet decides and dark
mode holds for charts too.
"""

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pygal
from markupsafe import Markup
from pygal.etree import etree
from pygal.style import Style

from rag_core.reporting import Day

# pygal 3.1 adds a finder of maps that Python 3.12 cannot call and 3.11 warns about, at every import that fails:
# https://github.com/Kozea/pygal/blob/3.1.3/pygal/__init__.py
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

DROPPED = ("defs", "desc", "title")
LABELS = 7  # more days than this have a label now and then
FEWEST_DAYS, MOST_DAYS = 14, 90  # drawn, days without questions among them
TICKS = 4  # about so many numbers at the axis


def days(days: Sequence[Day]) -> Markup:
    """Answered and declined questions of each day, one on the other; needs a day at least."""
    drawn = _consecutive(days)
    chart = pygal.StackedBar(**_options(260), show_legend=True, legend_at_bottom=True, show_minor_x_labels=False)
    chart.x_labels = [f"{day.day:%d %b}" for day in drawn]
    chart.x_labels_major = chart.x_labels[:: -(-len(drawn) // LABELS) * -1]
    chart.y_labels = _ticks(max(day.answered + day.declined for day in drawn))
    chart.add("Answered", [day.answered for day in drawn])
    chart.add("Not answered", [day.declined for day in drawn])
    return _drawn(chart, f"Bar chart: questions per day, answered and not, {drawn[0].day} to {drawn[-1].day}")


def spent(spent: Sequence[tuple[date, float]]) -> Markup:
    """USD of each day; needs a day at least."""
    chart = pygal.Bar(**_options(220), max_scale=TICKS + 2, show_legend=False, show_minor_x_labels=False)
    drawn = spent[-MOST_DAYS:]
    chart.x_labels = [f"{day:%d %b}" for day, _ in drawn]
    chart.x_labels_major = chart.x_labels[:: -(-len(drawn) // LABELS) * -1]
    chart.add("USD", [round(usd, 4) for _, usd in drawn])
    return _drawn(chart, f"Bar chart: what models cost per day in USD, {drawn[0][0]} to {drawn[-1][0]}")


def counts(counts: Sequence[tuple[str, int]], description: str) -> Markup:
    """How often each of them was, the first on top."""
    chart = pygal.HorizontalBar(**_options(70 + 34 * len(counts)), show_legend=False)
    chart.x_labels = [name.capitalize() for name, _ in reversed(counts)]
    chart.y_labels = _ticks(max(count for _, count in counts))
    chart.add("Count", [count for _, count in reversed(counts)])
    return _drawn(chart, f"Bar chart: {description}")


def _consecutive(days: Sequence[Day]) -> list[Day]:
    """Every day up to the last that has questions, so that a pause shows as one."""
    known, last = {day.day: day for day in days}, days[-1].day
    count = min(max((last - days[0].day).days + 1, FEWEST_DAYS), MOST_DAYS)
    wanted = (last - timedelta(days=ago) for ago in reversed(range(count)))
    return [known.get(day, Day(day, 0, 0)) for day in wanted]


def _ticks(highest: int) -> list[int]:
    step = max(-(-highest // TICKS), 1)
    return list(range(0, highest + step, step))


def _options(height: int) -> dict[str, Any]:
    return {
        "js": [],
        "css": [],
        "width": 520,
        "height": height,
        "classes": ("chart",),
        "margin": 8,
        "rounded_bars": 2,
        "truncate_label": -1,
        "style": Style(label_font_size=13),  # as the page's sheet writes them: there must be room
    }


def _drawn(chart: Any, description: str) -> Markup:
    root = chart.render_tree()
    for element in list(root.iter()):
        if not isinstance(element.tag, str):  # a comment, which names pygal's site
            element.getparent().remove(element)
            continue
        element.tag = element.tag.rpartition("}")[2]
        if element.tag in DROPPED or "tooltip-overlay" in element.get("class", ""):
            element.getparent().remove(element)
    etree.cleanup_namespaces(root)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", description)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - lxml escapes what people wrote
