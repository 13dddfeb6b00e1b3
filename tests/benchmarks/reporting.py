"""A report over a year of answers: the command as a whole process, and the playground's page."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from bot.local.reportpage import page
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.domain import (
    REASONS,
    Answer,
    Audience,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
    Vector,
)
from rag_core.grouping import group
from rag_core.reporting import GROUPED
from tests.benchmarks.material import DEMO, MODEL, supportbot
from tests.benchmarks.speed import RandomEmbedder, folder
from tests.making import app

ANSWERS, RATINGS, DAYS = 100_000, 30_000, 365
RUNS = 7
CITED = tuple(
    Citation(f"Page {n}", f"https://help.example/{n}", SourceName("/docs"), DocumentId(f"{n}"), "What it says.")
    for n in range(3)
)


def measure() -> None:
    """One answer in five is declined; a third of the ratings says not helpful, most of them of few answers."""
    with folder() as home:
        started = time.perf_counter()
        _fill(home)
        print(f"{ANSWERS:,} answers and {RATINGS:,} ratings recorded in {time.perf_counter() - started:.0f} s")
        _say("report, the table, whole process", lambda: supportbot("report", home=home))
        _say("report, a week of it, whole process", lambda: supportbot("report", "--since", "7d", home=home))
        _say("report --html, whole process", lambda: supportbot("report", "--html", home / "r.html", home=home))
        built = app(home)
        _say("report, the playground's page", lambda: page(built.report(), inside=True))
        _by_meaning(home)


def _by_meaning(home: Path) -> None:
    texts, unlike = [f"question{number}" for number in range(GROUPED)], Unlike()
    _say(f"grouping {GROUPED} unlike questions by meaning, their embedding aside", lambda: group(texts, unlike))
    if MODEL.exists():
        supportbot("ingest", DEMO / "help-center", home=home, model=MODEL)
        _say("report, gaps by meaning, whole process", lambda: supportbot("report", home=home, model=MODEL))


class Unlike(RandomEmbedder):
    """Vectors made beforehand, each far from every other: all are compared with all."""

    def __init__(self) -> None:
        super().__init__()
        self._made = [self.vector() for _ in range(GROUPED)]

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return self._made[: len(texts)]


def _say(what: str, run: Callable[[], object]) -> None:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    print(f"{what}: median {median(times):.2f} s of {RUNS}", flush=True)


def _fill(home: Path) -> None:
    chance = random.Random(3)  # noqa: S311
    now = datetime.now(UTC)
    with SqliteFeedbackLog(home) as log:
        for question in _questions(chance, now):
            declined = chance.choice([Outcome.NO_EVIDENCE, Outcome.UNSUPPORTED])
            outcome = Outcome.ANSWERED if chance.random() < 0.8 else declined
            log.record_answer(question, Answer(question.id, outcome, "What it says. [1] " * 20, CITED, (), 0.5))
        for number in range(RATINGS):
            rated = QuestionId(str(int(ANSWERS * chance.random() ** 2)))
            helpful = chance.random() < 0.67
            reason = "" if helpful else chance.choice(REASONS)
            log.record_rating(Rating(rated, PersonId(str(number)), helpful, now, reason, "" if helpful else "No."))


def _questions(chance: random.Random, now: datetime) -> Iterator[Question]:
    """The demo's, each with words of others behind it, so that hardly one is asked twice."""
    asked = [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    words = sorted({word for text in asked for word in text.split()})
    for number in range(ANSWERS):
        text = f"{chance.choice(asked)} {' '.join(chance.sample(words, 3))}"
        at = now - timedelta(days=DAYS * chance.random())
        yield Question(QuestionId(str(number)), text, Audience.PUBLIC, PersonId("ada"), "bench", at)
