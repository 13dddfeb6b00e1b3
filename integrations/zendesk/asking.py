"""What a customer said as one question: the subject, their words, the text they attached.

A question has an end. Of one that is too long its beginning and, more of it, its end are kept: what somebody wants
stands there. That something was left out is said in between.
"""

from collections.abc import Mapping, Sequence

from integrations.zendesk.conversing import Attachment, Comment, Conversation
from integrations.zendesk.deciding import Due
from integrations.zendesk.unquoting import unquoted

LONGEST = 4_000  # characters: the core takes no more
HEAD = 1_200  # of one that is too long
ATTACHED = 1_500  # of a file
REPLY = 600  # of what an agent had replied
FEW = 6  # words that say nothing without what they answer to: "that did not help"
LEFT_OUT = "\n\n(... {count} characters left out ...)\n\n"


def said(comments: Sequence[Comment]) -> str:
    """The customer's own words, comment by comment."""
    return "\n\n".join(filter(None, (unquoted(each.html, each.plain, each.author.locale) for each in comments)))


def question(ticket: Conversation, due: Due, files: Mapping[str, str | None], *, follows: bool) -> str:
    """`files`: what each attached file says, None where it was not read; `follows`: a question before it is known.

    Empty where nothing was said.
    """
    own = said(due.said)
    if not own and not ticket.subject.strip():
        return ""
    parts = [own, *_files(files)]
    if due.opens or not follows:
        parts.insert(0, "" if own.startswith(ticket.subject.strip()) else ticket.subject.strip())
    if not due.opens and (not follows or len(own.split()) <= FEW):
        parts.insert(0, _replied(ticket, due))
    return cut("\n\n".join(filter(None, parts)))


def cut(text: str, longest: int = LONGEST) -> str:
    """Within `longest`, and honest about it."""
    if len(text) <= longest:
        return text
    room = longest - len(LEFT_OUT) - 10
    head = text[: min(HEAD, room // 3)].rsplit(None, 1)[0]
    tail = text[-(room - len(head)) :]
    tail = tail.split(None, 1)[-1]
    return head + LEFT_OUT.format(count=len(text) - len(head) - len(tail)) + tail


def attached(comments: Sequence[Comment]) -> list[Attachment]:
    return [file for comment in comments for file in comment.attachments]


def _files(files: Mapping[str, str | None]) -> list[str]:
    unread = ", ".join(name for name, text in files.items() if text is None)
    found = [f"Attached file {name}:\n{cut(text.strip(), ATTACHED)}" for name, text in files.items() if text]
    return [*found, *([f"Also attached, not read: {unread}"] if unread else [])]


def _replied(ticket: Conversation, due: Due) -> str:
    """What the customer answers to. A question that stands for itself is found better without it."""
    before = [each for each in ticket.comments[: ticket.comments.index(due.said[0])] if each.by_agent]
    if not before:
        return ""
    text = unquoted(before[-1].html, before[-1].plain)
    return f"Support had replied:\n{cut(text, REPLY)}\n\nThe customer now says:" if text else ""
