"""The Help Center as the platform shows it, and what is exported in bulk."""

from typing import Any

import pytest
import requests

from bot.local.account.account import Account
from tests.bot.local.account.conftest import Clock


@pytest.fixture
def ask(zendesk: Account) -> Any:
    def get(path: str, status: int = 200, **query: object) -> Any:
        auth = (f"{zendesk.authority.email}/token", zendesk.authority.token)
        response = requests.get(
            f"{zendesk.url}/api/v2/{path}", params={k: str(v) for k, v in query.items()}, auth=auth, timeout=5
        )
        assert response.status_code == status, response.text
        return response.json()

    return get


def test_an_article_is_shown_in_its_own_language_or_the_one_asked_for(zendesk: Account, ask: Any) -> None:
    article = zendesk.guide.publish("Refunds", "<p>Thirty days.</p>", labels=("money",))
    zendesk.guide.translate(article, "de", "Erstattungen", "<p>Dreissig.</p>", draft=True)
    [own] = ask("help_center/articles.json")["articles"]
    assert (own["title"], own["locale"], own["draft"], own["label_names"]) == ("Refunds", "en-us", False, ["money"])
    assert (own["user_segment_id"], own["user_segment_ids"]) == (None, [])
    [german] = ask("help_center/de/articles")["articles"]
    assert (german["title"], german["draft"], german["source_locale"]) == ("Erstattungen", True, "en-us")
    assert ask("help_center/fr/articles")["articles"] == []
    [both] = ask("help_center/articles", include="translations")["articles"]
    assert [each["locale"] for each in both["translations"]] == ["en-us", "de"]
    assert ask("help_center/articles", label_names="other")["articles"] == []


def test_a_cursor_holds_its_place_while_the_list_changes(zendesk: Account, ask: Any) -> None:
    found = [zendesk.guide.publish(f"Page {n}", "<p>x</p>") for n in range(5)]
    query = {"page[size]": 2, "sort_by": "created_at", "sort_order": "asc"}
    first = ask("help_center/articles", **query)
    zendesk.guide.archive(found[0])
    second = ask("help_center/articles", **query, **{"page[after]": first["meta"]["after_cursor"]})
    assert [each["id"] for each in second["articles"]] == found[2:4]
    assert second["meta"]["has_more"]
    assert "page%5Bafter%5D" in second["links"]["next"]


def test_the_list_by_number_counts_and_sorts(zendesk: Account, ask: Any) -> None:
    for title in ("Beta", "Alpha"):
        zendesk.guide.publish(title, "<p>x</p>")
    told = ask("help_center/articles", per_page=1, sort_by="title")
    assert (told["count"], told["articles"][0]["title"]) == (2, "Alpha")
    assert told["next_page"]
    ask("help_center/articles", 400, sort_by="colour")


def test_the_export_gives_the_time_of_its_last_item_and_is_limited(zendesk: Account, clock: Clock, ask: Any) -> None:
    zendesk.help_center.exported = 2
    found = []
    for number in range(3):
        clock.now += 10
        found.append(zendesk.guide.publish(f"Page {number}", "<p>x</p>"))
    page = ask("help_center/incremental/articles", start_time=1)
    assert ([each["id"] for each in page["articles"]], page["end_time"]) == (found[:2], int(clock.now) - 10)
    assert f"start_time={page['end_time']}" in page["next_page"]
    last = ask("help_center/incremental/articles", start_time=page["end_time"])
    assert ([each["id"] for each in last["articles"]], last["next_page"]) == (found[1:], None)
    zendesk.guide.archive(found[2])
    assert ask("help_center/incremental/articles", start_time=int(clock.now) + 1)["end_time"] is None
    for _ in range(7):
        ask("help_center/incremental/articles", start_time=1)
    ask("help_center/incremental/articles", 429, start_time=1)


def test_an_account_without_one_has_nothing_there(zendesk: Account, ask: Any) -> None:
    zendesk.guide.enabled = False
    for path in ("articles", "sections", "incremental/articles"):
        assert ask(f"help_center/{path}", 404)["error"] == "RecordNotFound"


def test_places_have_names_in_several_languages(zendesk: Account, ask: Any) -> None:
    section = zendesk.guide.add_section("Billing", "Invoices", de="Rechnungen")
    [shown] = ask("help_center/sections", include="translations")["sections"]
    assert (shown["id"], shown["name"]) == (section, "Invoices")
    assert {each["locale"]: each["title"] for each in shown["translations"]}["de"] == "Rechnungen"
    assert ask("help_center/categories")["categories"][0]["id"] == shown["category_id"]
    zendesk.guide.add_segment("staff")
    assert ask("help_center/user_segments")["user_segments"][0]["name"] == "staff"


def test_changed_tickets_come_by_cursor_once_they_are_a_minute_old(zendesk: Account, clock: Clock, ask: Any) -> None:
    new = {"ticket": {"subject": "Help", "comment": {"body": "it broke"}}}
    auth = (f"{zendesk.authority.email}/token", zendesk.authority.token)
    for _ in range(3):
        requests.post(f"{zendesk.url}/api/v2/tickets.json", json=new, auth=auth, timeout=5).raise_for_status()
        clock.now += 1
    assert ask("incremental/tickets/cursor", start_time=1)["tickets"] == []
    clock.now += 60
    page = ask("incremental/tickets/cursor", start_time=1, per_page=2)
    assert (len(page["tickets"]), page["end_of_stream"]) == (2, False)
    last = ask("incremental/tickets/cursor", cursor=page["after_cursor"])
    assert (len(last["tickets"]), last["end_of_stream"]) == (1, True)
    ask("search/export", 400, query="tags:x")
