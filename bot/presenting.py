"""Nouns as JSON objects: what `--json` prints and the playground's scripts read. Keys are a contract."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot import durations
from rag_core.domain import Answer, Citation, Passage
from rag_core.runs import IngestionRun, RunRecord

if TYPE_CHECKING:
    from rag_core.costing import Costs
    from rag_core.reporting import Drafts, Report
    from rag_core.tallies import Verdicts


def answer(answer: Answer) -> dict[str, Any]:
    return {
        "question_id": answer.question_id,
        "outcome": answer.outcome.value,
        "text": answer.text,
        "citations": [citation(each) for each in answer.citations],
        "passages": [passage(each) for each in answer.passages],
        "confidence": answer.confidence,
        "timings_ms": dict(answer.timings_ms),
        "complete": answer.complete,
        "not_covered": answer.not_covered,
        "degraded": list(answer.degraded),
        "cached": answer.cached,
    }


def citation(citation: Citation) -> dict[str, Any]:
    return {
        "title": citation.title,
        "url": citation.url,
        "source": citation.source,
        "document_id": citation.document_id,
    }


def passage(passage: Passage) -> dict[str, Any]:
    return {
        "source": passage.chunk.document.source,
        "document_id": passage.chunk.document.id,
        "heading": passage.chunk.heading,
        "url": passage.chunk.url,
        "score": round(passage.score, 4),
        "text": passage.chunk.text,
    }


def run(run: IngestionRun) -> dict[str, Any]:
    return asdict(run) | {"failed": len(run.failures), "seconds": round(run.seconds, 3)}


def record(run: RunRecord) -> dict[str, Any]:
    """`failures` names the first, `failed` counts all."""
    found: dict[str, Any] = asdict(run) | {"state": run.state.value, "started": run.started.isoformat()}
    found |= {"ended": run.ended.isoformat() if run.ended else None}
    del found["begun"], found["listed"]
    result = found.pop("result") or {}
    return found | {name: result[name] for name in ("written", "unchanged", "removed", "failures") if result}


def costs(costs: "Costs") -> dict[str, Any]:
    return {
        "metered_usd": round(costs.metered, 6),
        "metered_usd_per_answer": costs.metered_per_answer,
        "charged_usd": costs.charged,
        "charged_to_others_usd": round(costs.others, 6),
        "difference_usd": asdict(costs.difference) if costs.difference else None,
        "days": [
            {
                "day": day.day.isoformat(),
                "questions": day.questions,
                "answered": day.answered,
                "metered_usd": round(day.metered, 6),
                "usage": [asdict(usage) for usage in day.usage],
                "charged_usd": dict(day.charged),
            }
            for day in costs.days
        ],
    }


def report(report: "Report") -> dict[str, Any]:
    return {
        "first_day": report.first.isoformat(),
        "last_day": report.last.isoformat(),
        "questions": report.questions,
        "answered_share": report.answered_share,
        "ratings": report.ratings,
        "helpful_share": report.helpful_share,
        "worst_answers": [
            {
                "question_id": record.question.id,
                "question": record.question.text,
                "confidence": record.confidence,
                "not_helpful": sum(not rating.helpful for rating in record.ratings),
                "reasons": [rating.reason for rating in record.ratings if rating.reason],
                "comments": [rating.comment for rating in record.ratings if rating.comment],
            }
            for record in report.worst
        ],
        "gaps": [
            {"questions": gap.questions, "count": len(gap.questions), "last_asked": gap.last_asked.isoformat()}
            | {"documents_touch_on_it": gap.touched, "only_internal_documents_answer_it": gap.internal}
            for gap in report.gaps
        ],
        "gaps_alike_in": "meaning" if report.by_meaning else "words",
        "days": [{"day": d.day.isoformat(), "answered": d.answered, "declined": d.declined} for d in report.days],
        "reasons": dict(report.reasons),
        "channels": {
            each.name: {"questions": each.questions, "answered": each.answered} | _verdicts(each.verdicts)
            for each in report.channels
        },
        "sources": {name: _verdicts(verdicts) for name, verdicts in report.sources},
        "ingestions": {
            source: {state.value: count for state, count in ended.items()} for source, ended in report.ingestions
        },
        "metered_usd": round(report.used.cost_usd, 6),
        "metered_usd_per_answer": report.usd_per_answer,
        "tokens_per_answer": report.tokens_per_answer,
        "durations": durations.shown(report.durations),
        "drafts": _drafts(report.drafts),
        "shadow": _drafts(report.shadow),
    }


def _verdicts(verdicts: "Verdicts") -> dict[str, Any]:
    return {"helpful": verdicts.helpful, "not_helpful": verdicts.not_helpful}


def _drafts(drafts: "Drafts") -> dict[str, Any]:
    return {
        "compared": drafts.compared,
        "as_is": drafts.as_is,
        "edited": drafts.edited,
        "unused": drafts.unused,
        "mean_kept_of_edited": None if drafts.mean_kept is None else round(drafts.mean_kept, 4),
    }
