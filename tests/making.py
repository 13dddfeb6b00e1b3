"""Short ways to make the nouns that tests are about."""

from datetime import UTC, datetime
from pathlib import Path

from bot.app import App
from bot.settings import Settings
from rag_core.domain import (
    Answer,
    Audience,
    Chunk,
    Document,
    DocumentId,
    Fingerprint,
    Heading,
    Outcome,
    Passage,
    PersonId,
    Question,
    QuestionId,
    SourceName,
)

SOURCE = SourceName("/docs")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def document(name: str, *, audience: Audience = Audience.PUBLIC, version: str = "1", source: str = SOURCE) -> Document:
    url = f"https://help.example/{name}"
    return Document(DocumentId(name), SourceName(source), name.title(), url, audience, Fingerprint(version))


def chunk(text: str, of: Document, *headings: str, ordinal: int = 0) -> Chunk:
    path = tuple(Heading(heading, heading.lower().replace(" ", "-")) for heading in headings)
    return Chunk(of, ordinal, path, f"{of.url}#{path[-1].anchor}" if path else of.url, text)


def passage(text: str, name: str = "page", *headings: str, score: float = 1.0, cosine: float | None = None) -> Passage:
    return Passage(chunk(text, document(name), *headings), score, cosine, 5.0)


def question(
    text: str, *, name: str = "q1", audience: Audience = Audience.PUBLIC, previous: str | None = None
) -> Question:
    return Question(QuestionId(name), text, audience, PersonId("ada"), "test", NOON, previous)


def answer(
    to: Question, outcome: Outcome = Outcome.ANSWERED, text: str = "Yes. [1]", confidence: float = 0.8
) -> Answer:
    return Answer(to.id, outcome, text, (), (), confidence)


def write(root: Path, **files: str) -> Path:
    """Files by name, a double underscore standing for a slash; without an ending they become .md."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def app(home: Path, embedding_model: str = "none") -> App:
    """What NOON is written with stays, whenever a test runs."""
    return App(Settings(home=str(home), embedding_model=embedding_model, retention=36_500))
