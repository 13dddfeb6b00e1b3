"""Answers, ratings and acceptances as items, and back.

An item has at most 400 KB: what is longer is cut where it is, with a sign, and never refused.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import msgspec

from rag_core.backends.dynamodb.table import (
    STEP,
    TTL,
    Item,
    acceptance_key,
    answer_key,
    day_of,
    microseconds,
    next_rev,
    number,
    question_id,
    rating_key,
    text,
)
from rag_core.domain import (
    Acceptance,
    Answer,
    AnswerRecord,
    Audience,
    Citation,
    Declined,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.tallies import counted

# Bytes in UTF-8; together less than 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LONGEST_REPLY = 120_000
LONGEST_QUESTION = 40_000  # three of them: as asked, the one before, as understood
LONGEST_NOT_COVERED = 10_000
LONGEST_CITATIONS = 100_000
LONGEST_SOURCES = 10_000
LONGEST_COMMENT = 40_000
CUT = " […]"


def cut(value: str, longest: int) -> str:
    """At most so many bytes of UTF-8, the sign among them; half a character is none."""
    encoded = value.encode()
    if len(encoded) <= longest:
        return value
    return encoded[: max(longest - len(CUT.encode()), 0)].decode(errors="ignore") + CUT


def answer_item(question: Question, answer: Answer, former: Item, retention: timedelta) -> dict[str, Any]:
    """Of a question that was recorded before (`former`) the time of asking stays, and what people thought of it."""
    asked_at = question.asked_at.astimezone(UTC)
    ends = number(ceil(asked_at.timestamp() + retention.total_seconds()))
    asked = microseconds(asked_at)
    item = {
        **answer_key(question.id),
        **_question(question),
        "outcome": text(answer.outcome),
        "reply": text(cut(answer.text, LONGEST_REPLY)),
        "citations": text(_citations(answer.citations)),
        "confidence": number(answer.confidence),
        "complete": {"BOOL": answer.complete},
        "not_covered": text(cut(answer.not_covered, LONGEST_NOT_COVERED)),
        "usage": text(json.dumps([asdict(each) for each in answer.usage])),
        "durations": {"M": {name: number(f"{count:.2f}") for name, count in counted(answer).items()}},
        "asked": former.get("asked", number(asked)),
        "standing": former.get("standing", number(asked)),
        TTL: former.get(TTL, ends),
    }
    return item | _listed(item)


def rating_item(rating: Rating, former: Item, answer: Item) -> dict[str, Any]:
    """It keeps where it counts: the answer may be drafted again."""
    return {
        **rating_key(rating.question_id, rating.person),
        "helpful": {"BOOL": rating.helpful},
        "rated_at": text(_utc(rating.rated_at)),
        "reason": text(rating.reason),
        "comment": text(cut(rating.comment, LONGEST_COMMENT)),
        "channel": answer["channel"],
        "cited": text(_fitting(_cited(answer), LONGEST_SOURCES)),
        "rev": next_rev(former),
        TTL: answer[TTL],
    }


def acceptance_item(acceptance: Acceptance, former: Item, answer: Item) -> dict[str, Any]:
    return {
        **acceptance_key(acceptance.question_id),
        "use": text(acceptance.use),
        "kept": number(f"{acceptance.kept:.6f}"),
        "shadow": {"BOOL": acceptance.shadow},
        "sent_at": text(_utc(acceptance.sent_at)),
        "rev": next_rev(former),
        TTL: answer[TTL],
    }


def record_of(answer: Item, others: Sequence[Item]) -> AnswerRecord:
    """`others` are its ratings and its acceptance."""
    cited = json.loads(answer["citations"]["S"])
    sent = [each for each in others if "use" in each]
    ratings = [each for each in others if "use" not in each]
    return AnswerRecord(
        _question_of(answer),
        outcome_of(answer),
        str(answer["reply"]["S"]),
        tuple(Citation(t, url, SourceName(source), DocumentId(name), quote) for t, url, source, name, quote in cited),
        float(answer["confidence"]["N"]),
        tuple(sorted((_rating_of(each) for each in ratings), key=lambda rating: rating.rated_at)),
        _acceptance_of(sent[0]) if sent else None,
        bool(answer["complete"]["BOOL"]) if "complete" in answer else True,  # of an answer of before it was kept
        str(answer["not_covered"]["S"]) if "not_covered" in answer else "",
    )


def _cited(answer: Item) -> list[str]:
    return sorted({source for _, _, source, *_ in json.loads(answer["citations"]["S"])})


def declined_of(item: Item) -> Declined:
    return Declined(question_id(item), str(item["question"]["S"]), _moment(item), outcome_of(item))


def outcome_of(item: Item) -> Outcome:
    return Outcome(item["outcome"]["S"])


def usage_of(item: Item) -> list[Usage]:
    return msgspec.json.decode(item["usage"]["S"], type=list[Usage])  # passes over what a newer release has added


def dislikes(item: Item) -> int:
    return int(item["standing"]["N"]) // STEP


def _listed(item: Item) -> dict[str, Any]:
    """What puts an answer into one of the sparse indexes, or into none."""
    day = text(day_of(item).isoformat())
    if outcome_of(item) is not Outcome.ANSWERED:
        return {"declined_day": day}
    return {"disliked_day": day} if dislikes(item) else {}


def _question(question: Question) -> dict[str, Any]:
    given = {
        "question": cut(question.text, LONGEST_QUESTION),
        "previous": question.previous and cut(question.previous, LONGEST_QUESTION),
        "standalone": question.standalone and cut(question.standalone, LONGEST_QUESTION),
        "audience": question.audience,
        "asked_by": question.asked_by,
        "channel": question.channel,
        "sources": None if question.sources is None else _fitting(sorted(question.sources), LONGEST_SOURCES),
    }
    return {name: text(value) for name, value in given.items() if value is not None}


def _question_of(item: Item) -> Question:
    given = {name: value["S"] for name, value in item.items() if "S" in value}
    sources = json.loads(given["sources"]) if "sources" in given else None
    return Question(
        question_id(item),
        given["question"],
        Audience(given["audience"]),
        PersonId(given["asked_by"]),
        given["channel"],
        _moment(item),
        given.get("previous"),
        None if sources is None else frozenset(map(SourceName, sources)),
        given.get("standalone"),
    )


def _rating_of(item: Item) -> Rating:
    return Rating(
        question_id(item),
        PersonId(str(item["sk"]["S"]).removeprefix("rating#")),
        bool(item["helpful"]["BOOL"]),
        datetime.fromisoformat(item["rated_at"]["S"]),
        str(item["reason"]["S"]),
        str(item["comment"]["S"]),
    )


def _acceptance_of(item: Item) -> Acceptance:
    return Acceptance(
        question_id(item),
        Use(item["use"]["S"]),
        float(item["kept"]["N"]),
        bool(item["shadow"]["BOOL"]),
        datetime.fromisoformat(item["sent_at"]["S"]),
    )


def _citations(citations: Sequence[Citation]) -> str:
    """Quotes are cut before a citation is left out."""
    for most in (LONGEST_CITATIONS, 4_000, 1_000, 250, 60):
        rows = [[c.title, c.url, c.source, c.document_id, cut(c.quote, most)] for c in citations]
        if len(_written(rows).encode()) <= LONGEST_CITATIONS:
            break
    return _fitting(rows, LONGEST_CITATIONS)


def _fitting(rows: Sequence[object], longest: int) -> str:
    """The first of the rows: fewer of them, so that a list of what is allowed never allows more."""
    written = _written(rows)
    return written if len(written.encode()) <= longest else _fitting(rows[: len(rows) // 2], longest)


def _written(rows: Sequence[object]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def _moment(item: Item) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(item["asked"]["N"]))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
