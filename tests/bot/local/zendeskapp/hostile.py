"""Public attacks through a model that obeys them, to what the sidebar is given, shows and inserts."""

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup

from bot.app import App
from bot.settings import Settings
from rag_core.answering import Answering
from tests.bot.local.zendeskapp.conftest import GIVEN
from tests.integrations.slack.obeying import ADDRESS, PAGE, Obedient, Poisoned, Position, Sure

TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
ATTRIBUTES = {"href", "rel", "start", "target", "class", "aria-label"}
HREF = re.compile(r"https?://", re.IGNORECASE)


class HostileApp(App):
    """Real answers of an obedient model over a poisoned index."""

    def __init__(self, home: Path) -> None:
        super().__init__(Settings(home=str(home), embedding_model="none", **GIVEN))  # type: ignore[arg-type]
        self.model, self.poisoned, self.judge = Obedient(), Poisoned(), Sure()
        self._hostile = Answering(self.poisoned, None, self.model, self.judge, self.log)  # type: ignore[arg-type]

    @property
    def answering(self) -> Answering:
        return self._hostile

    def turn(self, attack: str, position: Position) -> str:
        """The question that brings it about."""
        self.model.attack = attack
        self.model.cited = 1 if position is Position.FOUND else 0
        self.poisoned.attack = attack if position is Position.FOUND else "Nothing."
        return attack[:3_500] if position is Position.ASKED else "how?"

    def allowed(self, attack: str, position: Position) -> set[str]:
        """Addresses of what is cited, and those that stand in the words that are."""
        found = {PAGE, f"{PAGE}#theirs"}
        for address in ADDRESS.findall(attack) if position is Position.FOUND else []:
            found |= {address, address.rstrip(".,;:!?*_~")}
        return found


def faults(html: str, allowed: set[str]) -> Iterator[str]:
    """What of it a browser would act on and must not."""
    for element in BeautifulSoup(html, "lxml").find_all(True):
        if element.name not in TAGS | {"html", "body"}:
            yield f"tag {element.name}"
        yield from (f"attribute {name} of {element.name}" for name in element.attrs if name not in ATTRIBUTES)
        href = str(element.get("href", ""))
        if href and not (HREF.match(href) and any(same(href, each) for each in allowed)):
            yield f"link {href}"


def same(href: str, allowed: str) -> bool:
    """As a browser writes an address: what is percent-encoded, and the case of its host."""
    return plain(href) == plain(allowed)


def plain(address: str) -> str:
    from urllib.parse import unquote

    return unquote(address).rstrip("/").lower()
