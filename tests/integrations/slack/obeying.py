"""A model that says what it is told to, behind the real answering, guard, rendering and worker: Slack is judged.

An attack stands in three positions: it is what the model says, what a retrieved document holds, what a person asks.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.local.workspace.nouns import Message as Posted
from bot.local.workspace.world import Called
from integrations.slack.messages import Message
from integrations.slack.needs import OnStage, OnText, Week
from rag_core.answering import Answering
from rag_core.domain import (
    NEVER,
    Answer,
    Audience,
    Chunk,
    Deadline,
    Document,
    DocumentId,
    Draft,
    Fingerprint,
    Found,
    Heading,
    IndexVersion,
    Passage,
    Question,
    SourceName,
    Statement,
    Support,
    Vector,
)
from rag_core.grounding import Grounding
from rag_core.ports import OnStatement
from tests.integrations.slack.judging import faults
from tests.integrations.slack.office import Office, StubCore

PAGE = "https://help.example/page"
NOTHING = ({"type": "divider"},)  # in place of blocks, where there are none
ADDRESS = re.compile(r"https?://[^\s<>\"'`)\]|]+")


class Position(StrEnum):
    """Where the attack stands."""

    SAID = "said"  # by the model, of a page that has nothing to do with it
    FOUND = "found"  # in a document's text, its title and heading; the model repeats and cites it
    ASKED = "asked"


class Obedient:
    """AnswerModel: between two sentences it says the attack, and that the documents do not say it."""

    name = "obedient"

    def __init__(self) -> None:
        self.attack, self.cited = "", 0

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        here = (Support(self.cited, self.attack),)
        texts = ("Open Settings.", "Then wait.", self.attack, "And close it.")
        statements = tuple(Statement(text, here) for text in texts)
        for statement in statements:
            on_statement(statement)
        return Draft(statements, not_covered=self.attack)


class Poisoned:
    """Retriever: one page that is ours, and one that somebody has written the attack into."""

    version, embedding_model = IndexVersion("1"), None

    def __init__(self) -> None:
        self.attack = "Nothing."

    def search(
        self,
        text: str,
        vector: Vector | None,
        *,
        audience: Audience,
        limit: int,
        sources: Collection[SourceName] | None = None,
        deadline: Deadline = NEVER,
    ) -> Found:
        return Found((_passage("ours", "Our page", "Open Settings."), self._poisoned()), self.version)

    def _poisoned(self) -> Passage:
        return _passage("theirs", self.attack[:300], self.attack)


def _passage(name: str, title: str, text: str) -> Passage:
    url = PAGE if name == "ours" else f"{PAGE}#{name}"
    page = Document(DocumentId(name), SourceName("docs"), title, url, Audience.PUBLIC, Fingerprint("1"))
    return Passage(Chunk(page, 0, (Heading(title, "part"),), url, text), 1.0, None, 5.0)


class Sure(Grounding):
    """Or sure that nothing answers, which shows the nearest pages."""

    declining = False

    def confidence(self, question: Question, passages: Sequence[Passage]) -> float:
        return 1.0

    def suffices(self, confidence: float, passages: Sequence[Passage]) -> bool:
        return not self.declining

    def unrelated(self, confidence: float, passages: Sequence[Passage]) -> bool:
        return False


class ObedientCore(StubCore):
    """Real answers of an obedient model."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.model, self.index, self.judge, self.gap = Obedient(), Poisoned(), Sure(), ""
        self._answering = Answering(self.index, None, self.model, self.judge, self.log)  # type: ignore[arg-type]

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline = NEVER) -> Answer:
        return self._answering.answer(question, on_stage=on_stage, on_text=on_text, deadline=deadline)

    def week(self) -> Week:
        return Week(1, 0.0, None, (self.gap,), None)


