"""The Slack page as forms and links: every person, every kind of channel, everything that can be pressed."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.app import App
from rag_core.domain import Audience
from tests.bot.local.conftest import visited
from tests.bot.local.slackview.conftest import Desk, shown
from tests.making import app

REFUNDS = "How long do refunds take?"
DISCOUNT = "Which discount may agents give?"
REASON, COMMENT = "field-reason", "field-comment"


def modal(page: str) -> str:
    return page.partition('name="view" value="')[2].partition('"')[0]


def test_a_mention_is_answered_in_its_thread_with_its_source(desk: Desk) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    page = desk.sees("Not helpful")
    thread = page.partition('id="replies"')[2]
    assert "thirty days" in thread
    assert "[1] Refunds" in shown(thread)
    assert 'href="https://help.example/refunds#how-long-refunds-take"' in thread
    assert "1 reply" in shown(page.partition('id="replies"')[0])


def test_the_app_hears_by_signed_requests_and_answers_over_http(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    desk.sees("Not helpful")
    told = capfd.readouterr().err
    assert '"message": "answered"' in told
    assert "refunds" not in told


def test_a_rating_with_its_reason_is_recorded(desk: Desk, built: App) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    desk.sees("Not helpful")
    view = modal(desk.press("Not helpful").text)
    refused = desk.do("submit", view=view, **{COMMENT: "It is ten days"})
    assert "Please choose what was wrong with it." in shown(refused.text)
    assert "It is ten days" in refused.text  # what was written is not lost
    sent = desk.do("submit", view=view, **{REASON: "outdated", COMMENT: "It is ten days"})
    assert not modal(sent.text)
    assert 'aria-pressed="true"' in sent.text
    until = time.monotonic() + 10
    while (rating := kept(built)) != ("outdated", "It is ten days"):
        assert time.monotonic() < until, rating
        time.sleep(0.05)


def kept(built: App) -> tuple[str, str] | None:
    ratings = [rating for record in built.log.worst(limit=9) for rating in record.ratings]
    return next(((rating.reason, rating.comment) for rating in ratings), None)


def test_a_modal_is_closed_without_a_word(desk: Desk) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    desk.sees("Not helpful")
    view = modal(desk.press("Not helpful").text)
    assert not modal(desk.do("close", view=view).text)
    assert desk.do("submit", view=view).status_code == 422


def test_a_person_is_called_and_the_buttons_go(desk: Desk) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    desk.sees("Resolved")
    desk.press("Ask a human")
    desk.sees("@support-team, can somebody help here?")
    desk.no_longer_sees("Resolved")


def test_an_automatic_channel_needs_no_mention(desk: Desk) -> None:
    desk.be("Ada", "ask-support").say(REFUNDS)
    desk.sees("thirty days")


def test_only_the_staff_channel_uses_internal_documents(desk: Desk) -> None:
    desk.be("Ada", "agents").say(f"@supportbot {DISCOUNT}")
    desk.sees("twenty percent")
    for place in ("help", "with-northwind"):
        desk.be("Ada", place).say(f"@supportbot {DISCOUNT}")
        assert "twenty percent" not in desk.sees("Ask a human")


def test_everybody_sees_what_is_theirs(desk: Desk) -> None:
    ours = ["help", "ask-support", "agents", "with-northwind", "supportbot", "App Home"]
    assert desk.be("Ada").places() == ours
    assert desk.be("Gus").places() == ["help", "ask-support", "supportbot", "App Home"]
    assert desk.be("Nia", "with-northwind").places() == ["with-northwind"]


def test_what_is_told_to_one_person_is_seen_by_nobody_else(desk: Desk) -> None:
    desk.be("Gus").say(f"/support {REFUNDS}")
    assert "Only visible to you" in shown(desk.sees("thirty days"))
    assert "thirty days" not in desk.be("Ada").page()
    desk.be("Gus").press("Share")
    desk.be("Ada").sees("Shared by @Gus")


def test_a_draft_is_discarded(desk: Desk) -> None:
    desk.say(f"/support {REFUNDS}")
    desk.sees("Discard")
    desk.press("Discard")
    desk.no_longer_sees("Discard")


def test_a_message_is_answered_by_its_menu(desk: Desk) -> None:
    desk.say("Our customer wants to know how long refunds take?")
    message = desk.page().rpartition('name="message" value="')[2].partition('"')[0]
    assert desk.do("answer", message=message).status_code == 200
    thread = desk.page().partition('class="replies"')
    desk.url = f"{desk.url}&thread={message}"
    assert "Share to thread" in shown(desk.sees("thirty days"))
    assert "1 reply" not in shown(thread[2])  # nobody else has an answer


def test_an_admin_reads_documents_again_and_sees_how_it_ends(desk: Desk) -> None:
    desk.be("Grace").say("/supportbot reingest --full")
    desk.sees("will be read again")
    desk.sees("1 new")
    desk.be("Grace", "supportbot")
    desk.sees("4 written")


def test_what_is_for_admins_is_refused_to_others(desk: Desk) -> None:
    desk.say("/supportbot reingest")
    desk.sees("is for admins of this bot only")


def test_a_direct_message_begins_with_what_could_be_asked(desk: Desk) -> None:
    desk.be("Ada", "supportbot")
    page = desk.sees("What can you help me with?")
    assert page.count('name="example"') == 5
    desk.say(REFUNDS)
    desk.sees("thirty days")


def test_home_tells_admins_more_and_takes_settings(desk: Desk) -> None:
    desk.be("Ada", "App Home")
    assert "Add a channel" not in desk.sees("What I can do")
    desk.be("Grace", "App Home").sees("#ask-support")
    view = modal(desk.press("Add a channel").text)
    refused = desk.do("submit", view=view)
    assert "Please choose a channel." in shown(refused.text)
    fields = {
        "field-channel": value_of(refused.text, "#help"),
        "field-audience": Audience.PUBLIC,
        "field-automatic": "on",
    }
    assert not modal(desk.do("submit", view=view, **fields).text)
    desk.sees("#help")


def test_settings_outlive_the_playground(built: App) -> None:
    with visited(built) as client:
        desk = Desk(client).be("Grace", "App Home")
        desk.sees("answers every question")
        view = modal(desk.press("Add a channel").text)
        chosen = {"field-channel": value_of(desk.page(), "#ask-support"), "field-audience": Audience.PUBLIC}
        desk.do("submit", view=view, **chosen)
        desk.sees("Public documents only, all sources; answers when mentioned")
    with visited(built) as client:
        page = Desk(client).be("Grace", "App Home").sees("#ask-support")
        assert "answers every question" not in shown(page)


def value_of(page: str, label: str) -> str:
    """Of an option."""
    return page.partition(f">{label}</option>")[0].rpartition('value="')[2].partition('"')[0]


def test_what_people_write_is_shown_as_they_wrote_it(desk: Desk) -> None:
    desk.say("<script>alert('zeppelin')</script> *b* <img src=x onerror=alert(1)>")
    page = desk.page()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<script>alert('zeppelin')</script>" in shown(page)


def test_what_documents_hold_is_shown_as_it_stands_there(desk: Desk) -> None:
    desk.say("@supportbot What does the zeppelin page hold?")
    page = desk.sees("Not helpful")
    assert "<script>alert" not in page
    assert "javascript:alert" not in page.replace("`", "")


@pytest.mark.parametrize(
    ("act", "form", "words"),
    [
        ("say", {"text": " "}, "Write a message first"),
        ("say", {"text": "/invite @Ada"}, "There is no command /invite here"),
        ("say", {"text": "x" * 12_001}, "Slack takes 12,000 characters"),
        ("press", {"press": "no", "message": "1.2"}, "That is no button of this page"),
        ("press", {"press": '["rate", "helpful:1"]', "message": "1.2"}, "that message is gone"),
        ("answer", {"message": "1.2"}, "that message is gone"),
        ("submit", {"view": "V1"}, "that window is closed already"),
        ("stop", {}, "There is nothing to stop"),
        ("dance", {}, "There is nothing of that kind to do here"),
    ],
)
def test_what_cannot_be_done_is_said(desk: Desk, act: str, form: dict[str, str], words: str) -> None:
    response = desk.do(act, **form)
    assert response.status_code == 422
    assert words in shown(response.text)


def test_a_button_that_is_gone_is_not_pressed(desk: Desk) -> None:
    desk.say(f"@supportbot {REFUNDS}")
    page = desk.sees("Resolved")
    message = page.rpartition('name="message" value="')[2].partition('"')[0]
    assert desk.do("press", press='["rate", "helpful:another"]', message=message).status_code == 422


def test_a_command_is_no_part_of_a_thread(desk: Desk) -> None:
    desk.say("@supportbot hello")
    assert "Slack takes no commands in threads" in shown(desk.do("say", text="/support x").text)


def test_a_file_that_is_text_is_read(desk: Desk) -> None:
    query = dict(httpx.URL(desk.url).params)
    files = {"file": ("question.txt", REFUNDS.encode(), "text/plain")}
    response = desk.client.post("/slack/say", data=query | {"text": "@supportbot"}, files=files)
    desk.url = str(response.url)
    assert "question.txt" in shown(desk.sees("thirty days"))


def test_another_site_cannot_write_here(desk: Desk) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert desk.client.post("/slack/say", data={"text": "hi"}, headers=headers).status_code == 403


def test_word_of_a_change_comes_when_it_is_there(desk: Desk) -> None:
    def changes(since: str) -> str:
        return str(desk.client.get(f"/slack/changes?since={since}").json()["version"])

    version = changes("")
    asked = time.monotonic()
    assert changes(version) == version
    assert time.monotonic() - asked > 1
    later = threading.Timer(0.3, lambda: desk.do("say", text="hello"))
    later.start()
    asked = time.monotonic()
    assert changes(version) != version
    assert time.monotonic() - asked < 1.5
    later.join()


def test_it_opens_with_the_first_look_and_ends_with_the_playground(built: App) -> None:
    def ours() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name.startswith("slack-")]

    with visited(built) as client:
        client.get("/")
        assert not ours()
        client.get("/slack")
        assert ours()
    assert not ours()


def test_the_playground_starts_without_what_only_slack_needs() -> None:
    script = "import bot.local.playground, sys; print([n for n in sys.modules if n[:6] in ('slack_', 'websoc')])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_proxy_that_slack_sdk_would_take_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    response = desk.client.get("/slack")
    assert response.status_code == 503
    assert "env -u HTTPS_PROXY" in shown(response.text)


def test_nothing_ingested_is_said(tmp_path: Path) -> None:
    with visited(app(tmp_path / "empty")) as client:
        desk = Desk(client)
        assert "Nothing is ingested yet" in shown(desk.page())
        desk.say(f"@supportbot {REFUNDS}")
        desk.sees("Sorry, I could not answer this")
