"""Why an answer came out as it did: what was found, how sure it was, where the time went."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from rag_core.domain import Answer, Audience, DocumentId, Passage, SourceName
from rag_core.markup import plain_text

LISTED = 8  # passages
START = 180  # characters of a passage
TOTAL = "total"
STAGES = {
    "embed": "Understand the question",
    "retrieve": "Search the documents",
    "judge": "Judge what was found",
    "draft": "Write the answer",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage in the list; `share` is its score in percent."""

    heading: str
    start: str
    url: str
    score: str
    share: str
    details: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's time in milliseconds, and the bar it is drawn as: start and width in percent of all."""

    name: str
    milliseconds: str
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Why:
    """Everything the part "Why this answer" shows."""

    confidence: float
    found: tuple[Found, ...]
    more: int
    stages: tuple[Stage, ...]
    total: str


def why(answer: Answer, audience: Audience) -> Why:
    listed = answer.passages[:LISTED]
    return Why(
        answer.confidence,
        tuple(_found(passage, audience) for passage in listed),
        len(answer.passages) - len(listed),
        _stages(answer.timings_ms),
        _time(answer.timings_ms.get(TOTAL, 0.0)),
    )


def document_url(source: SourceName, document: DocumentId, audience: Audience, /, **place: object) -> str:
    """The page that shows a document, at the passage that `place` names."""
    query = urlencode({"in": source, "audience": audience.value, **place})
    return f"/documents/{quote(document)}?{query}" + ("#passage" if place else "")


def _found(passage: Passage, audience: Audience) -> Found:
    chunk = passage.chunk
    text = plain_text(chunk.text)
    parts = [
        f"meaning {passage.cosine:.2f}" if passage.cosine is not None else "",
        f"words {passage.bm25:.1f}" if passage.bm25 is not None else "",
    ]
    return Found(
        chunk.heading,
        text[:START].rstrip() + ("…" if len(text) > START else ""),
        document_url(chunk.document.source, chunk.document.id, audience, passage=chunk.ordinal),
        f"{passage.score:.2f}",
        f"{100 * min(max(passage.score, 0.0), 1.0):.1f}",
        " · ".join(part for part in parts if part),
    )


def _stages(timings: Mapping[str, float]) -> tuple[Stage, ...]:
    known = {name: timings[name] for name in timings if name != TOTAL}
    whole = max(sum(known.values()), 0.01)
    stages, before = [], 0.0
    for name, taken in known.items():
        start, width = 100 * before / whole, max(100 * taken / whole, 0.5)
        stages.append(Stage(STAGES.get(name, name), _time(taken), f"{min(start, 99.5):.1f}", f"{width:.1f}"))
        before += taken
    return tuple(stages)


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds >= 100 else f"{milliseconds:.1f} ms"
