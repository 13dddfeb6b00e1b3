"""Many articles, limits, outages and crashes: what a bad day changes in the index that follows the Help Center."""

import random
from collections.abc import Callable

import pytest

from bot.local.account.faults import Kind
from integrations.zendesk.articles import HelpCenterSource
from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.runs import Progress
from tests.integrations.zendesk.knowledge.conftest import Knowledge, counts

LISTED = "GET help_center/articles"
CHANGED = "GET help_center/incremental/articles"
PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


class TestManyArticles:
    def test_all_pages_are_read_and_what_changes_meanwhile_is_not_missed(self, knowledge: Knowledge) -> None:
        found = [knowledge.guide.publish(f"Page {n}", f"<p>Words {n}.</p>") for n in range(250)]
        source, ids = knowledge.source(), set[str]()
        for number, item in enumerate(source.items()):
            ids.add(item.id)
            if number == 50:
                knowledge.guide.archive(found[3])  # by number, this moved the 101st out of sight
        assert ids == {f"{article}-en-us" for article in found}

    def test_changes_come_in_pages(self, knowledge: Knowledge) -> None:
        found = [knowledge.guide.publish(f"Page {n}", f"<p>Words {n}.</p>") for n in range(30)]
        knowledge.run()
        knowledge.zendesk.help_center.exported = 10
        knowledge.clock.now += 600
        knowledge.run()
        knowledge.asked()
        for article in found:
            knowledge.clock.now += 1
            knowledge.guide.edit(article, body="<p>Newer.</p>")
        assert counts(knowledge.run()) == (30, 0, 0, 0)
        asked = knowledge.asked()
        assert "help_center/articles/{id}" not in asked
        assert asked.count("help_center/incremental/articles") >= 3

    def test_more_changes_in_one_second_than_a_page_has_end_all_the_same(self, knowledge: Knowledge) -> None:
        found = [knowledge.guide.publish(f"Page {n}", f"<p>Words {n}.</p>") for n in range(40)]
        knowledge.run()
        knowledge.zendesk.help_center.exported, knowledge.zendesk.limits.exports = 30, 1_000
        knowledge.clock.now += 600
        for article in found:
            knowledge.guide.edit(article, body="<p>Newer.</p>")
        knowledge.asked()
        assert counts(knowledge.run()) == (40, 0, 0, 0)
        assert "help_center/articles/{id}" not in knowledge.asked()  # all are listed with their texts instead

    def test_two_thousand_within_the_smallest_plan(self, knowledge: Knowledge) -> None:
        for number in range(2_000):
            knowledge.guide.publish(f"Page {number}", f"<p>Words of page {number}.</p>")
        knowledge.zendesk.limits.plan = 200
        begun, steps = knowledge.clock.now, list[tuple[int, int]]()
        source = knowledge.source()
        items = list(source.items(full=True, listed=lambda done, total: steps.append((done, total))))
        assert len(items) == 2_000
        assert (steps[0], steps[-1]) == ((1, 2_000), (2_000, 2_000))
        assert len(knowledge.asked()) <= 30
        assert knowledge.clock.now - begun < 60


