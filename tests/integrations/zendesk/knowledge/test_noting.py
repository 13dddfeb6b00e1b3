"""What is kept of the Help Center between two readings."""

import random
from dataclasses import replace

import pytest

from integrations.zendesk.noting import LARGEST, Entry, Known, Page
from tests.integrations.zendesk.knowledge.conftest import Knowledge


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
