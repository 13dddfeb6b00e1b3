"""Solved tickets as knowledge: which, for whom, for how long, and nothing of the persons in them."""

from pathlib import Path
from typing import Any

import pytest
import requests

from bot.local.account.account import Account
from bot.masking import Masking
from integrations.zendesk.solved import SolvedTicketsSource, Terms
from rag_core.domain import Audience
from rag_core.runs import IngestionRun
from tests.integrations.zendesk.knowledge.conftest import Knowledge

DAY = 86_400.0
ANSWER = "Open Settings, then Billing, and choose Download beside the month that you need. All invoices are there."


class Support:
    """People who write tickets, as they do it: over the API."""

    def __init__(self, zendesk: Account) -> None:
        self.zendesk = zendesk
        self.anna = zendesk.desk.add_user("Anna Lindqvist-Moreau", "anna@customer.example")
        self.omar = zendesk.desk.add_user("Omar Will", "omar@example.com", "agent")
        self.session = requests.Session()
        self.session.auth = (f"{zendesk.authority.email}/token", zendesk.authority.token)

    def call(self, method: str, path: str, payload: Any) -> Any:
        response = self.session.request(method, f"{self.zendesk.url}/api/v2/{path}.json", json=payload, timeout=5)
        response.raise_for_status()
        return response.json() if response.content else {}

    def open(self, text: str, subject: str = "Invoices", tags: tuple[str, ...] = ("kb",)) -> int:
        ticket = {"subject": subject, "tags": list(tags), "requester_id": self.anna["id"]}
        comment = {"body": text, "author_id": self.anna["id"]}
        return int(self.call("POST", "tickets", {"ticket": {**ticket, "comment": comment}})["ticket"]["id"])

    def say(self, ticket: int, text: str, by: dict[str, Any], *, public: bool = True, **more: object) -> None:
        comment = {"body": text, "public": public, "author_id": by["id"]}
        self.call("PUT", f"tickets/{ticket}", {"ticket": {"comment": comment, **more}})

    def solve(self, ticket: int) -> None:
        self.call("PUT", f"tickets/{ticket}", {"ticket": {"status": "solved"}})

    def solved(self, question: str = "Where are my invoices?", answer: str = ANSWER) -> int:
        ticket = self.open(question)
        self.say(ticket, answer, self.omar)
        self.solve(ticket)
        return ticket


@pytest.fixture
def support(zendesk: Account) -> Support:
    return Support(zendesk)


def run(knowledge: Knowledge, mask: Masking | None = None, days: int = 365) -> IngestionRun:
    from integrations.zendesk.unquoting import unquoted

    chosen = mask or Masking()
    terms = Terms("KB", days, unquoted, chosen, chosen.name)
    return knowledge.run(SolvedTicketsSource(knowledge.patience, terms, knowledge.clock))


def shown(knowledge: Knowledge, audience: Audience = Audience.INTERNAL) -> str:
    return knowledge.shown(audience, "zendesk-tickets")


class TestWhich:
    def test_question_and_reply_are_one_internal_document(self, knowledge: Knowledge, support: Support) -> None:
        ticket = support.solved()
        assert run(knowledge).written == 1
        assert shown(knowledge, Audience.PUBLIC) == ""
        question, answer = knowledge.chunks(Audience.INTERNAL, "zendesk-tickets")
        assert (question.document.id, question.document.title) == (str(ticket), "Invoices")
        assert question.document.url == f"{knowledge.zendesk.url}/agent/tickets/{ticket}"
        assert (question.text, answer.text) == ("Where are my invoices?", ANSWER)

    def test_only_solved_ones_with_the_tag(self, knowledge: Knowledge, support: Support) -> None:
        support.say(support.open("Open still."), ANSWER, support.omar)
        other = support.open("Another tag.", tags=("kbx", "other"))
        support.say(other, ANSWER, support.omar)
        support.solve(other)
        assert run(knowledge).written == 0

    def test_unchanged_ones_are_not_read_again(self, knowledge: Knowledge, support: Support) -> None:
        support.solved()
        run(knowledge)
        knowledge.asked()
        assert run(knowledge).unchanged == 1
        assert knowledge.asked() == ["search/export"]

    @pytest.mark.parametrize("how", ["reopened", "untagged", "deleted", "too old"])
    def test_one_that_is_no_longer_meant_goes(self, knowledge: Knowledge, support: Support, how: str) -> None:
        ticket = support.solved()
        run(knowledge)
        if how == "reopened":
            support.say(ticket, "It fails again.", support.anna, status="open")
        elif how == "untagged":
            support.call("DELETE", f"tickets/{ticket}/tags", {"tags": ["kb"]})
        elif how == "deleted":
            support.call("DELETE", f"tickets/{ticket}", None)
        else:
            knowledge.clock.now += 31 * DAY
        assert run(knowledge, days=30).removed == 1
        assert shown(knowledge) == ""

    def test_more_than_a_page(self, knowledge: Knowledge, support: Support) -> None:
        for number in range(3):
            support.solved(f"Question {number}?")
        assert run(knowledge).written == 3

    def test_without_a_reply_it_is_named(self, knowledge: Knowledge, support: Support) -> None:
        ticket = support.open("Where are my invoices?")
        support.say(ticket, "Ask Ben in finance, he knows.", support.omar, public=False)
        support.solve(ticket)
        [failure] = run(knowledge).failures
        assert failure.document == f"ticket {ticket}"
        assert "no public reply of an agent" in failure.reason


