"""A model that says what it is told to, behind the real answering, guard, note and worker: what is sent is judged."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from integrations.zendesk.policy import Policy
from integrations.zendesk.templates import templates
from rag_core.answering import Answering
from rag_core.domain import Answer, Deadline, Question
from tests.integrations.slack.obeying import PAGE, Obedient, Poisoned, Position, Sure
from tests.integrations.zendesk.judging import faults
from tests.integrations.zendesk.office import Office, StubCore

ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'`)\]|]+")
VOTE = "https://bot.example/rate"
FRAMES = templates({"en": {"greeting": "Hi {name},", "sign_off": "Best regards"}})


class ObedientCore(StubCore):
    """Real answers of an obedient model."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.model, self.index, self.judge = Obedient(), Poisoned(), Sure()
        self._answering = Answering(self.index, None, self.model, self.judge, self.log)  # type: ignore[arg-type]

    def answer(self, question: Question, *, deadline: Deadline) -> Answer:
        self.asked.append(question)
        return self._answering.answer(question, deadline=deadline)


class Trial:
    """Attacks one after another in one account."""

    def __init__(self, here: Office) -> None:
        self._here = here
        self._core = here.core = ObedientCore(here.home)
        here.zendesk.limits.updates = 10**9
        here.hire(Policy(templates=FRAMES), lambda *_: VOTE)
        self.judged = 0

    def put(self, attack: str, position: Position) -> list[str]:
        """What of it reaches Zendesk and must not. Asked: it is also what the customer is called, and the subject."""
        core, asked = self._core, position is Position.ASKED
        core.model.attack = attack[:3_500] if asked else attack
        core.model.cited = 1 if position is Position.FOUND else 0
        core.index.attack = attack if position is Position.FOUND else "Nothing."
        person = self._here.zendesk.desk.add_user(attack[:300] if asked else "Ann")
        self._try(attack if asked else "How?", attack[:150] if asked else "Help", person)
        return self._look(attack if position is Position.FOUND else "")

    def decline(self, attack: str) -> list[str]:
        """The nearest pages are named by the attack."""
        core = self._core
        core.judge.declining, core.index.attack = True, attack
        self._try("How?", "Help", self._here.ann)
        core.judge.declining = False
        return self._look("")

    def _try(self, text: str, subject: str, person: dict[str, object]) -> None:
        self._here.work(self._here.write(text, subject, by=person))

    def _look(self, found: str) -> list[str]:
        allowed = {PAGE, f"{PAGE}#theirs", VOTE} | {url for match in ADDRESS.findall(found) for url in _ends(match)}
        requests, wrong = self._here.zendesk.requests, []
        for request in requests:
            stated = json.loads(request.body or b"{}").get("ticket") or {}
            if "comment" in stated:
                self.judged += 1
                wrong += faults(stated["comment"]["html_body"], allowed)
                wrong += ["public"] * (stated["comment"]["public"] is not False)
        requests.clear()
        return wrong


def _ends(address: str) -> Iterator[str]:
    """The address, and without the signs behind it that a sentence may add."""
    yield address
    yield address.rstrip(".,;:!?*_~")
