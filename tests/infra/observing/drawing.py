"""The dashboard as a page: its own widgets, at their places, over a store of metrics and lines of logs.

CloudWatch draws it in its own way; what is drawn, of which metrics and under which words, is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import cycle
from typing import Any

from tests.infra.observing.insights import run
from tests.infra.observing.metering import Math, Series, Store

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 460, 196, 40, 20, 8  # of a chart, in pixels
COLOURS = ("#1565c0", "#ef6c00", "#2e7d32", "#6a1b9a", "#00838f", "#c62828")
STYLE = """
* { box-sizing: border-box }
body { margin: 0; padding: 20px; width: 1500px; background: #f2f4f7; color: #16202b }
body, svg text { font: 13px/1.4 "DejaVu Sans", Arial, sans-serif }
h1 { font-size: 19px; margin: 0 0 2px }
h2 { font-size: 14px; margin: 0 0 4px }
.sub { margin: 0 0 14px; color: #51606f }
main { display: grid; grid-template-columns: repeat(24, 1fr); gap: 10px; grid-auto-rows: 39px }
section { background: #fff; border: 1px solid #d9dfe6; border-radius: 6px; padding: 10px 12px; overflow: hidden }
svg { display: block; width: 100%; height: auto }
svg text { font-size: 11px; fill: #51606f }
.legend { display: flex; flex-wrap: wrap; gap: 2px 12px; margin: 4px 0 0; padding: 0; font-size: 11.5px }
.legend { list-style: none }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px }
.alarms { display: flex; gap: 8px; flex-wrap: wrap }
.alarms b { font-weight: 600; border-radius: 12px; padding: 3px 11px; font-size: 12px }
.ok { background: #e4f3e6; color: #1b5e20 }
.bad { background: #fde7e7; color: #a31515 }
.none { color: #51606f }
table { border-collapse: collapse; width: 100%; font-size: 11.5px }
td, th { text-align: left; padding: 4px 8px 4px 0; border-bottom: 1px solid #e8ecf0; white-space: nowrap }
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line or area of a widget."""

    label: str
    colour: str
    series: Series


def series(widget: Mapping[str, Any], store: Store) -> list[Drawn]:
    """What a widget shows, evaluated."""
    props = widget["properties"]
    known: dict[str, Series] = {}
    expressions: dict[str, str] = {}
    shown: list[tuple[str, str, Any]] = []
    for place, row in enumerate(props["metrics"]):
        options = row[-1] if isinstance(row[-1], dict) else {}
        name = options.get("id", f"m{place}")
        if "expression" in options:
            expressions[name] = options["expression"]
        else:
            space, metric, *pairs = (each for each in row if not isinstance(each, dict))
            dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
            stat = options.get("stat", props["stat"])
            known[name] = store.series(space, metric, dimensions, stat, props["period"])
        if options.get("visible", True):
            shown.append((name, options.get("label", ""), options.get("color")))
    times = sorted({at for each in known.values() for at in each})
    math, colours, found = Math(store, known, expressions, times), cycle(COLOURS), list[Drawn]()
    for name, label, colour in shown:
        value: dict[Any, Any] = known[name] if name in known else math.value(expressions[name])
        several = value if value and all(isinstance(each, dict) for each in value.values()) else {label: value}
        found += [Drawn(str(each), colour or next(colours), one) for each, one in several.items()]
    return found


def page(
    dashboard: Mapping[str, Any],
    store: Store,
    logs: Sequence[Mapping[str, Any]],
    states: Mapping[str, tuple[str, bool]],
) -> str:
    """`states`: of each alarm's ARN, its name and whether it is on."""
    drawn = "".join(_widget(each, store, logs, states) for each in dashboard["widgets"])
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>supportbot</title><style>{STYLE}</style>"
        "<h1>supportbot-live</h1><p class=sub>A simulated week, 16 to 22 November 2026 (UTC): on Thursday the model "
        f"was throttled for three hours, from Saturday on no ingestion came through.</p><main>{drawn}</main></html>"
    )


def _widget(widget: Mapping[str, Any], store: Store, logs: Any, states: Mapping[str, tuple[str, bool]]) -> str:
    props = widget["properties"]
    match widget["type"]:
        case "alarm":
            inner = _alarms(props["alarms"], states)
        case "log":
            inner = _table(run(props["query"], logs))
        case _:
            inner = _chart(props, series(widget, store), store.span)
    x, y, wide, high = (widget[name] for name in ("x", "y", "width", "height"))
    at = f"grid-column:{x + 1}/span {wide};grid-row:{y + 1}/span {high}"
    return f'<section style="{at}"><h2>{escape(props["title"])}</h2>{inner}</section>'


def _alarms(names: Sequence[str], states: Mapping[str, tuple[str, bool]]) -> str:
    told = [states[name] for name in names]
    return (
        "<div class=alarms>"
        + "".join(
            f'<b class="{"bad" if on else "ok"}">{escape(name)}: {"in alarm" if on else "OK"}</b>' for name, on in told
        )
        + "</div>"
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p class=none>Nothing failed.</p>"
    names = [name for name in rows[0] if any(row.get(name) for row in rows)]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = ("".join(f"<td>{escape(str(row.get(name) or '')[:60])}</td>" for name in names) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _chart(props: Mapping[str, Any], drawn: Sequence[Drawn], span: tuple[float, float]) -> str:
    times = sorted({at for each in drawn for at in each.series})
    if not times:
        return "<p class=none>No data.</p>"
    period = props["period"]
    if stacked := props.get("stacked", False):  # what was not counted was none
        times = list(range(int(span[0] // period * period), times[-1] + 1, period))
    tops = [
        sum(d.series.get(at, 0) for d in drawn) if stacked else max(d.series.get(at, 0) for d in drawn) for at in times
    ]
    rules = props.get("annotations", {}).get("horizontal", [])
    axis = props["yAxis"]["left"]
    highest = axis.get("max") or _round(max([*tops, *(rule["value"] for rule in rules)]) * 1.04 or 1)
    frame = _Frame(*span, highest)
    parts = [frame.grid(axis["label"])]
    under = dict.fromkeys(times, 0.0)
    for each in drawn:
        if stacked:
            over = {at: under[at] + each.series.get(at, 0.0) for at in times}
            points = frame.points(over) + " " + " ".join(reversed(frame.points(under).split()))
            parts.append(f'<polygon points="{points}" fill="{each.colour}" fill-opacity=".82"/>')
            under = over
        else:
            parts += [frame.line(run, each.colour, dots=period == 86400) for run in _runs(each.series, period)]
    parts += [frame.rule(rule["value"], rule["label"], rule["color"]) for rule in rules]
    legend = "".join(f'<li><i style="background:{d.colour}"></i>{escape(d.label)}</li>' for d in drawn)
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(props["title"])}">{"".join(parts)}</svg>'
    return f"{svg}<ul class=legend>{legend}</ul>"


def _runs(series: Series, period: int) -> list[Series]:
    """Without a line over what has no data."""
    found: list[Series] = []
    for at in sorted(series):
        if not found or at - max(found[-1]) > period:
            found.append({})
        found[-1][at] = series[at]
    return found


def _round(value: float) -> float:
    step = 10 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return -(-value // (step / 2)) * step / 2


@dataclass(frozen=True, slots=True)
class _Frame:
    first: float
    last: float
    highest: float

    def x(self, at: float) -> float:
        return round(LEFT + (at - self.first) / (self.last - self.first or 1) * (WIDTH - LEFT - 6), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - min(value / self.highest, 1.0) * (HEIGHT - BOTTOM - TOP - 10), 1)

    def points(self, series: Series) -> str:
        return " ".join(f"{self.x(at)},{self.y(series[at])}" for at in sorted(series))

    def line(self, series: Series, colour: str, *, dots: bool) -> str:
        line = f'<polyline points="{self.points(series)}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        if not dots and len(series) > 1:
            return line
        circles = (f'<circle cx="{self.x(at)}" cy="{self.y(series[at])}" r="2.6" fill="{colour}"/>' for at in series)
        return line + "".join(circles)

    def rule(self, value: float, label: str, colour: str) -> str:
        y = self.y(value)
        above = y + 12 if y < TOP + 24 else y - 4
        return (
            f'<line x1="{LEFT}" x2="{WIDTH - 6}" y1="{y}" y2="{y}" stroke="{colour}" stroke-dasharray="4 3"/>'
            f'<text x="{WIDTH - 8}" y="{above}" text-anchor="end" style="fill:{colour}">{escape(label)}</text>'
        )

    def grid(self, label: str) -> str:
        parts = [f'<text x="0" y="{TOP + 2}">{escape(label)}</text>']
        for share in (0, 0.5, 1):
            y = self.y(share * self.highest)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 6}" y1="{y}" y2="{y}" stroke="#e3e8ed"/>')
            parts.append(f'<text x="{LEFT - 5}" y="{y + 4}" text-anchor="end">{share * self.highest:g}</text>')
        day = 86400
        for at in range(int(-(-self.first // day) * day), int(self.last) + 1, day):
            named = datetime.fromtimestamp(at, UTC)
            if at < self.last:
                parts.append(f'<text x="{self.x(at)}" y="{HEIGHT - 5}">{named:%a %-d}</text>')
        return "".join(parts)
