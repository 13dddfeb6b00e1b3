"""What is said instead of an answer, and which pages are named with it."""

from collections import Counter
from collections.abc import Sequence

from rag_core.citing import nearest
from rag_core.domain import Answer, Draft, Found, Outcome, Passage, Question
from rag_core.identifying import languages

NO_EVIDENCE = "I don't know: I found nothing in the documents that has to do with this question."
UNSUPPORTED = "I don't know: the documents touch on this, but I found no passage that answers it."
CUT_SHORT = (
    "I don't know: the answer was blocked or cut off before anything of it had a source. Ask again, or for less."
)
FOREIGN = (
    "I don't know: the documents that I found are in {language}, and this question seems to be in another language. "
    "Ask it in the language of the documents."
)
PERHAPS_FOREIGN = f"{NO_EVIDENCE} If they are in another language than your question, ask in theirs."
SPOKEN = "English"  # what is analyzed with: a question in it finds its words, if they are there


def abstention(
    question: Question, outcome: Outcome, found: Found, confidence: float, draft: Draft | None = None
) -> Answer:
    """That documents in another language say nothing is not known: they are not called silent."""
    language = None if draft else foreign(question, found.passages)
    if language:
        outcome = Outcome.UNSUPPORTED
    return Answer(
        question.id,
        outcome,
        FOREIGN.format(language=language) if language else _reason(question, outcome, found, draft),
        nearest(found.passages),
        found.passages,
        round(confidence, 4),
        index_version=found.version,
        usage=draft.usage if draft else (),
        complete=draft is None or draft.complete,
    )


def _reason(question: Question, outcome: Outcome, found: Found, draft: Draft | None) -> str:
    if draft and not draft.complete:
        return CUT_SHORT
    if outcome is Outcome.UNSUPPORTED:
        return UNSUPPORTED
    asked = languages(question.text)
    return PERHAPS_FOREIGN if asked and SPOKEN not in asked and not found.passages else NO_EVIDENCE


def foreign(question: Question, passages: Sequence[Passage]) -> str | None:
    """The language of the passages, where none of them is in the question's and both can be told."""
    asked = languages(question.text)
    written = [each for each in (languages(passage.chunk.text) for passage in passages) if each]
    if not asked or not written or any(asked & each for each in written):
        return None
    return Counter(language for each in written for language in sorted(each)).most_common(1)[0][0]
