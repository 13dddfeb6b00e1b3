"""The playground in a real browser: with a mouse, with the keyboard alone, on a narrow screen."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.app import App
from bot.commands.demo import EXAMPLES
from bot.settings import load
from rag_core.answering import LONGEST
from rag_core.domain import QuestionId
from tests.bot.local.conftest import served
from tests.making import app
from tests.shared import DEMO

pytestmark = pytest.mark.browser
REFUNDS = "How long do refunds take?"


def ask(page: Page, question: str, field: str = "Your question") -> None:
    page.get_by_role("textbox", name=field).last.fill(question)
    page.get_by_role("button", name="Ask", exact=True).last.click()


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def answer_id(page: Page) -> QuestionId:
    page.wait_for_url("**/answers/*")
    return QuestionId(page.url.split("#")[0].rpartition("/")[2])


def test_an_answer_arrives_on_the_page(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.stayed = true")
    ask(page, REFUNDS)
    turn = page.get_by_role("article", name=REFUNDS)
    expect(turn.locator(".text")).to_contain_text("thirty days")
    expect(turn.get_by_role("heading", name=REFUNDS)).to_be_focused()
    expect(turn.get_by_role("status")).to_have_text("The answer is complete.")
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_hidden()
    answer_id(page)
    assert page.evaluate("window.stayed")
    page.reload()
    expect(page.get_by_role("article", name=REFUNDS).locator(".text")).to_contain_text("thirty days")


def test_the_stages_are_shown_while_it_is_made(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        "window.seen = []; new MutationObserver(() => { const stage = document.querySelector('.stage');"
        "if (stage && seen.at(-1) !== stage.textContent) seen.push(stage.textContent) })"
        ".observe(document.getElementById('thread'), { childList: true, subtree: true, characterData: true })"
    )
    ask(page, REFUNDS)
    expect(page.get_by_role("textbox", name="Follow up")).to_be_visible()
    seen = page.evaluate("seen")
    assert seen[0] == "Searching…"
    assert seen[-1] == "The answer is complete."


def test_a_source_opens_at_its_passage(page: Page) -> None:
    page.goto("/")
    ask(page, REFUNDS)
    page.get_by_role("link", name="Source 1", exact=True).click()
    expect(page).to_have_url(re.compile("#source-"))
    page.get_by_role("region", name="Sources").get_by_role("link").click()
    cited = page.locator("mark").first
    expect(cited).to_contain_text("A refund takes")
    expect(cited).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Refunds", exact=True)).not_to_be_in_viewport()
    page.get_by_role("link", name="Back to the answer").click()
    expect(page.get_by_role("article", name=REFUNDS)).to_be_visible()


def test_a_rating_is_given_and_changed_in_place(page: Page, built: App) -> None:
    page.goto("/")
    ask(page, REFUNDS)
    rating = page.get_by_role("region", name="Rate this answer")
    rating.get_by_text("Not helpful").click()
    rating.get_by_label("Outdated").check()
    rating.get_by_label("In your own words").fill("It is ten days")
    rating.get_by_role("button", name="Send").click()
    expect(rating).to_contain_text("you found this not helpful (outdated)")
    expect(rating).to_contain_text("It is ten days")
    expect(rating).to_be_focused()
    rating.get_by_role("button", name="Change to helpful").click()
    expect(rating).to_contain_text("you found this helpful")
    (kept,) = built.log.answer(answer_id(page)).ratings
    assert kept.helpful


def test_a_follow_up_is_appended(page: Page) -> None:
    page.goto("/")
    ask(page, REFUNDS)
    first = answer_id(page)
    ask(page, "What is the original payment method?", "Follow up")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("article").last.get_by_role("region", name="Sources")).to_be_visible()
    expect(page.get_by_role("textbox", name="Follow up")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("article")).to_have_count(1)
    assert answer_id(page) == first


def test_only_staff_see_the_internal_page(page: Page) -> None:
    for reader, count in (("Customer", 0), ("Staff", 1)):
        page.goto("/")
        page.get_by_role("radio", name=reader).check()
        ask(page, "Which discount may agents give?")
        sources = page.get_by_role("region", name=re.compile("Sources|Nearest pages"))
        expect(sources).to_be_visible()
        expect(sources.get_by_role("link", name="Discounts")).to_have_count(count)
    sources.get_by_role("link", name="Discounts").click()
    expect(page.get_by_text("Internal: staff only")).to_be_visible()


def test_an_abstention_looks_and_reads_different(page: Page) -> None:
    page.goto("/")
    ask(page, "Xylophone quasars?")
    box = page.locator(".abstention")
    expect(box).to_contain_text("I did not find an answer")
    expect(box.locator("svg")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, built: App) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
    page.keyboard.type("How long do")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("refunds take?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").get_by_role("heading").first).to_be_focused()
    expect(page.get_by_role("textbox", name="Follow up")).to_be_visible()
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
        assert page.evaluate("getComputedStyle(document.activeElement).outline").endswith("solid 3px")
    assert reached == ["1", "Refunds", "Helpful", "Not helpful", "Why this answer"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("you found this not helpful")).to_be_visible()
    assert built.log.answer(answer_id(page)).ratings[0].reason == "wrong"


def test_what_cannot_be_asked_is_said_beside_the_field(page: Page) -> None:
    page.goto("/")
    ask(page, "x" * (LONGEST + 1))
    expect(page.get_by_role("alert")).to_contain_text("at most 4,000 characters")
    field = page.get_by_role("textbox", name="Your question")
    expect(field).to_be_focused()
    assert len(field.input_value()) == LONGEST + 1
    page.goto("/report")
    expect(page.get_by_text("Nothing was asked yet")).to_be_visible()


def test_a_playground_that_has_ended_is_noticed(browser: Browser, built: App) -> None:
    with served(built) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto("/")
    ask(page, REFUNDS)
    expect(page.get_by_role("alert")).to_contain_text("is it still running")
    expect(page.get_by_role("textbox", name="Your question")).to_have_value(REFUNDS)
    context.close()


def test_it_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    ask(page, REFUNDS)
    expect(page.locator(".text")).to_contain_text("thirty days")
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_text("you found this helpful")).to_be_visible()
    ask(page, "What is the original payment method?", "Follow up")
    expect(page.get_by_role("article")).to_have_count(2)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens_do_not_scroll_sideways(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/")
    assert not overflows(page)
    ask(page, "What is the v=spf1 part of the SPF syntax? " + "w" * 200)
    page.get_by_role("textbox", name="Follow up").wait_for()
    page.get_by_text(re.compile("Why (this|no) answer")).click()
    page.get_by_text("Not helpful").click()
    assert not overflows(page)
    for path in ("/documents/spf?passage=1", "/documents/traps", "/report", "/nowhere"):
        page.route("**/nowhere", lambda route: route.fulfill(body="")) if path == "/nowhere" else None
        page.goto(path)
        assert not overflows(page)


LUMINANCE = """([front, back]) => {
  const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  const probe = (name) => { const element = document.createElement("i"); document.body.append(element);
    element.className = "probe"; element.style.setProperty("color", `var(${name})`);
    const color = getComputedStyle(element).color; element.remove(); return light(color); };
  const [a, b] = [probe(front), probe(back)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
READABLE = [("--ink", back) for back in ("--paper", "--surface", "--tint", "--mark")]
READABLE += [("--muted", back) for back in ("--paper", "--surface", "--tint")]
READABLE += [("--accent", back) for back in ("--paper", "--surface", "--tint", "--mark")]
READABLE += [("--alarm", "--paper"), ("--alarm", "--surface"), ("--on-accent", "--accent")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/")
    contrast = {pair: page.evaluate(LUMINANCE, list(pair)) for pair in READABLE}
    assert {pair: ratio for pair, ratio in contrast.items() if ratio < 4.5} == {}
    edges = {pair: page.evaluate(LUMINANCE, list(pair)) for pair in (("--edge", "--surface"), ("--edge", "--paper"))}
    assert {pair: ratio for pair, ratio in edges.items() if ratio < 3} == {}


def test_the_report_shows_what_was_asked(page: Page) -> None:
    page.goto("/")
    ask(page, "Xylophone quasars?")
    answer_id(page)
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_role("heading", name="Xylophone quasars?")).to_be_visible()
    chart = page.get_by_role("img", name=re.compile("questions per day"))
    expect(chart).to_be_visible()
    assert chart.evaluate("each => getComputedStyle(each.querySelector('text')).fill") != "rgb(0, 0, 0)"


def test_the_number_of_a_source_stays_with_its_sentence(page: Page) -> None:
    page.goto("/")
    ask(page, "How long do refunds take?")
    cite = page.locator(".text .cite").first
    cite.wait_for()
    lower = cite.evaluate("""cite => {
      const [block, before] = [cite.closest("p"), cite.previousSibling], last = document.createRange();
      last.setStart(before, before.length - 1);
      last.setEnd(before, before.length);
      return [...Array(300).keys()].filter((more) => {
        block.style.width = `${150 + more}px`;
        return cite.querySelector("a").getBoundingClientRect().top > last.getBoundingClientRect().bottom;
      });
    }""")
    assert lower == []


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    built = app(tmp_path / "home", load().embedding_model or "none")
    built.ingest(DEMO / "help-center", base_url="https://help.larkpost.example")
    with served(built, EXAMPLES) as address:
        yield address


def test_the_picture_in_the_readme(browser: Browser, demo: str, tmp_path: Path) -> None:
    """SUPPORTBOT_SCREENSHOT names the file it is kept in."""
    picture = Path(os.environ.get("SUPPORTBOT_SCREENSHOT") or tmp_path / "playground.png")
    page = browser.new_page(viewport={"width": 1280, "height": 1180}, base_url=demo, color_scheme="light")
    page.goto("/")
    page.get_by_role("button", name=EXAMPLES[1]).click()
    page.get_by_role("textbox", name="Follow up").wait_for()
    page.get_by_text("Why this answer").click()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(400)  # the answer's arrival is animated
    last = page.locator(".passages li").nth(2).bounding_box() or {"y": 1000, "height": 100}
    shown = {"x": 0, "y": 0, "width": 1280, "height": last["y"] + last["height"]}
    page.screenshot(path=picture, clip=shown)  # type: ignore[arg-type]
    assert picture.read_bytes().startswith(b"\x89PNG")
    page.close()
