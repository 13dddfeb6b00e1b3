"""Tickets as real zenpy sees them."""

from typing import Any

import pytest
from zenpy.lib.api_objects import Comment, Ticket, User
from zenpy.lib.exception import APIException, RecordNotFoundException

from bot.local.account.account import Account
from tests.bot.local.account.conftest import Clock


def made(zenpy: Any, **more: Any) -> Any:
    return zenpy.tickets.create(Ticket(**({"subject": "Help", "comment": Comment(body="it broke")} | more))).ticket


def test_a_ticket_is_read_as_it_was_made(zenpy: Any) -> None:
    number = made(zenpy, external_id="q1", tags=["One", "two"]).id
    found = zenpy.tickets(id=number)
    assert (found.subject, found.external_id, found.tags, found.status) == ("Help", "q1", ["one", "two"], "new")
    assert [(each.body, each.public) for each in zenpy.tickets.comments(number)] == [("it broke", True)]


def test_a_private_comment_stays_private_and_its_html_is_kept(zenpy: Any) -> None:
    number = made(zenpy, comment=Comment(html_body="<p>a &amp; <b>b</b></p>", public=False)).id
    [comment] = zenpy.tickets.comments(number)
    assert (comment.public, comment.plain_body, comment.html_body) == (False, "a & b", "<p>a &amp; <b>b</b></p>")
    assert zenpy.tickets(id=number).is_public is False


def test_a_ticket_without_words_is_refused(zenpy: Any) -> None:
    with pytest.raises(APIException, match="cannot be blank"):
        made(zenpy, comment=Comment(body=" "))


def test_the_list_finds_an_external_id_at_once_and_the_search_after_a_while(zenpy: Any, clock: Clock) -> None:
    made(zenpy)
    number = made(zenpy, external_id="q1").id
    assert [each.id for each in zenpy.tickets(external_id="q1")] == [number]
    assert list(zenpy.search(type="ticket", external_id="q1")) == []
    clock.now += 61
    assert [each.id for each in zenpy.search(type="ticket", external_id="q1")] == [number]


def test_a_long_list_comes_in_pages(zenpy: Any, zendesk: Account) -> None:
    for _ in range(205):
        made(zenpy)
    assert len({each.id for each in zenpy.tickets()}) == 205
    assert zendesk.count("GET tickets") == 3


def test_a_safe_update_with_an_old_stamp_changes_nothing(zenpy: Any, clock: Clock) -> None:
    number, stamp = made(zenpy).id, zenpy.tickets(id=made(zenpy).id).updated_at
    clock.now += 1
    zenpy.tickets.update(Ticket(id=number, comment=Comment(body="agent"), safe_update=True, updated_stamp=stamp))
    with pytest.raises(APIException) as caught:
        zenpy.tickets.update(Ticket(id=number, comment=Comment(body="bot"), safe_update=True, updated_stamp=stamp))
    assert caught.value.response.status_code == 409
    assert [each.body for each in zenpy.tickets.comments(number)] == ["it broke", "agent"]


def test_within_one_second_a_safe_update_does_not_see_the_other(zenpy: Any) -> None:
    number = made(zenpy).id
    stamp = zenpy.tickets(id=number).updated_at
    for text in ("agent", "bot"):
        zenpy.tickets.update(Ticket(id=number, comment=Comment(body=text), safe_update=True, updated_stamp=stamp))
    assert len(list(zenpy.tickets.comments(number))) == 3


def test_tags_are_added_and_removed_one_by_one_but_a_list_replaces_them(zenpy: Any) -> None:
    number = made(zenpy, tags=["theirs"]).id
    zenpy.tickets.add_tags(number, ["ours", "more"])
    zenpy.tickets.delete_tags(number, ["more"])
    assert zenpy.tickets(id=number).tags == ["ours", "theirs"]
    zenpy.tickets.update(Ticket(id=number, tags=["only"]))
    assert zenpy.tickets(id=number).tags == ["only"]


def test_what_is_deleted_or_never_was_is_not_found(zenpy: Any) -> None:
    ticket = made(zenpy, external_id="q1")
    zenpy.tickets.delete(ticket)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=ticket.id)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=4711)
    assert list(zenpy.tickets(external_id="q1")) == []


def test_a_closed_ticket_is_not_changed(zenpy: Any) -> None:
    number = made(zenpy, status="closed").id
    with pytest.raises(APIException, match="closed prevents"):
        zenpy.tickets.update(Ticket(id=number, comment=Comment(body="late")))


def test_a_requester_is_made_once_and_found_again(zenpy: Any, zendesk: Account) -> None:
    first = made(zenpy, requester=User(name="Ann", email="ann@example.com")).requester_id
    assert made(zenpy, requester=User(name="Ann", email="Ann@example.com")).requester_id == first
    assert made(zenpy).requester_id == zendesk.bot["id"]


def test_users_are_updated_by_their_external_id(zenpy: Any) -> None:
    first = zenpy.users.create_or_update(User(name="Ann", external_id="slack:U1"))
    second = zenpy.users.create_or_update(User(name="Anna", external_id="slack:U1", email="a@example.com"))
    assert (first.id, second.name) == (second.id, "Anna")
    assert [each.id for each in zenpy.users.search(query="a@example.com")] == [first.id]
    assert zenpy.users(id=first.id).name == "Anna"
    assert zenpy.users.me().role == "agent"
