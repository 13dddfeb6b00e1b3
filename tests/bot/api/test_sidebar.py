"""What an agent's sidebar gets: a ticket's draft, another one, answers, and who may rate which."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest

from bot.api.sidebar_access import Installation
from bot.api.sidebar_answers import SidebarAnswers
from bot.api.sidebar_replies import Panel, Shown
from bot.api.sidebar_requests import Wish
from integrations.zendesk.drafts import Drafts, TicketDraft
from rag_core.domain import LONGEST_WISH, Audience, Deadline, PersonId, QuestionId
from tests.bot.api.asking import REFUND, Client
from tests.bot.api.signing import AGENT, SETTINGS, Zendesk, drafted, token
from tests.making import app

NOTHING = "Do xylophones dream of quasars?"


def test_the_draft_of_the_open_ticket_is_shown(zendesk: Zendesk) -> None:
    name = drafted(zendesk)
    panel = zendesk.draft().json
    answer = panel["answer"]
    assert (panel["state"], answer["question_id"], answer["outcome"]) == ("draft", name, "answered")
    assert answer["insert_html"] == "<p>A refund takes thirty days after the return arrives.</p>"
    assert answer["insert_text"] == "A refund takes thirty days after the return arrives."
    assert "[1]" in answer["html"]
    assert [(each["number"], each["title"]) for each in answer["citations"]] == [(1, "Refunds")]
    assert answer["confidence"] in ("high", "medium", "low")
    assert answer["rating"] is None


def test_a_draft_is_inserted_with_its_greeting_and_its_sign_off_however_it_is_made(zendesk: Zendesk) -> None:
    drafted(zendesk, around=("Hi <Ada>,", "Best,\nLarkpost"))
    for panel in (zendesk.draft().json, zendesk.redraft({"instruction": "Shorter"}).json, zendesk.draft().json):
        answer = panel["answer"]
        for html in (answer["html"], answer["insert_html"]):
            assert html.startswith("<p>Hi &lt;Ada&gt;,</p><p>")
            assert html.endswith("</p><p>Best,<br>Larkpost</p>")
        assert answer["insert_text"].startswith("Hi <Ada>,\n\nA refund")
    assert "Ada" not in json.dumps(zendesk.ask(REFUND).json)


def test_what_comes_back_is_of_the_types_that_say_so(zendesk: Zendesk) -> None:
    drafted(zendesk)
    for kind, body in ((Panel, zendesk.draft().json), (Shown, zendesk.ask(REFUND).json), (Shown, ask_nothing(zendesk))):
        jsonschema.validate(body, msgspec.json.schema(kind))


def ask_nothing(zendesk: Zendesk) -> object:
    answer = zendesk.ask(NOTHING).json
    assert answer["outcome"] != "answered"
    assert (answer["html"], answer["insert_html"], answer["insert_text"]) == ("", "", "")
    return answer


def test_what_a_draft_lacks_is_said_whenever_it_is_looked_at(zendesk: Zendesk) -> None:
    name, parts = drafted(zendesk), zendesk.client.parts
    question = parts.log.answer(name).question
    lacking = replace(parts.answering.reply(question), complete=False, not_covered="“How much is it?”")
    parts.log.record_answer(question, lacking)
    answer = zendesk.draft().json["answer"]
    assert (answer["complete"], answer["not_covered"]) == (False, "“How much is it?”")


def test_the_newest_draft_counts(zendesk: Zendesk) -> None:
    drafted(zendesk)
    newest = drafted(zendesk, "When is a refund paid?", comment=2)
    assert zendesk.draft().json["answer"]["question_id"] == newest


def test_a_ticket_without_a_draft_says_so(zendesk: Zendesk) -> None:
    drafted(zendesk)
    assert zendesk.draft(8).json["state"] == "none"


def test_what_a_draft_is_made_of_has_neither_history_nor_signature(zendesk: Zendesk) -> None:
    quoted = "On Wed, Dec 20, 2023 at 13:37, Support <help@example.com> wrote:\n> We did.\n> Did it help?"
    made = zendesk.redraft({"question": f"Refund\n\n{REFUND}\n\nBest regards,\nAnn Lee\n\n{quoted}"}, 8).json["answer"]
    asked = zendesk.client.parts.log.answer(QuestionId(made["question_id"])).question
    assert asked.text == f"Refund\n\n{REFUND}"


def test_a_draft_of_another_account_is_not_there(zendesk: Zendesk) -> None:
    drafted(zendesk, account="other")
    assert zendesk.draft().json["state"] == "none"


@pytest.mark.parametrize("whose", [{"audience": Audience.INTERNAL}, {"channel": "slack"}])
def test_what_is_not_for_customers_is_not_there(zendesk: Zendesk, whose: dict[str, str]) -> None:
    name = drafted(zendesk, "Where does the escalation pager of the warehouse ring?", **whose)  # type: ignore[arg-type]
    assert zendesk.draft().json == bare("none")
    assert zendesk.rate(name, {"helpful": True}).status == 404


def test_a_question_of_an_agent_is_answered_for_the_public(zendesk: Zendesk) -> None:
    answer = zendesk.ask("Where does the escalation pager of the warehouse ring?").json
    assert answer["outcome"] != "answered"
    assert "Escalation" not in json.dumps(answer)


def test_an_abstention_comes_with_the_nearest_pages(zendesk: Zendesk) -> None:
    drafted(zendesk, "Does the arrival of violins in winter have a colour that orchestras like?")
    found = zendesk.draft().json["answer"]
    assert found["outcome"] != "answered"
    assert [each["title"] for each in found["citations"]] == ["Refunds"]


def test_a_draft_is_made_otherwise_and_stays_so(zendesk: Zendesk) -> None:
    first = drafted(zendesk)
    shorter = zendesk.redraft({"instruction": "Shorter"}).json["answer"]
    assert shorter["question_id"] != first
    assert (shorter["instruction"], shorter["unheeded"]) == ("Shorter", False)
    friendlier = zendesk.redraft({"instruction": "Friendlier."}).json["answer"]
    assert (friendlier["instruction"], friendlier["unheeded"]) == ("Shorter", True)  # what was not followed is not told
    again = zendesk.draft().json["answer"]
    assert (again["question_id"], again["instruction"]) == (friendlier["question_id"], "Shorter")
    log = zendesk.client.parts.log
    assert log.answer(QuestionId(again["question_id"])).question.text == REFUND
    assert log.answer(first).text  # which stays what it was


def bare(state: str) -> dict[str, object]:
    return {"state": state, "answer": None, "of": "", "wishes": "none", "wished": False}


def test_what_can_be_wished_for_is_said(home: Path, zendesk: Zendesk) -> None:
    drafted(zendesk)
    assert zendesk.draft().json["wishes"] == "length"
    model = Zendesk(Client(home, SETTINGS | {"answer_model": "eu.anthropic.claude"}))
    assert model.draft().json["wishes"] == "any"
    drafted(zendesk, NOTHING, comment=2)
    assert zendesk.draft().json["wishes"] == model.draft().json["wishes"] == "none"


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_first_draft_comes_back_whatever_was_wished_for(zendesk: Zendesk, by_hand: bool) -> None:
    if by_hand:
        zendesk.redraft({"question": REFUND})
    else:
        drafted(zendesk)
    first = zendesk.draft().json
    assert not first["wished"]
    for wish in ("Shorter", "More detail", "Friendlier"):
        assert zendesk.redraft({"instruction": wish}).json["wished"]
        assert zendesk.draft().json["of"] == first["of"]
    made = len(zendesk.client.parts.drafts)
    assert zendesk.redraft({"first": True}).json == zendesk.draft().json == first
    assert len(zendesk.client.parts.drafts) == made
    assert zendesk.redraft({"instruction": "Shorter"}).json["answer"]["instruction"] == "Shorter"


def test_there_is_a_way_back_to_no_draft_neither(zendesk: Zendesk) -> None:
    assert zendesk.redraft({"first": True}).json == bare("none")


def test_a_customers_next_comment_ends_what_was_made_otherwise(zendesk: Zendesk) -> None:
    drafted(zendesk)
    zendesk.redraft({"instruction": "Shorter"})
    newest = drafted(zendesk, "When is a refund paid?", comment=2)
    assert zendesk.draft().json["answer"]["question_id"] == newest


def test_what_the_browser_says_of_the_ticket_changes_no_draft(zendesk: Zendesk) -> None:
    drafted(zendesk)
    answer = zendesk.redraft({"instruction": "Shorter", "question": NOTHING}).json["answer"]
    assert answer["outcome"] == "answered"
    assert zendesk.client.parts.log.answer(QuestionId(answer["question_id"])).question.text == REFUND


def test_a_ticket_that_has_no_draft_gets_one(zendesk: Zendesk) -> None:
    made = zendesk.redraft({"question": f"Refund\n\n{REFUND}"}).json
    assert (made["state"], made["answer"]["outcome"]) == ("draft", "answered")
    assert zendesk.draft().json["answer"]["question_id"] == made["answer"]["question_id"]
    asked = zendesk.client.parts.log.answer(QuestionId(made["answer"]["question_id"])).question
    assert (asked.asked_by, asked.channel, asked.audience) == (f"zendesk:acme:agent:{AGENT}", "zendesk", "public")


def test_a_draft_that_has_come_meanwhile_is_given_instead(zendesk: Zendesk) -> None:
    name = drafted(zendesk)
    made = len(zendesk.client.parts.drafts)
    assert zendesk.redraft({"question": REFUND}).json["answer"]["question_id"] == name
    assert len(zendesk.client.parts.drafts) == made


def test_a_wish_that_leads_to_nothing_takes_nothing_away(zendesk: Zendesk) -> None:
    name = drafted(zendesk)
    built = app(zendesk.client.parts.home)
    for source in built.index.sources():
        built.forget(source)
    assert zendesk.redraft({"instruction": "Longer"}).json["answer"]["outcome"] == "no_evidence"
    assert zendesk.draft().json["answer"]["question_id"] == name


def test_wishes_add_up_to_no_more_than_there_is_room_for(zendesk: Zendesk) -> None:
    drafted(zendesk)
    sidebar, by = SidebarAnswers(zendesk.client.parts, shadow=False, writes=True), Installation("acme", AGENT)
    for wish in ("Shorter", "More detail", "Shorter. " * 20, "Shorter. " * 20, "More detail. " * 15):
        panel, _ = sidebar.redraft(by, 7, Wish(wish), Deadline.within(20))
        assert panel.answer is not None
    assert panel.answer is not None
    assert len(panel.answer.instruction) == LONGEST_WISH
    assert panel.answer.instruction.endswith("More detail")


def test_without_a_wish_and_a_question_nothing_is_drafted(zendesk: Zendesk) -> None:
    for body in ({}, {"question": " \n"}, {"instruction": "Shorter"}):
        refused = zendesk.redraft(body)
        assert (refused.status, refused.code) == (400, "bad_request")
        assert "no draft yet" in refused.message


def test_in_shadow_mode_no_draft_is_shown_or_made(home: Path) -> None:
    zendesk = Zendesk(Client(home, SETTINGS | {"zendesk_mode": "shadow"}))
    drafted(zendesk)
    assert zendesk.draft().json == bare("shadow")
    refused = zendesk.redraft({"question": REFUND})
    assert (refused.status, refused.code) == (409, "shadow")
    assert zendesk.ask(REFUND).json["outcome"] == "answered"


def test_a_rating_is_the_agents_and_is_shown_to_him_again(zendesk: Zendesk) -> None:
    name = drafted(zendesk)
    rated = zendesk.rate(name, {"helpful": False, "reason": "outdated", "comment": "It is ten days"})
    assert (rated.status, rated.json) == (200, {"question_id": name, "helpful": False})
    (kept,) = zendesk.client.parts.log.answer(name).ratings
    assert (kept.person, kept.reason) == (f"zendesk:acme:agent:{AGENT}", "outdated")
    shown = zendesk.draft().json["answer"]["rating"]
    assert shown == {"helpful": False, "reason": "outdated", "comment": "It is ten days"}
    assert zendesk.draft(signed=token(sub="5")).json["answer"]["rating"] is None
    zendesk.rate(name, {"helpful": True})
    (kept,) = zendesk.client.parts.log.answer(name).ratings
    assert kept.helpful
    assert "ten days" not in zendesk.client.log.getvalue()


@pytest.mark.parametrize("name", ["0123456789abcdef", "x", "..", "0" * 200])
def test_an_answer_that_is_not_there_cannot_be_rated(zendesk: Zendesk, name: str) -> None:
    assert zendesk.rate(name, {"helpful": True}).status == 404


def test_answers_of_the_query_api_are_not_the_sidebars(zendesk: Zendesk) -> None:
    name = zendesk.client.ask().json["question_id"]
    assert zendesk.rate(name, {"helpful": True}).status == 404
    own = zendesk.ask(REFUND).json["question_id"]
    assert zendesk.client.call("GET", f"/answers/{own}").status == 404


def test_the_questions_own_circumstances_are_kept(zendesk: Zendesk) -> None:
    """A follow-up is asked again as the follow-up it was."""
    parts = zendesk.client.parts
    asked = parts.question("And when?", audience=Audience.PUBLIC, asked_by=PersonId("z"), channel="zendesk")
    follow_up = replace(asked, previous=REFUND)
    parts.answering.answer(follow_up)
    Drafts(parts.records, "acme").keep(TicketDraft(7, 1, follow_up.id, True, True, datetime.now(UTC)))
    answer = zendesk.redraft({"instruction": "Shorter"}).json["answer"]
    assert parts.log.answer(QuestionId(answer["question_id"])).question.previous == REFUND
