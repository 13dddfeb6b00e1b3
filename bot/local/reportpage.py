"""The report as one HTML page that needs nothing else: it can be mailed, archived, opened offline.

It holds what people asked and wrote, so everything is escaped and nothing in it is run or fetched.
"""

import base64
import hashlib
from functools import cache

from markupsafe import Markup

from bot import durations
from bot.local import charts
from bot.local.templating import STATIC, fill
from rag_core.domain import AnswerRecord
from rag_core.reporting import Drafts, Report
from rag_core.tallies import Durations

SENT = ("As it was", "Edited", "Not used")
SHADOW = ("The same", "A part of it", "Nothing of it")


def page(report: Report, *, inside: bool = False) -> str:
    """`inside` the playground it has the playground's links."""
    return fill(
        "report.html",
        report=report,
        inside=inside,
        style=Markup(_style()),  # noqa: S704 - our own sheet
        span=charts.MOST_DAYS if _is_long(report) else None,
        days=charts.days(report.days) if report.days else None,
        spent=charts.spent(report.spent) if report.spent else None,
        reasons=charts.counts(report.reasons, "reasons why answers did not help") if report.reasons else None,
        sent=_sent(report.drafts, SENT, "what agents sent where there was a draft"),
        shadow=_sent(report.shadow, SHADOW, "what agents sent where nobody was shown the draft"),
        took=_took(report.durations),
        worst=[(record, _against(record)) for record in report.worst],
    )


def style_hash() -> str:
    """The page's inline style as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


@cache
def _style() -> str:
    return (STATIC / "style.css").read_text("utf-8")


def _is_long(report: Report) -> bool:
    return bool(report.days) and (report.days[-1].day - report.days[0].day).days >= charts.MOST_DAYS


def _sent(drafts: Drafts, names: tuple[str, ...], description: str) -> dict[str, object] | None:
    """None where nothing was compared."""
    rows = tuple(zip(names, (drafts.as_is, drafts.edited, drafts.unused), strict=True))
    return {"rows": rows, "chart": charts.counts(rows, description)} if drafts.compared else None


def _took(found: Durations) -> dict[str, object] | None:
    """None where nothing was timed."""
    rows = [
        (name, durations.seconds(p[50]), durations.seconds(p[90]), durations.seconds(p[99]))
        for what, name in durations.TIMES.items()
        if (p := found.percentiles(what))
    ]
    if not rows:
        return None
    stages = [(name, round(share * 100)) for name, share in durations.stages(found)]
    return {
        "rows": rows,
        "stages": stages,
        "chart": charts.counts(stages, "the share of each stage in percent") if stages else None,
        "cached": durations.cached(found),
        "hits": sum(found.cached.values()),
    }


def _against(record: AnswerRecord) -> dict[str, object]:
    ratings = [rating for rating in record.ratings if not rating.helpful]
    return {
        "count": len(ratings),
        "reasons": ", ".join(dict.fromkeys(rating.reason for rating in ratings if rating.reason)),
        "comments": [rating.comment for rating in ratings if rating.comment],
    }