class TestBadDays:
    @pytest.fixture
    def articles(self, knowledge: Knowledge) -> list[int]:
        knowledge.zendesk.help_center.largest = 5
        found = [knowledge.guide.publish(f"Page {n}", f"<p>Words of page {n}.</p>") for n in range(12)]
        knowledge.run()
        return found

    def change(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.clock.now += 600
        guide = knowledge.guide
        guide.edit(articles[0], body="<p>New words.</p>")
        guide.restrict(articles[1], guide.add_segment("staff"))
        guide.archive(articles[2])
        guide.edit(articles[3], draft=True)
        guide.publish("Another", "<p>Another page.</p>")

    def whole(self, knowledge: Knowledge, version: str) -> bool:
        """Whether what is shown is all of the former or all of the new."""
        shown = knowledge.shown()
        new = ("New words" in shown, "page 1." not in shown, "page 2." not in shown, "page 3." not in shown)
        return set(new) == {version == "new"} and ("Another page" in shown) == (version == "new")

    def test_limits_and_outages_are_sat_out(self, knowledge: Knowledge, articles: list[int]) -> None:
        self.change(knowledge, articles)
        faults = knowledge.zendesk.faults
        faults.add(Kind.LIMIT, LISTED, 2, value=40)
        faults.add(Kind.FAIL, LISTED, 7, value=503)
        faults.add(Kind.LOSE, CHANGED, 4)
        faults.add(Kind.HALF, "GET help_center/sections", 3)
        assert counts(knowledge.run()) == (3, 8, 2, 0)
        assert self.whole(knowledge, "new")
        assert sum(knowledge.waited) > 80

    @pytest.mark.parametrize("operation", [LISTED, CHANGED, "GET help_center/sections"])
    def test_an_outage_that_lasts_changes_nothing_and_loses_nothing(
        self, knowledge: Knowledge, articles: list[int], operation: str
    ) -> None:
        self.change(knowledge, articles)
        knowledge.zendesk.faults.add(Kind.FAIL, operation, None, value=502)
        with pytest.raises(UnavailableError):
            knowledge.run()
        assert self.whole(knowledge, "old")
        knowledge.zendesk.faults.clear()
        assert counts(knowledge.run()) == (3, 8, 2, 0)
        assert self.whole(knowledge, "new")

    def test_a_bad_network_all_the_time(self, knowledge: Knowledge, articles: list[int]) -> None:
        self.change(knowledge, articles)
        for kind in (Kind.LIMIT, Kind.FAIL, Kind.LOSE, Kind.HALF, Kind.REFUSE):
            knowledge.zendesk.faults.add(kind, times=None, probability=0.08, value=503 if kind is Kind.FAIL else 1)
        assert counts(knowledge.run()) == (3, 8, 2, 0)
        assert self.whole(knowledge, "new")

    @pytest.mark.parametrize("stage", ["listing", "reading"])
    @pytest.mark.parametrize("step", [1, 7, 11])
    def test_killed_at_any_step_the_next_run_finds_it_all(
        self, knowledge: Knowledge, articles: list[int], stage: str, step: int
    ) -> None:
        self.change(knowledge, articles)

        def die(progress: Progress) -> None:
            if (progress.stage, progress.done) == (stage, step):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            knowledge.run(progress=die)
        assert self.whole(knowledge, "old")
        assert counts(knowledge.run()) == (3, 8, 2, 0)
        assert self.whole(knowledge, "new")

    def test_killed_after_the_commit_it_is_noted_by_the_next(self, knowledge: Knowledge, articles: list[int]) -> None:
        class Dying(HelpCenterSource):
            def committed(self) -> None:
                raise KeyboardInterrupt

        self.change(knowledge, articles)
        former = knowledge.notes.read()
        chosen = knowledge.source()
        dying = Dying(chosen._center, chosen._notes, PUBLIC, knowledge.clock)
        with pytest.raises(KeyboardInterrupt):
            knowledge.run(dying)
        assert knowledge.notes.read() == former
        assert self.whole(knowledge, "new")
        assert counts(knowledge.run()) == (0, 11, 0, 0)
        assert knowledge.notes.read() != former

    def test_no_help_center_says_so(self, knowledge: Knowledge) -> None:
        knowledge.guide.enabled = False
        with pytest.raises(MisconfiguredError, match=r"no Help Center at 127\.0\.0\.1.*turn it on"):
            knowledge.run()

    def test_no_permission_says_so(self, knowledge: Knowledge) -> None:
        knowledge.zendesk.faults.add(Kind.FAIL, LISTED, None, value=403)
        with pytest.raises(MisconfiguredError):
            knowledge.run()


def test_an_internal_article_is_never_shown_to_the_public(knowledge: Knowledge) -> None:
    """Random articles, languages, segments and changes, over many runs, some of which die."""
    chance, guide = random.Random(6), knowledge.guide  # noqa: S311
    segments = [guide.add_segment(name) for name in ("staff", "partners")]
    sections = [guide.add_section("Help", name) for name in ("One", "Two")]
    words = 0

    def some() -> tuple[int, ...]:
        return tuple(chance.sample(segments, chance.choice([0, 0, 1, 2])))

    def body() -> str:
        nonlocal words
        words += 1
        return f"<p>canary{words:05} in words.</p>"

    def publish(_: int) -> None:
        guide.publish("Page", body(), segments=some(), draft=chance.random() < 0.2, section=chance.choice(sections))

    changes: list[Callable[[int], None]] = [
        publish,
        lambda article: guide.restrict(article, *some()),
        lambda article: guide.edit(article, body=body()),
        lambda article: guide.edit(article, draft=chance.random() < 0.5),
        lambda article: guide.translate(article, chance.choice(["de", "fr"]), "Seite", body()),
        lambda article: guide.move(article, chance.choice(sections)),
        guide.archive,
    ]
    for number in range(40):
        publish(number)
    for _ in range(12):
        for _ in range(chance.randrange(20)):
            knowledge.clock.now += chance.choice([0, 1, 90])
            chance.choice(changes)(chance.choice(list(guide.articles)))
        steps = chance.choice([None, 5, 25])

        def perhaps_die(progress: Progress, at: int | None = steps) -> None:
            if progress.stage == "reading" and progress.done == at:
                raise KeyboardInterrupt

        try:
            knowledge.run(progress=perhaps_die)
        except KeyboardInterrupt:
            continue
        shown = {audience: knowledge.shown(audience) for audience in Audience}
        for article in guide.articles.values():
            for each in article.translations.values():
                canary = each.body.split()[0].removeprefix("<p>")
                assert (canary in shown[INTERNAL]) == (not each.draft)
                assert (canary in shown[PUBLIC]) == (not each.draft and not article.segments)
        assert len(set(shown[INTERNAL].split())) < words * 2 + 40  # nothing of what was there before
