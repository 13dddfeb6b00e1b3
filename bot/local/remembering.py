"""What this process remembers of its last answers.

The log keeps no passages and no times: they are shown while they are remembered, and their absence is said.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from rag_core.domain import Answer, QuestionId

KEPT = 200
LONGEST_CHAIN = 20  # answers shown above a follow-up


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer, and the one its question follows up on."""

    answer: Answer
    follows: QuestionId | None


class Memory:
    """The last answers; safe to share between threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept, self._lock = kept, threading.Lock()
        self._answers: OrderedDict[QuestionId, Remembered] = OrderedDict()

    def keep(self, answer: Answer, follows: QuestionId | None) -> None:
        with self._lock:
            self._answers[answer.question_id] = Remembered(answer, follows)
            while len(self._answers) > self._kept:
                self._answers.popitem(last=False)

    def answer(self, question_id: QuestionId) -> Answer | None:
        with self._lock:
            found = self._answers.get(question_id)
        return found.answer if found else None

    def above(self, question_id: QuestionId) -> list[QuestionId]:
        """The conversation before this question, oldest first."""
        chain: list[QuestionId] = []
        with self._lock:
            found = self._answers.get(question_id)
            while found and found.follows and len(chain) < LONGEST_CHAIN:
                chain.append(found.follows)
                found = self._answers.get(found.follows)
        return chain[::-1]
