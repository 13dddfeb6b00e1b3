from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.domain import PersonId, QuestionId
from tests.bot.api.asking import Client, callers
from tests.making import answer, question

PAGER = "Where does the escalation pager of the warehouse ring?"


def test_an_answer_is_read_by_who_asked(client: Client) -> None:
    asked = client.ask().json
    path = f"/answers/{asked['question_id']}"
    found = client.call("GET", path)
    assert (found.status, found.json["status"], found.json["text"]) == (200, "answered", asked["text"])
    other, unknown = (
        client.call("GET", path, caller="website"),
        client.call("GET", "/answers/0123456789abcdef", caller="website"),
    )
    assert (other.status, other.json) == (unknown.status, unknown.json) == (404, unknown.json)


def test_others_answers_can_be_neither_rated_nor_followed_up(client: Client) -> None:
    asked = client.ask().json["question_id"]
    assert client.call("POST", f"/answers/{asked}/rating", {"helpful": True}, caller="website").status == 404
    followed = client.ask("And then?", "website", follow_up=asked)
    assert (followed.status, followed.message[:10]) == (400, "follow_up:")
    assert client.ask("And then?", follow_up=asked).status == 200


def test_answers_of_other_channels_are_nobodys(client: Client) -> None:
    mine = replace(question("Mine?", name="0123456789abcdef"), asked_by=PersonId("api:intranet"), channel="api")
    for other, status in (
        (mine, 200),
        (replace(mine, channel="slack"), 404),
        (replace(mine, asked_by=PersonId("ada")), 404),
    ):
        client.parts.log.record_answer(other, answer(other))
        assert client.call("GET", "/answers/0123456789abcdef").status == status


def test_a_caller_that_lost_an_audience_reads_its_answers_no_more(home: Path) -> None:
    client = Client(home)
    asked = client.ask(PAGER, audience="internal").json["question_id"]
    client.api._callers = callers(audiences=["public"])
    assert client.call("GET", f"/answers/{asked}").status == 404


@pytest.mark.parametrize("name", ["x", "..%2f..", "0" * 15, "0" * 70, "ABCDEFABCDEFABCD", "é" * 16, "'; drop table--"])
def test_an_impossible_id_is_unknown_without_a_look(client: Client, name: str) -> None:
    client.parts.__dict__["log"] = None
    assert client.call("GET", f"/answers/{name}").status == 404


def test_a_rating_counts_once_a_person(client: Client) -> None:
    asked = client.ask().json["question_id"]
    for person, helpful in (("ada", True), ("ada", True), ("bo", False), ("", True), ("ada", False)):
        rated = client.call("POST", f"/answers/{asked}/rating", {"helpful": helpful, "person": person})
        assert (rated.status, rated.json) == (200, {"question_id": asked, "helpful": helpful})
    ratings = client.parts.log.answer(QuestionId(asked)).ratings
    assert {each.person: each.helpful for each in ratings} == {
        "api:intranet:ada": False,
        "api:intranet:bo": False,
        "api:intranet": True,
    }
    assert len(ratings) == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "helpful"),
        ({"helpful": "yes"}, "helpful: expected true or false"),
        ({"helpful": 1}, "helpful"),
        ({"helpful": False, "reason": "bored"}, "reason must be one of"),
        ({"helpful": True, "reason": "wrong"}, "a reason says why"),
        ({"helpful": False, "comment": "x" * 2001}, "comment"),
        ({"helpful": False, "score": 5}, "`score`"),
        ("", "empty"),
    ],
)
def test_a_wrong_rating_is_told_what_is_wrong(client: Client, body: object, said: str) -> None:
    asked = client.ask().json["question_id"]
    refused = client.call("POST", f"/answers/{asked}/rating", body)
    assert refused.status == 400
    assert said in refused.message
    assert client.parts.log.answer(QuestionId(asked)).ratings == ()
