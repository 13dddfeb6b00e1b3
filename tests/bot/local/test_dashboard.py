"""The picture of the dashboard, as a real browser lays it out."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.benchmarks.dashboard import written

pytestmark = pytest.mark.browser
BOXES = "all => all.map(each => {const b = each.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]})"
CLIPPED = "all => all.filter(e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).length"


def test_every_widget_is_drawn_and_none_covers_another(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1500, "height": 900})
    page.goto(written(tmp_path).as_uri())
    widgets = page.locator("section")
    assert widgets.count() == 26
    assert page.locator("svg[role=img]").count() == widgets.count() - 2
    assert page.get_by_text("No data.").count() == 0
    assert widgets.evaluate_all(CLIPPED) == 0
    boxes = widgets.evaluate_all(BOXES)
    for place, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top
    assert page.locator(".bad").all_inner_texts() == ["ingestion-stale: in alarm"]
    page.close()
