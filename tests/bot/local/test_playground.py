"""Every page works without JavaScript."""

import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from bot.app import App
from rag_core.answering import LONGEST
from rag_core.domain import QuestionId
from tests.bot.local.conftest import visited
from tests.making import app, write

REFUNDS = "How long do refunds take?"


def ask(client: httpx.Client, question: str, **more: str) -> tuple[str, str]:
    """The answer's id and its page."""
    response = client.post("/answers", data={"question": question, **more})
    assert response.status_code == 200
    return response.url.path.removeprefix("/answers/"), response.text


def words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def test_the_first_page_offers_examples(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "4 documents are ready" in words(page)
    assert page.count('name="example"') == 2
    assert "thirty days" in client.post("/answers", data={"question": "", "example": REFUNDS}).text


def test_a_form_is_answered_with_a_page_of_its_own(client: httpx.Client) -> None:
    response = client.post("/answers", data={"question": REFUNDS}, follow_redirects=False)
    assert response.status_code == 303
    page = client.get(response.headers["location"]).text
    assert "A refund takes thirty days to arrive" in words(page)
    assert "Refunds : How long refunds take" in words(page)
    assert "<script>" not in page


def test_a_source_leads_to_the_cited_words(client: httpx.Client) -> None:
    _, page = ask(client, REFUNDS)
    (link,) = re.findall(r'<li id="source-[^"]*">\s*<a href="([^"]*)"', page)
    document = client.get(unescape(link)).text
    assert link.endswith("#passage")
    assert document.count('<mark id="passage">') == document.count('id="passage"') == 1
    assert "thirty days" in words("".join(re.findall("<mark[^>]*>(.*?)</mark>", document, re.DOTALL)))
    assert "This is what happens in case 14." in document  # the whole document
    assert '<a href="https://help.example/refunds"' in document
    assert '<h2 id="at-case-2">' in document


def test_a_document_that_changed_says_so(client: httpx.Client, built: App, tmp_path: Path) -> None:
    _, page = ask(client, REFUNDS)
    (link,) = re.findall(r'<li id="source-[^"]*">\s*<a href="([^"]*)"', page)
    built.ingest(write(tmp_path / "docs", refunds="---\ntitle: Refunds\n---\nThey are instant now."))
    assert "the document has changed since" in client.get(unescape(link)).text


def test_an_abstention_is_no_answer_and_offers_pages(client: httpx.Client) -> None:
    _, page = ask(client, "Which zeppelin flies to the moon of refunds?")
    assert "I did not find an answer" in page
    assert "Nearest pages" in page
    assert re.search(r'<a href="/documents/traps\?in=[^"]+&amp;audience=public">', page)


def test_why_shows_passages_scores_and_times_while_they_are_remembered(client: httpx.Client, built: App) -> None:
    answer, page = ask(client, REFUNDS)
    assert "Refunds &gt; How long refunds take" in page
    assert re.search(r"words \d+\.\d", page)
    assert re.search(r"Search the documents</span> <span class=\"figure\">\d+\.\d ms", page)
    with visited(built) as later:
        assert "this one is gone" in later.get(f"/answers/{answer}").text


def test_a_rating_is_recorded_once_a_person_and_can_change(client: httpx.Client, built: App) -> None:
    answer, _ = ask(client, REFUNDS)
    rating = {"verdict": "not-helpful", "reason": "outdated", "comment": "it is <b>ten</b>"}
    page = client.post(f"/answers/{answer}/rating", data=rating).text
    assert "you found this not helpful (outdated). “it is <b>ten</b>”" in words(page)
    assert "<b>ten" not in page
    page = client.post(f"/answers/{answer}/rating", data={"verdict": "helpful", "reason": "outdated"}).text
    assert "you found this helpful ." in words(page)
    (kept,) = built.log.answer(QuestionId(answer)).ratings
    assert (kept.helpful, kept.reason, kept.comment) == (True, "", "")


def test_another_person_has_another_vote(client: httpx.Client, built: App) -> None:
    answer, _ = ask(client, REFUNDS)
    client.post(f"/answers/{answer}/rating", data={"verdict": "helpful"})
    client.cookies.clear()
    assert "Did this help?" in client.get(f"/answers/{answer}").text
    client.post(f"/answers/{answer}/rating", data={"verdict": "not-helpful"})
    assert len(built.log.answer(QuestionId(answer)).ratings) == 2


def test_the_cookie_is_for_this_site_and_not_for_scripts(client: httpx.Client) -> None:
    response = client.post("/answers", data={"question": REFUNDS}, follow_redirects=False)
    assert re.fullmatch(
        r"reader=[0-9a-f]{32}; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict", response.headers["set-cookie"]
    )
    assert "set-cookie" not in client.get("/").headers


def test_a_made_up_cookie_is_replaced(client: httpx.Client, built: App) -> None:
    client.cookies.set("reader", "somebody", domain="127.0.0.1")
    answer, _ = ask(client, REFUNDS)
    assert re.fullmatch("[0-9a-f]{32}", built.log.answer(QuestionId(answer)).question.asked_by)


def test_an_unknown_reason_is_refused(client: httpx.Client) -> None:
    answer, _ = ask(client, REFUNDS)
    response = client.post(f"/answers/{answer}/rating", data={"verdict": "not-helpful", "reason": "rude"})
    assert response.status_code == 422
    assert "Reason must be one of" in response.text


def test_a_follow_up_keeps_the_conversation_above(client: httpx.Client) -> None:
    first, _ = ask(client, REFUNDS)
    _, page = ask(client, "Where are they paid to?", follow_up=first)
    assert page.index(f'id="question-{first}"') < page.index("Where are they paid to?</h2>")
    assert page.count('name="follow_up"') == 1


def test_a_follow_up_still_names_what_it_follows_after_a_restart(client: httpx.Client, built: App) -> None:
    first, _ = ask(client, REFUNDS)
    second, _ = ask(client, "Where are they paid to?", follow_up=first)
    with visited(built) as later:
        assert f"Follows up on: “{REFUNDS}”" in later.get(f"/answers/{second}").text


def test_staff_see_internal_pages_and_customers_do_not(client: httpx.Client) -> None:
    question = "Which discount may agents give?"
    _, public = ask(client, question, audience="public")
    assert "twenty percent" not in public
    assert "discounts" not in public
    _, internal = ask(client, question, audience="internal")
    assert "twenty percent" in internal
    assert "Asked as staff" in internal
    assert client.get("/documents/discounts?audience=internal").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/documents/discounts",
        "/documents/discounts?audience=public",
        "/documents/discounts?audience=everybody",
        "/documents/nothing?audience=internal",
        "/documents/../../etc/passwd",
        "/answers/nothing",
        "/nowhere",
    ],
)
def test_what_is_not_there_or_not_theirs_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "Not found" in response.text
    assert "twenty percent" not in response.text


