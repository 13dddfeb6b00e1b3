"""Pass a question on to people: one ticket a question, however often and by however many it is asked for.

The key keeps two that create at once apart, for two hours; the external id is looked for first, and holds for good.
"""

import re
import time
from collections.abc import Callable
from hashlib import sha256

from integrations.zendesk.refusing import ConflictError, RefusedError
from integrations.zendesk.tickets import NewTicket, Tickets
from rag_core.domain import Deadline, QuestionId
from rag_core.errors import UnavailableError

ESCALATED = "supportbot_escalated"
TAGS = ("supportbot", ESCALATED)
KEY_IN_USE = "IdempotentRequestError"
PATIENCE = 20.0  # seconds for one ticket
PAUSES = (0.3, 0.6, 1.2, 2.4)  # seconds, while another opens the same
LONGEST_SUBJECT = 150  # characters
LONGEST = 60_000  # bytes of a comment: Zendesk takes 65,535
SAFE = re.compile(r"[A-Za-z0-9._-]{1,80}")
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class ZendeskDesk:
    """Opens tickets for agents; safe to share between threads."""

    def __init__(
        self, tickets: Tickets, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._tickets, self._patience, self._sleep = tickets, patience, sleep

    def open(self, *, question_id: QuestionId, subject: str, transcript: str, asked_by: str) -> str:
        """The address for agents. Raises UnavailableError, RejectedError, MisconfiguredError."""
        deadline, name = Deadline.within(self._patience), _name(question_id)
        new = NewTicket(name, _subject(subject), _comment(transcript, question_id, asked_by), TAGS)
        for pause in PAUSES:
            number = self._tickets.named(name, deadline) or self._created(new, deadline)
            if number is not None:
                return self._tickets.address(number)
            self._sleep(min(pause, deadline.remaining))
        raise UnavailableError("somebody else is opening the ticket of this question", retry_after=PAUSES[-1])

    def _created(self, new: NewTicket, deadline: Deadline) -> int | None:
        """None: another has the key, who is at it now, or has done it with the thread as it was then."""
        try:
            return self._tickets.create(new, deadline, key=new.name)
        except ConflictError:
            return None
        except RefusedError as error:
            if error.code != KEY_IN_USE:
                raise
            return None


def _name(question_id: QuestionId) -> str:
    """Both the external id and the key."""
    fits = SAFE.fullmatch(question_id)
    return f"supportbot-{question_id if fits else sha256(question_id.encode()).hexdigest()}"


def _subject(text: str) -> str:
    return " ".join(UNWRITABLE.sub("", text).split())[:LONGEST_SUBJECT].strip() or "A question for a person"


def _comment(transcript: str, question_id: QuestionId, asked_by: str) -> str:
    """The newest of the transcript where it is too long."""
    head = f"Somebody asks for a person.\n\nAsked by: {asked_by}\nQuestion: {question_id}\n\n"
    kept = UNWRITABLE.sub("", transcript).encode()
    if len(kept) > LONGEST:
        head += "(The beginning is left out.)\n\n"
    return head + kept[-LONGEST:].decode(errors="ignore")
