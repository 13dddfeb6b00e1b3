"""Random documents, audiences and tickets through a real index: what a note cites, and where."""

from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from random import Random

from lxml import html as parser

from bot.app import App
from bot.observability import Telemetry
from bot.settings import Settings
from bot.zendesk_core import ZendeskCore
from integrations.zendesk.drafting import AUDIENCE
from integrations.zendesk.notes import Beside, note
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.domain import (
    Audience,
    Chunk,
    Deadline,
    Document,
    DocumentId,
    Fingerprint,
    PersonId,
    QuestionId,
    SourceName,
)

SOURCE = SourceName("docs")
WORDS = (
    "refund invoice card bank domain sender region export contact segment campaign bounce limit key owner plan webhook "
    "template schedule signature password login billing report archive delivery address"
)


@dataclass(slots=True)
class Seen:
    """What came of it."""

    asked: int = 0
    answered: int = 0
    cited: int = 0
    beside: int = 0  # internal pages named for the agent
    wrong: list[str] = field(default_factory=list)


class Readers:
    """One index after another, each of documents with audiences by chance; tickets are asked of each."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home, self._chance = home, Random(seed)  # noqa: S311
        self.seen = Seen()

    def run(self, triples: int, *, documents: int = 40, tickets: int = 50) -> Seen:
        """A triple is a document with its audience, as one ticket might be answered from it."""
        for number in range(-(-triples // (documents * tickets))):
            self._round(self._home / str(number), documents, tickets)
        return self.seen

    def _round(self, home: Path, documents: int, tickets: int) -> None:
        app = App(Settings(home=str(home), embedding_model="none"))
        audiences = self._ingest(home, documents)
        core = ZendeskCore(app, Telemetry("readers", plain=True, metrics=False, stream=StringIO()))
        for number in range(tickets):
            self._ask(core, f"{number:016x}", audiences)
        app.index.close() if hasattr(app.index, "close") else None

    def _ingest(self, home: Path, documents: int) -> dict[str, Audience]:
        audiences = dict[str, Audience]()
        home.mkdir(parents=True)
        with EmbeddedWriter(home, SOURCE) as writer:
            for number in range(documents):
                audience, url = self._chance.choice(list(Audience)), f"https://help.example/{number}"
                audiences[url] = audience
                page = Document(DocumentId(str(number)), SOURCE, self._text(3), url, audience, Fingerprint("1"))
                writer.replace(page, [Chunk(page, 0, (), url, f"{self._text(12).capitalize()}. {self._text(9)}.")])
            writer.commit(None)
        return audiences

    def _ask(self, core: ZendeskCore, name: str, audiences: dict[str, Audience]) -> None:
        deadline = Deadline.within(60)
        question = core.question(
            f"{self._text(2)}\n\nHow do I {self._text(5)}?",
            id=QuestionId(name),
            audience=AUDIENCE,
            asked_by=PersonId("zendesk:example:1"),
            channel="zendesk",
        )
        answer, seen = core.answer(question, deadline=deadline), self.seen
        inside = core.internal(question, deadline=deadline)
        root = parser.fragment_fromstring(note(answer, Beside(internal=inside)), create_parent="body")
        marked = [each for each in root.iterchildren("p") if "Internal, do not send" in each.text_content()]
        below = marked[0].getnext() if marked else None
        internal = [each.get("href") for each in below.iter("a")] if below is not None else []
        cited = [each.get("href") for each in root.iter("a")]
        seen.asked, seen.cited = seen.asked + 1, seen.cited + len(cited) - len(internal)
        seen.answered, seen.beside = seen.answered + (answer.outcome == "answered"), seen.beside + len(internal)
        public = list(cited)
        for each in internal:
            public.remove(each)
        seen.wrong += [f"{each} is not for the public" for each in public if audiences[str(each)] is Audience.INTERNAL]
        seen.wrong += [f"{each} is not internal" for each in internal if audiences[str(each)] is Audience.PUBLIC]

    def _text(self, words: int) -> str:
        return " ".join(self._chance.choices(WORDS.split(), k=words))