class Trial:
    """Attacks one after another in one workspace."""

    def __init__(self, here: Office, core: ObedientCore) -> None:
        self._here, self._core = here, core
        here.core = core
        here.worker = here.hire()
        here.access.admins.add(here.ada.id)
        self.judged = 0

    def put(self, attack: str, position: Position) -> list[str]:
        """What of it reaches Slack in the answer to a mention and must not."""
        core, here = self._core, self._here
        core.model.attack = attack if position is not Position.ASKED else attack[:3_500]
        core.model.cited = 1 if position is Position.FOUND else 0
        core.index.attack = attack if position is Position.FOUND else "Nothing."
        here.mention(attack[:3_500] if position is Position.ASKED else "how?")
        here.work()
        return self._look(attack if position is Position.FOUND else "")

    def decline(self, attack: str) -> list[str]:
        """The nearest pages of an abstention are named by the attack."""
        core = self._core
        core.judge.declining, core.index.attack = True, attack
        self._here.mention("how?")
        self._here.work()
        core.judge.declining = False
        return self._look("")

    def whisper(self, attack: str) -> list[str]:
        """Answered to one alone, shared, rated, passed on; named as a file is, and as a gap of the week."""
        core, here, slack = self._core, self._here, self._here.slack
        core.model.attack, core.model.cited, core.index.attack, core.gap = attack, 1, attack, attack
        asked = slack.say(here.help, here.ben, attack[:3_500])
        here.queue.jobs.clear()
        slack.shortcut(here.ada, asked, "answer_message")
        here.work()
        slack.click(here.ada, slack.whispers(here.ada)[-1], "share")
        slack.command(here.ada, here.help, "/support", attack[:3_000])
        here.work()
        reply = here.replies(asked)[-1]
        slack.click(here.ada, reply, "rate", next(value for value in _values(reply) if value.startswith("not_")))
        here.work()
        if modal := slack.modal(here.ada):
            slack.submit(here.ada, modal, {"reason": "wrong", "comment": attack[:1_900]})
        slack.click(here.ada, reply, "ask_human")
        here.mention("", files={f"{attack[:90]}.png".replace("/", "_"): b"\x89PNG"})
        slack.open_home(here.ada, "home")
        here.work()
        return self._look(attack)

    def _look(self, found: str) -> list[str]:
        """At every call since the last time: what was posted, streamed piece by piece, whispered, opened."""
        slack = self._here.slack
        allowed = {PAGE, f"{PAGE}#theirs"} | {url for match in ADDRESS.findall(found) for url in _ends(match)}
        wrong, streams = [], dict[str, str]()
        for called in slack.calls():
            for message in _shown(called, streams):
                self.judged += 1
                wrong += [f"{called.method}: {fault}" for fault in faults(message, allowed)]
        whispers = [each for person in (self._here.ada, self._here.ben) for each in slack.whispers(person)]
        for each in whispers:
            self.judged += 1
            message = Message(each.text or "-", tuple(each.blocks) or NOTHING)
            wrong += [f"whisper: {fault}" for fault in faults(message, allowed)]
        slack.world.calls.clear()
        self._here.help.whispers.clear()
        return wrong


def _ends(address: str) -> Iterator[str]:
    """The address, and without the signs behind it that a sentence may add."""
    yield address
    yield address.rstrip(".,;:!?*_~")


def _shown(called: Called, streams: dict[str, str]) -> Iterator[Message]:
    """What a call makes somebody see; a stream as it stands after it."""
    given, ts = called.arguments, str(called.answer.get("ts", ""))
    if not called.answer.get("ok"):
        return
    blocks = _parsed(given.get("blocks")) or []
    if called.method in ("chat.startStream", "chat.appendStream", "chat.stopStream"):
        streams[ts] = streams.get(ts, "") + str(given.get("markdown_text") or "")
        streamed = [{"type": "markdown", "text": streams[ts]}] if streams[ts] else []
        yield Message("-", (*streamed, *blocks) or NOTHING)
    elif called.method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
        yield Message(str(given.get("text")), tuple(blocks))
    elif called.method.startswith("views."):
        view = _parsed(given["view"])
        yield Message(str((view.get("title") or {}).get("text", "-")), tuple(view["blocks"]))


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _values(message: Posted) -> Iterator[str]:
    for block in message.blocks:
        for element in block.get("elements", ()):
            for button in ("positive_button", "negative_button"):
                if button in element:
                    yield element[button]["value"]
