"""The Help Center and the index that follows it: whose text is read, who may read it, what a bad day changes."""

import pytest

from integrations.zendesk.articles import AFRESH
from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError
from tests.integrations.zendesk.knowledge.conftest import Knowledge, counts

PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


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
