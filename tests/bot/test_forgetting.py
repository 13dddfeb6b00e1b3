"""What a person wrote, or what stands of a ticket, is gone from every file; the counters of the day stay."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import forgetting
from bot.app import App
from bot.local.account.account import Account
from bot.settings import Settings
from bot.stated_sources import TICKETS
from integrations.zendesk.redrafts import Redraft, Redrafts
from rag_core.domain import Acceptance, PersonId, QuestionId, Rating, Use
from rag_core.errors import MisconfiguredError, RejectedError
from tests.bot.test_cli import Command
from tests.integrations.slack.office import office as slack_office
from tests.integrations.zendesk.knowledge.test_solved import Support
from tests.integrations.zendesk.office import ACCOUNT, office
from tests.making import NOON, answer, question

CANARY = "my-canary-word"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def app(home: Path, **settings: str) -> App:
    return App(Settings(home=str(home), embedding_model="none", retention=36_500, **settings))  # type: ignore[arg-type]


def files_with(home: Path, text: str) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def close(*parts: object) -> None:
    for part in parts:
        part.close()  # type: ignore[attr-defined]


def test_a_person_of_slack_is_gone_and_nobody_is_answered_twice(tmp_path: Path) -> None:
    with slack_office(tmp_path) as here:
        here.core.parts = (f"You said {CANARY}. [1]",)
        asked = here.mention(f"how do I reset {CANARY}?")
        job = here.queue.jobs[0]
        here.work()
        here.core.parts = ("It takes a day. [1]",)
        other = here.mention("how do I fly?", by=here.ben)
        here.work()
        here.slack.say(here.help, here.ben, "and how long does that take?", thread=asked)
        [reply] = here.replies(other)
        here.slack.click(here.ada, reply, "rate", f"not_helpful:{here.core.asked[1].id}")
        modal = here.slack.modal(here.ada)
        assert modal
        assert here.slack.submit(here.ada, modal, {"reason": "other", "comment": CANARY}).accepted
        here.work()
        built = app(tmp_path, slack_bot_token="xoxb-1")
        before = built.log.tally()
        assert set(files_with(tmp_path, here.ada.id)) >= {"feedback.sqlite-wal", "records.sqlite-wal"}

        told = forgetting.person(built, here.ada.id)

        assert told.of == f"slack:{here.slack.team.id}:{here.ada.id}"
        assert (told.answers, told.ratings) == (1, 1)
        assert told.remembered >= 2
        assert forgetting.IN_SLACK in told.left
        here.finish(job)  # Slack delivers it once more
        assert len(here.replies(asked)) == 1
        assert [record.question.text for record in built.log.every()] == ["how do I fly?"]
        assert built.log.tally() == before
        assert forgetting.person(built, here.ada.id).nothing
        close(built.log, built.records, here.core.log, here.core.records, here.core.claims)
        assert files_with(tmp_path, CANARY) == files_with(tmp_path, here.ada.id) == []


def test_what_carries_their_question_goes_with_it(tmp_path: Path) -> None:
    built = app(tmp_path)
    for name, person, previous in (("q1", "ada", None), ("q2", "bob", CANARY), ("q3", "bob", None)):
        asked = replace(
            question("Why?" if previous else CANARY, name=name, previous=previous), asked_by=PersonId(person)
        )
        built.log.record_answer(asked if name != "q3" else replace(asked, text="What?"), answer(asked))
    told = forgetting.person(built, "ada")
    assert (told.answers, told.quoting) == (1, 1)
    assert [record.question.id for record in built.log.every()] == ["q3"]


def test_who_is_meant_is_never_guessed(tmp_path: Path) -> None:
    built = app(tmp_path)
    for name, person in (("q1", "slack:T1:U7"), ("q2", "api:shop:U7"), ("q3", "slack:T1:XU7")):
        asked = replace(question("Why?", name=name), asked_by=PersonId(person))
        built.log.record_answer(asked, answer(asked))
    with pytest.raises(RejectedError, match="api:shop:U7, slack:T1:U7: name one"):
        forgetting.person(built, "U7")
    assert forgetting.person(built, "slack:T1:U7").answers == 1
    assert [record.question.id for record in built.log.every()] == ["q2", "q3"]


def test_a_ticket_is_gone_and_not_drafted_for_again(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        other = here.write("How do I fly?")
        here.work(other)
        ticket = here.write(f"How do I refund {CANARY}?", subject=f"Refund {CANARY}")
        here.core.text = f"You wrote {CANARY}. [1]"
        here.work(ticket)
        [draft] = here.drafts(ticket)
        text = here.core.asked[-1].text
        for name in ("redrafted", "first"):  # from the sidebar, by an agent, of the same text
            again = replace(question(text, name=name), asked_by=PersonId(f"zendesk:{ACCOUNT}:agent:9"))
            here.core.log.record_answer(again, answer(again))
        wish = Redraft(QuestionId("redrafted"), draft.question, instruction=f"say {CANARY}")
        Redrafts(here.core.records, ACCOUNT).keep(ticket.id, wish)
        here.core.log.record_acceptance(Acceptance(draft.question, Use.EDITED, 0.5, False, NOON))
        built = app(tmp_path, zendesk_subdomain=ACCOUNT)
        before = built.log.tally()

        told = forgetting.ticket(built, ticket.id)

        assert (told.answers, told.quoting) == (2, 1)
        assert forgetting.IN_ZENDESK in told.left
        assert len(list(built.log.every())) == 1
        assert built.log.tally() == before
        here.work(ticket)
        assert len(here.notes(ticket)) == 1
        assert not any(each.greeting or each.sign_off for each in here.drafts(ticket))
        assert forgetting.ticket(built, 999).nothing
        close(built.log, built.records, here.core.log, here.core.records, here.core.claims)
        assert files_with(tmp_path, CANARY) == []


def test_a_person_of_zendesk_is_gone_with_their_tickets(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        ticket = here.write(f"How do I refund {CANARY}?")
        here.work(ticket)
        built = app(tmp_path, zendesk_subdomain=ACCOUNT)
        told = forgetting.person(built, str(here.ann["id"]))
        assert told.of == f"zendesk:{ACCOUNT}:{here.ann['id']}"
        assert (told.answers, told.remembered) == (1, 1)
        assert not here.drafts(ticket)[0].greeting
        assert list(built.log.every()) == []


def test_a_ticket_that_was_knowledge_is_knowledge_no_more(tmp_path: Path) -> None:
    with Account(lag=0) as zendesk:
        settings = {"zendesk_subdomain": "example", "zendesk_url": zendesk.url, "zendesk_ticket_tag": "kb"}
        own = zendesk.authority
        built = app(tmp_path, **settings, zendesk_email=own.email, zendesk_token=own.token)
        support = Support(zendesk)
        ticket, _ = support.solved("Where are my invoices?"), support.solved("How do I export my contacts?")
        built.ingest(TICKETS)
        assert built.ingested() == {TICKETS: 2}
        told = forgetting.ticket(built, ticket)
        assert told.documents == 1
        assert any("remove the tag" in each for each in told.left)
        assert app(tmp_path, **settings).ingested() == {TICKETS: 1}


def test_without_zendesk_there_are_no_tickets(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_ZENDESK_SUBDOMAIN"):
        forgetting.ticket(app(tmp_path), 7)


class TestTheCommand:
    def test_one_thing_is_forgotten_at_a_time(self, tmp_path: Path) -> None:
        supportbot = Command(tmp_path / "home")
        for given in ((), ("--user", "U1", "--ticket", "7"), ("docs", "--user", "U1")):
            assert "--user ID, --ticket NUMBER" in supportbot("forget", *given, code=2).stderr

    def test_it_says_what_went_and_what_it_cannot_reach(self, tmp_path: Path) -> None:
        built = app(tmp_path / "home")
        asked = replace(question(CANARY), asked_by=PersonId("slack:T1:U7"), asked_at=datetime.now(UTC))
        built.log.record_answer(asked, answer(asked))
        built.log.record_rating(Rating(asked.id, PersonId("slack:T1:U8"), True, NOON))
        supportbot = Command(tmp_path / "home")
        said = supportbot("forget", "--user", "U7").stdout
        assert "slack:T1:U7: removed" in said
        assert "1 answers with their questions" in said
        assert "Not removed" in said
        assert "backups" in said
        assert json.loads(supportbot("forget", "--user", "U7", "--json").stdout)["answers"] == 0
        assert "nothing is kept here" in supportbot("forget", "--user", "U7").stdout
        assert json.loads(supportbot("report", "--json").stdout)["questions"] == 1
