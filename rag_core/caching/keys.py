"""Keys of what is cached.

Everything an answer depends on stands in its key, hashed: two who may not see the same never share one, and no customer
text is in any.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b

from rag_core.analyzing import INVISIBLE
from rag_core.domain import IndexVersion, Question, QuestionId

FORMAT = "sb1"  # of keys and values
FINAL = re.compile(r"[\s.?!…。？！]+$")


def normalised(text: str) -> str:
    """The same for texts that differ in case, width, white space and final punctuation only."""
    folded = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    folded = " ".join(unicodedata.normalize("NFKC", folded).split())
    return FINAL.sub("", folded) or folded


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to one question, under one version of everything, lies; all of it in one slot of a cluster."""

    stem: str

    @property
    def answer(self) -> str:
        return f"{self.stem}:answer"

    @property
    def shared(self) -> str:
        """What came of a draft others are waiting for, for moments."""
        return f"{self.stem}:shared"

    @property
    def lease(self) -> str:
        """Held by the process that drafts."""
        return f"{self.stem}:lease"


@dataclass(frozen=True, slots=True)
class Keys:
    """`made_by` names all that shapes an answer besides documents and question: model, prompt, embedding, release."""

    tenant: str
    made_by: tuple[str, ...]

    def place(self, question: Question, version: IndexVersion) -> Place:
        previous = None if question.previous is None else normalised(question.previous)
        return Place(_hashed("answer", *self._scope(question, version), previous, normalised(question.text)))

    def recent(self, question: Question, version: IndexVersion) -> str:
        """The series of questions that may be answered alike, if they mean the same."""
        return _hashed("recent", *self._scope(question, version))

    def question(self, question_id: QuestionId) -> str:
        """Leads from a question to the place its answer came from."""
        return _hashed("question", self.tenant, question_id)

    @property
    def evictions(self) -> str:
        """The group of records of what is still to be forgotten."""
        return _hashed("evictions", self.tenant)

    @property
    def version(self) -> str:
        """Where the latest version of the index is announced."""
        return _hashed("version", self.tenant)

    def _scope(self, question: Question, version: IndexVersion) -> list[object]:
        sources = None if question.sources is None else sorted(question.sources)
        return [self.tenant, question.audience.value, sources, version, self.made_by, question.instruction]


def _hashed(*parts: object) -> str:
    digest = blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
    return f"{FORMAT}:{{{digest}}}"
