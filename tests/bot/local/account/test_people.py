"""What people do, as the API shows it and as listeners hear of it."""

from typing import Any

from bot.local.account.account import Account
from bot.local.account.desk import COMMENTED, CREATED, Comment, Ticket


def test_a_customer_writes_and_an_agent_replies(zendesk: Account, zenpy: Any) -> None:
    heard: list[tuple[str, int, bool]] = []
    zendesk.desk.listeners.append(lambda kind, ticket, comment: heard.append((kind, ticket.id, comment.public)))
    ada, grace = zendesk.desk.add_user("Ada", "ada@example.com"), zendesk.desk.add_user("Grace", role="agent")
    ticket = zendesk.people.write(ada, "Refund?", "How long does it take?")
    zendesk.people.reply(grace, ticket, "<p>I ask a colleague</p>", public=False)
    zendesk.people.reply(grace, ticket, "<p>Thirty <b>days</b></p>", status="solved")
    assert zenpy.tickets(id=ticket.id).status == "solved"
    zendesk.people.follow(ada, ticket, "And in Spain?")
    found = zenpy.tickets(id=ticket.id)
    assert (found.subject, found.status, found.requester_id) == ("Refund?", "open", ada["id"])
    said = [(each.author_id, each.plain_body, each.public) for each in zenpy.tickets.comments(ticket.id)]
    assert said == [
        (ada["id"], "How long does it take?", True),
        (grace["id"], "I ask a colleague", False),
        (grace["id"], "Thirty days", True),
        (ada["id"], "And in Spain?", True),
    ]
    told = [(CREATED, True), (COMMENTED, False), (COMMENTED, True), (COMMENTED, True)]
    assert heard == [(kind, ticket.id, public) for kind, public in told]


def test_what_is_done_by_the_api_is_heard_of_too(zendesk: Account, zenpy: Any) -> None:
    from zenpy.lib.api_objects import Comment as Said
    from zenpy.lib.api_objects import Ticket as Stated

    heard: list[tuple[str, str]] = []

    def listen(kind: str, _ticket: Ticket, comment: Comment) -> None:
        heard.append((kind, comment.plain))

    zendesk.desk.listeners.append(listen)
    number = zenpy.tickets.create(Stated(subject="Help", comment=Said(body="it broke"))).ticket.id
    version = zendesk.desk.version
    zenpy.tickets.update(Stated(id=number, comment=Said(body="a note", public=False)))
    assert heard == [(CREATED, "it broke"), (COMMENTED, "a note")]
    assert zendesk.desk.version > version
