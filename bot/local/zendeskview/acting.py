"""What is done on the page, done in the simulated account; gives the number of the ticket that is looked at then."""

from html import escape

import nh3
from starlette.datastructures import FormData

from bot.local.account.desk import Ticket, normalised
from bot.local.zendeskview.firm import Firm
from bot.local.zendeskview.screen import TAGS
from rag_core.errors import RejectedError

LONGEST, LONGEST_SUBJECT = 20_000, 150  # characters
SUBJECT = 60  # characters of an example that become its subject


class Acting:
    """Raises RejectedError where that cannot be done, with a sentence for the person."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._people = firm, firm.account.people

    def open(self, form: FormData) -> int:
        """A customer's new ticket."""
        example = _text(form, "example")
        text = example or _text(form, "text")
        subject = _text(form, "subject")[:LONGEST_SUBJECT] or _shortened(text)
        customer = self._firm.customers.get(_number(form, "from"))
        if customer is None:
            raise RejectedError("choose who writes")
        if not text:
            raise RejectedError("write a message first")
        return self._people.write(customer, subject, _checked(text)).id

    def say(self, form: FormData) -> int:
        """A comment on a ticket: an agent's, or its customer's."""
        ticket, text = self._ticket(_number(form, "ticket")), _checked(_text(form, "text"))
        if not text:
            raise RejectedError("write a comment first")
        if ticket.fields.get("status") == "closed":
            raise RejectedError("this ticket is closed: open a new one")
        if _text(form, "as") == "customer":
            self._people.follow(self._firm.account.desk.users[ticket.requester_id], ticket, text)
        else:
            status = "solved" if _text(form, "solved") else ""
            public = _text(form, "as") != "note"
            self._tag(ticket, _text(form, "tags").split())
            self._people.reply(self._firm.agent, ticket, _html(form, text), public=public, status=status)
        return ticket.id

    def _tag(self, ticket: Ticket, tags: list[str]) -> None:
        """Those that an app has set: they are kept when the ticket is submitted."""
        with self._firm.account.desk.lock:
            ticket.tags = normalised([*ticket.tags, *tags])

    def _ticket(self, number: int) -> Ticket:
        found = self._firm.account.desk.tickets.get(number)
        if found is None:
            raise RejectedError("there is no such ticket (any more): tickets are gone when the playground ends")
        return found


def _html(form: FormData, text: str) -> str:
    """As it was written with the rich field, or as lines of text."""
    rich = nh3.clean(_text(form, "html"), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
    return rich or "".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line.strip())


def _checked(text: str) -> str:
    if len(text) > LONGEST:
        raise RejectedError(f"this has {len(text):,} characters, and {LONGEST:,} are taken here: shorten it")
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= SUBJECT else text[:SUBJECT].rsplit(" ", 1)[0] + "…"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def _number(form: FormData, name: str) -> int:
    stated = _text(form, name)
    return int(stated) if stated.isdecimal() and len(stated) < 12 else 0
