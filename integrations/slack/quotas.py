"""How much a person and a workspace may ask in an hour.

Counted in the cache that the processes share, and in each process besides: a cache that is down is no lid taken off.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from math import ceil

from rag_core.domain import QuestionId
from rag_core.ports import Cache

HOUR = 3600.0
PERSON = "You have asked {asked} within an hour, which is as many as I may answer one person. Ask again {when}."
WORKSPACE = (
    "This workspace has asked {asked} within an hour, which is as many as I may answer. Ask again {when}, or "
    "ask an admin to raise the limit."
)


class SlackQuotas:
    """Quotas; safe to share between threads. A limit of 0 is none."""

    def __init__(self, cache: Cache, *, person: int, workspace: int, clock: Callable[[], float] = time.time) -> None:
        self._cache, self._clock = cache, clock
        self._limits = person, workspace
        self._lock = threading.Lock()
        self._own: dict[str, list[str]] = {}

    def admit(self, team: str, user: str, question_id: QuestionId) -> str | None:
        """The person first: who is refused does not count for the workspace."""
        now = self._clock()
        hour, minutes = int(now // HOUR), ceil((HOUR - now % HOUR) / 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        person, workspace = self._limits
        whose = (f"slack:quota:{team}:{user}", person, PERSON), (f"slack:quota:{team}", workspace, WORKSPACE)
        for name, most, sentence in whose:
            if not most or self._counts(f"{name}:{hour}", hour, most, question_id):
                continue
            if not self._was_admitted(f"{name}:{hour - 1}", most, question_id):
                return sentence.format(asked="1 question" if most == 1 else f"{most:,} questions", when=when)
        return None

    def _was_admitted(self, name: str, most: int, question_id: QuestionId) -> bool:
        """In the hour before: a question may be delivered again in the next one."""
        with self._lock:
            here = question_id in self._own.get(name, ())
        return here or question_id in self._first(name, most)

    def _counts(self, name: str, hour: int, most: int, question_id: QuestionId) -> bool:
        """Whether the question is among the hour's first so many; asked again it is where it was."""
        if not self._counts_here(name, hour, most, question_id):
            return False
        shared = self._first(name, most)
        if question_id not in shared and len(shared) < most:
            self._cache.append(name, question_id.encode(), longest=most * 2, ttl=timedelta(seconds=2 * HOUR))
            shared = self._first(name, most)
        if question_id in shared or len(shared) < most:  # fewer, and not among them: the cache is down
            return True
        with self._lock:
            if question_id in self._own.get(name, ()):
                self._own[name].remove(question_id)
        return False

    def _counts_here(self, name: str, hour: int, most: int, question_id: QuestionId) -> bool:
        with self._lock:
            if name not in self._own:  # a new hour, at the latest
                kept = f":{hour}", f":{hour - 1}"
                self._own = {each: ids for each, ids in self._own.items() if each.endswith(kept)}
            asked = self._own.setdefault(name, [])
            if question_id not in asked and len(asked) < most:
                asked.append(question_id)
            return question_id in asked

    def _first(self, name: str, most: int) -> list[str]:
        return [value.decode(errors="replace") for _, value in self._cache.read(name, most=most)]
