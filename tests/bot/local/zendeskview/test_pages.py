"""The Zendesk page as forms and links: a ticket, its draft, what an agent sends, and its rating."""

import html
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.app import App
from rag_core.domain import Use
from tests.bot.local.conftest import EXAMPLES, visited
from tests.bot.local.slackview.conftest import shown
from tests.bot.local.zendeskview.conftest import Desk
from tests.making import app

REFUNDS = "How long do refunds take?"
DISCOUNT = "Which discount may agents give to keep a customer?"


def until(holds: object, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_ticket_gets_a_private_note_with_its_source(desk: Desk) -> None:
    desk.open(f"Hello,\n\n{REFUNDS}\n\nAda")
    page = desk.sees("supportbot_drafted")
    note = page.partition('class="message alone note"')[2]
    assert "Internal note: the customer never sees it" in shown(note)
    assert "Hi Ada," in shown(note)
    assert "thirty days" in shown(note)
    assert 'href="https://help.example/refunds#how-long-refunds-take"' in note
    assert "is reading the ticket" not in page


def test_the_app_hears_by_signed_webhooks_and_answers_over_http(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.open(REFUNDS)
    desk.sees("supportbot_drafted")
    told = capfd.readouterr().err
    assert '"channel": "zendesk"' in told
    assert "refunds" not in told
    assert "Ada" not in told


def test_silence_of_the_documents_is_said(desk: Desk) -> None:
    desk.open("What is the capital of Australia?")
    assert "No draft" in shown(desk.sees("supportbot_no_answer"))


def test_internal_pages_are_for_the_agent_alone(desk: Desk) -> None:
    desk.open(DISCOUNT)
    page = desk.sees("do not send")
    quoted = page.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert "twenty percent" not in quoted


def test_what_is_sent_is_compared_with_the_draft(desk: Desk, built: App) -> None:
    desk.open(REFUNDS)
    page = desk.sees("supportbot_drafted")
    draft = page.partition("<blockquote>")[2].partition("</blockquote>")[0]
    desk.say(shown(draft), html=draft, solved="1")
    until(lambda: any(day.uses.get(Use.AS_IS) for day in built.log.tally()))
    assert "solved" in shown(desk.page())


def test_a_note_of_an_agent_is_compared_with_nothing(desk: Desk, built: App) -> None:
    desk.open(REFUNDS)
    desk.sees("supportbot_drafted")
    desk.say("I have asked a colleague", **{"as": "note"})
    page = desk.sees("I have asked a colleague")
    assert page.count("Internal note:") == 2
    assert not any(day.uses for day in built.log.tally())


def test_a_customer_who_asks_on_gets_another_draft(desk: Desk) -> None:
    desk.open(REFUNDS)
    desk.sees("supportbot_drafted")
    desk.say("Thirty days, it says.")
    desk.say("And what is an SPF record?", **{"as": "customer"})
    assert "TXT record" in shown(desk.sees("TXT record"))


def test_the_rating_links_of_a_note_open_a_page_that_records(desk: Desk, built: App) -> None:
    desk.open(REFUNDS)
    page = desk.sees("supportbot_drafted")
    links = [html.unescape(url) for url in re.findall(r'href="(http://127[^"]*/zendesk/rate\?[^"]*)"', page)]
    assert len(links) == 2
    opened = desk.client.get(links[0])
    assert opened.status_code == 200
    assert not sum(day.helpful for day in built.log.tally())
    assert desk.client.post(links[0], data={}).status_code == 200
    assert sum(day.helpful for day in built.log.tally()) == 1


def test_what_an_agent_writes_is_shown_without_what_could_run(desk: Desk) -> None:
    desk.open("<script>alert(1)</script> hello")
    desk.say("x", html='<p onclick="x()">fine</p><script>alert(2)</script><img src=x onerror=y>')
    page = desk.sees("fine")
    assert "<script>alert" not in page
    assert "onclick" not in page
    assert "onerror" not in page


@pytest.mark.parametrize(
    ("act", "form", "told"),
    [
        ("open", {"from": "0", "text": "hi"}, "choose who writes"),
        ("open", {"from": "1e9", "text": "hi"}, "choose who writes"),
        ("say", {"ticket": "999999", "text": "hi"}, "there is no such ticket"),
        ("say", {"ticket": "x" * 50, "text": "hi"}, "there is no such ticket"),
        ("dance", {}, "there is nothing of that kind to do here"),
    ],
)
def test_what_cannot_be_done_is_said(desk: Desk, act: str, form: dict[str, str], told: str) -> None:
    response = desk.client.post(f"/zendesk/{act}", data=form)
    assert response.status_code == 422
    assert told in shown(response.text).lower()


def test_an_empty_ticket_and_an_empty_comment_are_refused(desk: Desk) -> None:
    desk.open(REFUNDS)
    number = desk.url.rpartition("=")[2]
    assert desk.client.post("/zendesk/say", data={"ticket": number, "text": " "}).status_code == 422
    assert desk.client.post("/zendesk/say", data={"ticket": number, "text": "x" * 20_001}).status_code == 422


def test_another_site_cannot_write_here(desk: Desk) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/zendesk/open", "/zendesk-app/proxy"):
        assert desk.client.post(path, data={"text": "hi"}, headers=headers).status_code == 403


def test_the_page_is_at_one_address_so_that_the_sidebar_is_at_another(desk: Desk) -> None:
    port = desk.client.base_url.port
    found = desk.client.get(f"http://localhost:{port}/zendesk", follow_redirects=False)
    assert found.headers["location"] == f"http://127.0.0.1:{port}/zendesk"


def test_word_of_a_change_comes_when_it_is_there(desk: Desk) -> None:
    def changes(since: str) -> str:
        return str(desk.client.get(f"/zendesk/changes?since={since}").json()["version"])

    version = changes("")
    assert changes(version) == version
    later = threading.Timer(0.3, lambda: desk.open("hello"))
    later.start()
    asked = time.monotonic()
    assert changes(version) != version
    assert time.monotonic() - asked < 1.8
    later.join()


def test_a_second_playground_on_the_same_home_begins_with_new_tickets(built: App) -> None:
    for _ in range(2):
        with visited(built, EXAMPLES) as client:
            desk = Desk(client)
            assert "No ticket yet" in shown(desk.page())
            desk.open(REFUNDS)
            assert "thirty days" in shown(desk.sees("supportbot_drafted"))


def test_it_opens_with_the_first_look_and_ends_with_the_playground(built: App) -> None:
    before = threading.active_count()
    with visited(built) as client:
        client.get("/")
        without = threading.active_count()
        desk = Desk(client)
        desk.open(REFUNDS)
        desk.sees("supportbot_drafted")
        assert threading.active_count() > without
    until(lambda: threading.active_count() <= before)


def test_the_playground_starts_without_what_only_zendesk_needs() -> None:
    script = "import bot.local.playground, sys; print([n for n in sys.modules if n[:5] in ('zenpy', 'reque')])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_nothing_ingested_is_said(tmp_path: Path) -> None:
    with visited(app(tmp_path / "empty")) as client:
        assert "Nothing is ingested yet" in shown(Desk(client).page())
