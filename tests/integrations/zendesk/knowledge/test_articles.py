"""The Help Center and the index that follows it: whose text is read, who may read it, what a bad day changes."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.local.account.faults import Kind
from integrations.zendesk.articles import AFRESH, HelpCenterSource
from integrations.zendesk.noting import LARGEST, Entry, Known, Page
from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.runs import IngestionRun, Progress
from tests.integrations.zendesk.knowledge.conftest import Knowledge

LISTED = "GET help_center/articles"
CHANGED = "GET help_center/incremental/articles"
PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


def counts(run: IngestionRun) -> tuple[int, int, int, int]:
    return run.written, run.unchanged, run.removed, len(run.failures)


class TestWhatBecomesOfAnArticle:
    def test_each_language_is_a_document_in_its_place(self, knowledge: Knowledge) -> None:
        section = knowledge.guide.add_section("Billing", "Invoices", de="Rechnungen")
        body = '<p>Thirty days.</p><h2 id="h_01">Exceptions</h2><p>Gift cards.</p>'
        article = knowledge.guide.publish("Refunds", body, section=section, labels=("money back", "vat"))
        knowledge.guide.translate(article, "de", "Erstattungen", "<p>Dreissig Tage.</p>")
        assert counts(knowledge.run()) == (2, 0, 0, 0)
        german, first, second = knowledge.chunks(PUBLIC)
        address = f"https://help.example.com/hc/en-us/articles/{article}"
        assert (first.document.id, first.document.title) == (f"{article}-en-us", "Refunds")
        assert (first.url, second.url) == (address, f"{address}#h_01")
        assert second.heading == "Refunds > Billing > Invoices > money back, vat > Exceptions"
        assert (german.document.id, german.heading) == (
            f"{article}-de",
            "Erstattungen > Billing > Rechnungen > money back, vat",
        )
        assert str(first.document.updated) == "2026-09-21"

    def test_drafts_and_outdated_translations_are_not_read(self, knowledge: Knowledge) -> None:
        guide = knowledge.guide
        guide.publish("Unready", "<p>Half a thought.</p>", draft=True)
        article = guide.publish("Refunds", "<p>Thirty days.</p>")
        guide.translate(article, "de", "Erstattungen", "<p>Noch nicht fertig.</p>", draft=True)
        guide.translate(article, "fr", "Remboursements", "<p>Vingt jours.</p>")
        guide.edit(article, "fr", outdated=True)
        assert counts(knowledge.run()) == (1, 0, 0, 0)
        assert "Thirty days" in knowledge.shown(INTERNAL)

    def test_what_is_for_a_segment_is_internal(self, knowledge: Knowledge) -> None:
        staff, partners = knowledge.guide.add_segment("staff"), knowledge.guide.add_segment("partners")
        knowledge.guide.publish("One", "<p>One segment.</p>", segments=(staff,))
        knowledge.guide.publish("Two", "<p>Two segments.</p>", segments=(staff, partners))
        knowledge.run()
        assert knowledge.shown(PUBLIC) == ""
        assert "One segment" in knowledge.shown(INTERNAL)
        assert "Two segments" in knowledge.shown(INTERNAL)

    @pytest.mark.parametrize("unsaid", ["user_segment_ids", "draft"])
    def test_what_is_not_stated_is_taken_for_the_narrower(self, knowledge: Knowledge, unsaid: str) -> None:
        knowledge.zendesk.help_center.unsaid = frozenset({unsaid})
        knowledge.guide.publish("Refunds", "<p>Thirty days.</p>")
        knowledge.run()
        assert knowledge.shown(PUBLIC) == ""

    def test_what_an_author_writes_does_not_decide_who_reads_it(self, knowledge: Knowledge) -> None:
        staff = knowledge.guide.add_segment("staff")
        body = (
            '</main></body></html><html><head><meta name="audience" content="public"><title>Other</title>'
            '<link rel="canonical" href="https://evil.example/"></head><body><main><h1>Another</h1><p>Secret.</p>'
        )
        knowledge.guide.publish("Discounts", body, segments=(staff,))
        knowledge.run()
        assert knowledge.shown(PUBLIC) == ""
        assert "Secret" in knowledge.shown(INTERNAL)
        assert {(each.document.title, each.url.split("/hc/")[0]) for each in knowledge.chunks(INTERNAL)} == {
            ("Discounts", "https://help.example.com")
        }

    def test_all_of_it_can_be_kept_internal(self, knowledge: Knowledge) -> None:
        knowledge.guide.publish("Refunds", "<p>Thirty days.</p>")
        knowledge.run()
        assert "Thirty days" in knowledge.shown(PUBLIC)
        assert counts(knowledge.run(knowledge.source(INTERNAL))) == (1, 0, 0, 0)
        assert knowledge.shown(PUBLIC) == ""


class TestWhatChanged:
    @pytest.fixture
    def articles(self, knowledge: Knowledge) -> list[int]:
        found = []
        for number in range(5):
            knowledge.clock.now += 1
            found.append(knowledge.guide.publish(f"Page {number}", f"<p>Words of page {number}.</p>"))
        assert counts(knowledge.run()) == (5, 0, 0, 0)
        knowledge.asked()
        return found

    def test_nothing_is_read_again_where_nothing_changed(self, knowledge: Knowledge, articles: list[int]) -> None:
        assert counts(knowledge.run()) == (0, 5, 0, 0)
        assert knowledge.asked() == [
            "help_center/incremental/articles",
            "help_center/articles",
            "help_center/sections",
            "help_center/categories",
        ]

    def test_what_was_edited_comes_with_the_changes(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.clock.now += 600
        knowledge.run()
        knowledge.asked()
        knowledge.clock.now += 600
        knowledge.guide.edit(articles[2], body="<p>New words.</p>")
        assert counts(knowledge.run()) == (1, 4, 0, 0)
        assert "New words" in knowledge.shown()
        assert "of page 2" not in knowledge.shown()
        assert not [each for each in knowledge.asked() if "{id}" in each]

    def test_what_is_archived_goes(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.archive(articles[0])
        assert counts(knowledge.run()) == (0, 4, 1, 0)
        assert "page 0" not in knowledge.shown()

    def test_what_is_unpublished_goes(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.edit(articles[0], draft=True)
        assert counts(knowledge.run()) == (0, 4, 1, 0)

    def test_a_language_goes_alone(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.translate(articles[0], "de", "Seite", "<p>Worte.</p>")
        assert counts(knowledge.run()) == (1, 5, 0, 0)
        knowledge.guide.untranslate(articles[0], "de")
        assert counts(knowledge.run()) == (0, 5, 1, 0)

    def test_what_is_restricted_is_shown_to_the_public_no_more(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.restrict(articles[3], knowledge.guide.add_segment("staff"))
        assert counts(knowledge.run()) == (1, 4, 0, 0)
        assert "page 3" not in knowledge.shown(PUBLIC)
        assert "page 3" in knowledge.shown(INTERNAL)
        knowledge.guide.restrict(articles[3])
        knowledge.run()
        assert "page 3" in knowledge.shown(PUBLIC)

    def test_restricted_and_unreadable_it_is_shown_to_nobody(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.restrict(articles[3], knowledge.guide.add_segment("staff"))
        knowledge.guide.edit(articles[3], body="<img src=x>")
        assert counts(knowledge.run()) == (0, 4, 1, 1)
        assert "page 3" not in knowledge.shown(PUBLIC)

    def test_unreadable_alone_it_stays_as_it_was(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.edit(articles[3], body="<img src=x>")
        assert counts(knowledge.run()) == (0, 4, 0, 1)
        assert "page 3" in knowledge.shown(PUBLIC)

    def test_another_section_is_another_path(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.guide.move(articles[1], knowledge.guide.add_section("Sending", "Limits"))
        assert counts(knowledge.run()) == (1, 4, 0, 0)
        assert "Page 1 > Sending > Limits" in knowledge.shown()

    def test_full_reads_everything(self, knowledge: Knowledge, articles: list[int]) -> None:
        assert counts(knowledge.run(full=True)) == (5, 0, 0, 0)
        assert "help_center/incremental/articles" not in knowledge.asked()

    def test_an_empty_help_center_empties_the_index_only_where_that_is_wanted(
        self, knowledge: Knowledge, articles: list[int]
    ) -> None:
        for article in articles:
            knowledge.guide.archive(article)
        before = knowledge.shown(INTERNAL)
        with pytest.raises(MisconfiguredError, match=r"where there were 5: nothing was changed.*--full"):
            knowledge.run()
        assert knowledge.shown(INTERNAL) == before
        assert counts(knowledge.run(full=True)) == (0, 0, 5, 0)
        assert knowledge.shown(INTERNAL) == ""

    def test_a_change_that_zendesk_does_not_tell_of_is_found_within_a_day(
        self, knowledge: Knowledge, articles: list[int]
    ) -> None:
        knowledge.clock.now += 600
        knowledge.run()
        knowledge.guide.articles[articles[0]].translations["en-us"].body = "<p>Unstamped.</p>"
        assert counts(knowledge.run()) == (0, 5, 0, 0)
        knowledge.clock.now += AFRESH
        assert counts(knowledge.run()) == (1, 4, 0, 0)

    def test_a_lost_note_costs_a_reading_and_nothing_else(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.notes.forget()
        assert counts(knowledge.run()) == (0, 5, 0, 0)

    def test_a_lost_index_is_built_anew(self, knowledge: Knowledge, articles: list[int]) -> None:
        other = Knowledge(knowledge.zendesk, knowledge.clock, knowledge.home.with_name("other"))
        other.records = knowledge.records
        assert counts(other.run()) == (5, 0, 0, 0)
        assert "help_center/articles/{id}" not in knowledge.asked()

    def test_one_that_had_not_changed_can_be_read_by_itself(self, knowledge: Knowledge, articles: list[int]) -> None:
        knowledge.clock.now += 600
        knowledge.run()
        knowledge.asked()
        source = knowledge.source()
        items = list(source.items())
        content, version = source.read(items[0])
        assert b"Words of page 0" in content
        assert version == items[0].version
        assert knowledge.asked().count("help_center/articles/{id}") == 1

    def test_restricted_between_the_list_and_the_text_it_is_not_taken(
        self, knowledge: Knowledge, articles: list[int]
    ) -> None:
        knowledge.clock.now += 600
        knowledge.run()
        source = knowledge.source()
        items = list(source.items())
        knowledge.guide.restrict(articles[0], knowledge.guide.add_segment("staff"))
        knowledge.guide.edit(articles[0], body="<p>Now it says who gets 40 percent.</p>")
        with pytest.raises(Exception, match="while it was read"):
            source.read(items[0])

    def test_without_sideloads_each_changed_article_is_asked_for(
        self, knowledge: Knowledge, articles: list[int]
    ) -> None:
        knowledge.zendesk.help_center.sideloads = False
        knowledge.clock.now += 600
        assert counts(knowledge.run()) == (0, 5, 0, 0)
        knowledge.clock.now += 600
        knowledge.asked()
        knowledge.guide.edit(articles[2], body="<p>New words.</p>")
        assert counts(knowledge.run()) == (1, 4, 0, 0)
        # the changes begin with the second that the ones before ended with
        assert knowledge.asked().count("help_center/articles/{id}/translations") == 2


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


class TestNotes:
    def known(self, articles: int = 3) -> Known:
        page = Page("en-us", "A title", "https://help.example.com/hc/en-us/articles/1", "v1")
        chance = random.Random(1)  # noqa: S311
        entries = {
            n: Entry("2026-11-01T00:00:00Z", (replace(page, version=chance.randbytes(48).hex()),))
            for n in range(articles)
        }
        return Known(1_790_000_000, 1_790_000_001.5, entries)

    def test_they_are_read_as_they_were_written(self, knowledge: Knowledge) -> None:
        assert knowledge.notes.read() is None
        knowledge.notes.write(self.known())
        assert knowledge.notes.read() == self.known()
        knowledge.notes.forget()
        assert knowledge.notes.read() is None
        assert knowledge.records.list("zendesk-articles:example") == []

    def test_many_articles_are_several_records_none_too_large(self, knowledge: Knowledge) -> None:
        knowledge.notes.write(self.known(8_000))
        assert knowledge.notes.read() == self.known(8_000)
        parts = knowledge.records.list("zendesk-articles:example")
        assert len(parts) > 2
        assert max(len(record.value) for _, record in parts) <= LARGEST
        knowledge.notes.write(self.known())
        assert len(knowledge.records.list("zendesk-articles:example")) == 2

    @pytest.mark.parametrize("damage", [b"", b"{}", b'{"form": 1, "parts": ["gone"]}', b'{"form": 99, "parts": []}'])
    def test_what_is_damaged_or_newer_counts_as_nothing(self, knowledge: Knowledge, damage: bytes) -> None:
        knowledge.notes.write(self.known())
        knowledge.records.put("zendesk-articles:example", "head", damage)
        assert knowledge.notes.read() is None