def test_following_up_on_nothing_is_not_found(client: httpx.Client) -> None:
    assert client.post("/answers", data={"question": "And then?", "follow_up": "nothing"}).status_code == 404
    assert client.post("/answers/nothing/rating", data={"verdict": "helpful"}).status_code == 404


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Write a question first."),
        (" \r\n ", "Write a question first."),
        ("x" * (LONGEST + 1), "A question has at most 4,000 characters, this one has 4,001: shorten it."),
    ],
)
def test_what_cannot_be_asked_comes_back_with_a_sentence(client: httpx.Client, text: str, problem: str) -> None:
    response = client.post("/answers", data={"question": text, "audience": "internal"})
    assert response.status_code == 422
    assert problem in response.text
    assert text.strip() in response.text
    assert 'value="internal" checked' in response.text


def test_a_follow_up_that_cannot_be_asked_keeps_its_conversation(client: httpx.Client) -> None:
    first, _ = ask(client, REFUNDS)
    response = client.post("/answers", data={"question": " ", "follow_up": first})
    assert response.status_code == 422
    assert f'id="question-{first}"' in response.text
    assert "Write a question first." in response.text


def test_the_longest_question_counts_a_line_break_once(client: httpx.Client) -> None:
    ask(client, "refunds\r\n" * (LONGEST // 8) + "x" * (LONGEST % 8))


def test_what_documents_and_readers_wrote_is_text(client: httpx.Client) -> None:
    _, page = ask(client, "<script>alert('zeppelin')</script> page as it was written?")
    document = client.get("/documents/traps").text
    for html in (page, document):
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert "javascript:" not in html
        assert "tracker.example" not in html
    assert "Traps &lt;b&gt;" in document
    assert "&lt;@U123&gt;" in document


def test_a_passage_of_the_why_part_is_pointed_out(client: httpx.Client) -> None:
    document = client.get("/documents/refunds?audience=public&passage=3").text
    assert "The passage that was found" in document
    assert document.count('id="passage"') == 1
    for nonsense in ("99", "-1", "x", "9" * 30):
        assert 'id="passage"' not in client.get(f"/documents/refunds?passage={nonsense}").text


def test_a_home_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with visited(app(tmp_path)) as client:
        page = client.get("/").text
        assert "Nothing is ingested yet" in page
        assert f"supportbot ingest PATH --home {tmp_path}" in page
        assert client.post("/answers", data={"question": "Hello?"}).status_code == 503
        assert "Nothing was asked yet" in client.get("/report").text
        assert client.get("/documents/x").status_code == 404


def test_an_index_that_appears_is_found_without_a_restart(tmp_path: Path) -> None:
    with visited(app(tmp_path / "home")) as client:
        client.get("/")
        app(tmp_path / "home").ingest(write(tmp_path / "docs", spf="An SPF record is a TXT record."))
        assert "1 document is ready" in words(client.get("/").text)
        assert "TXT record" in ask(client, "What is an SPF record?")[1]


def test_a_fault_shows_a_page_and_no_details(built: App) -> None:
    built.__dict__["index"] = None  # what no configuration can cause
    with visited(built) as client:
        response = client.get("/")
    assert response.status_code == 500
    assert "A fault of this program" in response.text
    assert "NoneType" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
