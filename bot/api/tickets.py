"""Ids of questions that are answered later, which say whose they are before anything is recorded.

So a pending question needs no store of its own, and nobody can tell another's id from one that never was.
"""

import hmac
import time
from collections.abc import Callable
from secrets import token_hex

from bot.api.callers import Caller
from rag_core.domain import QuestionId

PENDING = 24 * 3600.0  # seconds; what is not answered by then lies in the dead-letter queue
RANDOM, TIME, MARK = 16, 8, 16  # hexadecimal digits


def issue(caller: Caller, clock: Callable[[], float] = time.time) -> QuestionId:
    stem = token_hex(RANDOM // 2) + f"{int(clock()):0{TIME}x}"
    return QuestionId(stem + _mark(caller.key_sha256[0], caller.name, stem))


def is_pending(question_id: QuestionId, caller: Caller, clock: Callable[[], float] = time.time) -> bool:
    """Whether this caller was given the id lately."""
    if len(question_id) != RANDOM + TIME + MARK:
        return False
    stem, mark = question_id[:-MARK], question_id[-MARK:]
    own = [hmac.compare_digest(_mark(each, caller.name, stem), mark) for each in caller.key_sha256]
    return any(own) and clock() - int(stem[RANDOM:], 16) < PENDING


def _mark(key: str, name: str, stem: str) -> str:
    return hmac.new(key.encode(), f"{name}:{stem}".encode(), "sha256").hexdigest()[:MARK]
