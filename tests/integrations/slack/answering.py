"""Short ways to make answers."""

from datetime import UTC, datetime

from integrations.slack.answers import About
from rag_core.domain import (
    Answer,
    AnswerRecord,
    Audience,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    SourceName,
)

AS_OF = datetime(2026, 11, 2, 12, tzinfo=UTC)
ABOUT = About(as_of=AS_OF, searched={SourceName("docs"): 1_200, SourceName("faq"): 1})
INTERNAL = About(Audience.INTERNAL, AS_OF)


def cited(title: str = "Reset SSO", url: str = "https://help.example/sso") -> Citation:
    return Citation(title, url, SourceName("docs"), DocumentId(title.lower().replace(" ", "-")))


def answered(
    text: str = "Press **Reset**. [1]", *citations: Citation, complete: bool = True, not_covered: str = ""
) -> Answer:
    found = citations or (cited(),)
    return Answer(QuestionId("q1"), Outcome.ANSWERED, text, found, (), 0.9, complete=complete, not_covered=not_covered)


def declined(*nearest: Citation) -> Answer:
    text = "I don't know: the documents touch on this, but I found no passage that answers it."
    return Answer(QuestionId("q1"), Outcome.UNSUPPORTED, text, nearest, (), 0.2)


def recorded(answer: Answer) -> AnswerRecord:
    question = Question(answer.question_id, "How?", Audience.PUBLIC, PersonId("slack:T1:U1"), "slack", AS_OF)
    return AnswerRecord(
        question,
        answer.outcome,
        answer.text,
        answer.citations,
        answer.confidence,
        complete=answer.complete,
        not_covered=answer.not_covered,
    )
