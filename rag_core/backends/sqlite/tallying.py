"""A day in numbers, counted anew for every report, so that nothing can drift; `durations` alone are kept."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from rag_core.backends.sqlite import durations
from rag_core.domain import Outcome, SourceName, Use
from rag_core.tallies import Durations, Tally, Verdicts

ASKED = (
    "SELECT substr(asked_at, 1, 10) AS day, outcome, channel, count(*) FROM answer "
    "WHERE day >= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
SAID = "SELECT day, helpful, reason, channel, cited, count(*) FROM rating WHERE day >= ? GROUP BY 1, 2, 3, 4, 5"
SENT = "SELECT day, shadow, use, count(*), sum(kept) FROM acceptance WHERE day >= ? GROUP BY 1, 2, 3"

Rows = list[tuple[Any, ...]]


def tallies(db: sqlite3.Connection, first: str) -> list[Tally]:
    """From that day on, the oldest first."""
    asked, said, sent = (_by_day(db.execute(query, [first])) for query in (ASKED, SAID, SENT))
    took = durations.by_day(db, first)
    return [
        Tally(
            date.fromisoformat(day),
            durations=took.get(day, Durations()),
            **_asked(rows),
            **_said(said[day]),
            **_sent(sent[day]),
        )
        for day, rows in asked.items()
    ]


def _by_day(rows: Iterable[tuple[Any, ...]]) -> defaultdict[str, Rows]:
    """Each row without its day."""
    found = defaultdict[str, Rows](list)
    for day, *rest in rows:
        found[day].append(tuple(rest))
    return found


def _asked(rows: Rows) -> dict[str, Any]:
    """A day's, as Tally names them."""
    outcomes: Counter[Outcome] = Counter()
    channels = defaultdict[str, dict[Outcome, int]](dict)
    for outcome, channel, count in rows:
        outcomes[Outcome(outcome)] += count
        channels[channel][Outcome(outcome)] = count
    return {"outcomes": dict(outcomes), "asked_in": dict(channels)}


def _said(rows: Rows) -> dict[str, Any]:
    helpful, reasons = 0, Counter[str]()
    channels, sources = defaultdict[str, Counter[bool]](Counter), defaultdict[str, Counter[bool]](Counter)
    for helped, reason, channel, cited, count in rows:
        if helped:
            helpful += count
        else:
            reasons[reason] += count
        channels[channel][bool(helped)] += count
        for source in json.loads(cited):
            sources[source][bool(helped)] += count
    return {
        "helpful": helpful,
        "not_helpful": dict(reasons),
        "rated_in": {name: Verdicts(found[True], found[False]) for name, found in channels.items()},
        "rated_from": {SourceName(name): Verdicts(found[True], found[False]) for name, found in sources.items()},
    }


def _sent(rows: Rows) -> dict[str, Any]:
    shown, shadow = ([row[1:] for row in rows if row[0] == apart] for apart in (0, 1))
    return {
        "uses": {Use(use): count for use, count, _ in shown},
        "kept": sum(kept for use, _, kept in shown if use == Use.EDITED),
        "shadow_uses": {Use(use): count for use, count, _ in shadow},
        "shadow_kept": sum(kept for use, _, kept in shadow if use == Use.EDITED),
    }