class TestTheReply:
    def test_the_last_that_says_something(self, knowledge: Knowledge, support: Support) -> None:
        ticket = support.open("Where are my invoices?")
        support.say(
            ticket, "Could you tell me which month you are looking for, and in which of your accounts?", support.omar
        )
        support.say(ticket, "March, in the first.", support.anna)
        support.say(ticket, ANSWER, support.omar)
        support.say(ticket, "Thanks a lot!", support.anna)
        support.say(ticket, "You are welcome.", support.omar)
        support.solve(ticket)
        run(knowledge)
        assert ANSWER in shown(knowledge)
        assert "welcome" not in shown(knowledge)
        assert "which month" not in shown(knowledge)

    def test_a_short_one_where_there_is_no_other(self, knowledge: Knowledge, support: Support) -> None:
        support.solved(answer="Under Settings, Billing.")
        run(knowledge)
        assert "Under Settings, Billing." in shown(knowledge)


class TestWhatIsNeverIn:
    def test_private_comments_and_what_is_quoted(self, knowledge: Knowledge, support: Support) -> None:
        for number in range(4):
            ticket = support.open(f"Question {number}?\n\nOn Mon, 2 Nov 2026 Ben wrote:\n> canary quoted")
            support.say(ticket, f"canary private {number}: {ANSWER}", support.omar, public=False)
            support.say(ticket, ANSWER, support.omar)
            support.say(ticket, f"canary draft {number}", knowledge.zendesk.bot, public=False)
            support.solve(ticket)
            support.say(ticket, "canary after the end", support.omar, public=False)
        assert run(knowledge).written == 4
        assert "Question 3?" in shown(knowledge)
        assert "canary" not in shown(knowledge)

    def test_a_comment_turned_private_goes_with_the_next_run(self, knowledge: Knowledge, support: Support) -> None:
        ticket = support.solved(answer=f"canary {ANSWER}")
        support.say(ticket, ANSWER, support.omar)
        run(knowledge)
        found = knowledge.zendesk.desk.tickets[ticket]
        found.comments[2].public = False
        found.updated_at = knowledge.zendesk.desk.stamp
        assert run(knowledge).written == 1
        found.comments[1].public = False
        knowledge.clock.now += 1
        found.updated_at = knowledge.zendesk.desk.stamp
        assert len(run(knowledge).failures) == 1
        assert shown(knowledge) == ""

    def test_persons(self, knowledge: Knowledge, support: Support, tmp_path: Path) -> None:
        own = tmp_path / "masked.json"
        own.write_text('[{"name": "order", "pattern": "ORD-[0-9]{6}", "replacement": "(order number removed)"}]')
        question = (
            "Hello Omar, this is Anna Lindqvist-Moreau (anna@customer.example, +46 70 123 45 67).\n\n"
            "My order ORD-123456 was paid with 4111 1111 1111 1111, but will MOREAU or Lindqvist-Moreau get an invoice?"
        )
        answer = (
            "Hi anna, we will send it. Write to omar.will@example.com with the key AKIAIOSFODNN7EXAMPLA if it does not "
            "arrive within a day.\n\nBest regards\nOmar Will"
        )
        ticket = support.open(question, subject="Invoice for Anna Lindqvist-Moreau, ORD-123456")
        support.say(ticket, answer, support.omar)
        support.solve(ticket)
        run(knowledge, Masking(str(own)))
        found = shown(knowledge)
        for word in ("anna", "lindqvist", "moreau", "omar", "@", "+46", "123 45 67", "123456", "4111", "AKIA"):
            assert word.lower() not in found.lower()
        for word in ("(name removed)", "(e-mail address removed)", "(order number removed)", "we will send it"):
            assert word in found

    def test_persons_whom_the_ticket_knows_although_they_wrote_nothing_public(
        self, knowledge: Knowledge, support: Support
    ) -> None:
        names = ("Priya Raman", "Tobias Falk", "Lucia Ferrari", "Noor Haddad", "Bengt Aker")
        priya, tobias, lucia, noor, bengt = (
            knowledge.zendesk.desk.add_user(name, f"{number}@example.com", "agent" if number < 4 else "end-user")
            for number, name in enumerate(names)
        )
        ticket = support.open("Ask Bengt Aker or my colleague Lucia, where are our invoices?")
        support.say(ticket, "See what Noor said.", noor, public=False)
        support.say(ticket, f"Priya and Mr Falk looked, and Noor Haddad too. {ANSWER}", support.omar)
        copied = {"collaborator_ids": [lucia["id"]], "follower_ids": [tobias["id"]], "email_cc_ids": [bengt["id"]]}
        support.call("PUT", f"tickets/{ticket}", {"ticket": {"assignee_id": priya["id"], **copied}})
        support.solve(ticket)
        assert run(knowledge).written == 1
        assert ANSWER in shown(knowledge)
        for word in " ".join(names).split():
            assert word not in shown(knowledge)

    def test_other_rules_are_another_reading(self, knowledge: Knowledge, support: Support, tmp_path: Path) -> None:
        own = tmp_path / "masked.json"
        own.write_text('[{"name": "month", "pattern": "month"}]')
        support.solved()
        run(knowledge)
        assert run(knowledge, Masking(str(own))).written == 1
        assert "month" not in shown(knowledge)
