"""Read the form of a question.

What a person may have mistyped comes back with a sentence and with the text they wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rag_core.answering import LONGEST
from rag_core.domain import Audience, QuestionId
from rag_core.errors import RejectedError

READERS = {Audience.PUBLIC: ("Customer", "public pages"), Audience.INTERNAL: ("Staff", "public and internal pages")}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the form has it."""

    text: str = ""
    audience: Audience = Audience.PUBLIC
    follow_up: QuestionId | None = None

    def check(self) -> None:
        """Raises RejectedError where it cannot be answered as it is."""
        if not self.text:
            raise RejectedError("Write a question first")
        if len(self.text) > LONGEST:
            raise RejectedError(
                f"A question has at most {LONGEST:,} characters, this one has {len(self.text):,}: shorten it"
            )


def read(form: Mapping[str, object]) -> Asked:
    text = _text(form, "example") or _text(form, "question")
    return Asked(text, audience(_text(form, "audience")), QuestionId(_text(form, "follow_up")) or None)


def audience(value: str | None) -> Audience:
    """What was chosen; the narrower one where nothing sensible was."""
    return Audience.INTERNAL if value == Audience.INTERNAL else Audience.PUBLIC


def _text(form: Mapping[str, object], name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n").replace("\0", "").strip() if isinstance(value, str) else ""
