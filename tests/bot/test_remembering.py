"""What an ingestion was told once holds until it is told otherwise."""

from pathlib import Path

import pytest

from bot.remembering import FILE, Remembered, Stated
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from tests.making import app, write


def test_a_second_run_keeps_the_address_and_the_readers(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", refunds="Refunds take thirty days.")
    built = app(tmp_path / "home")
    built.ingest(docs, audience=Audience.INTERNAL, base_url="https://help.example")
    write(docs, more="More words on refunds.")
    run = app(tmp_path / "home").ingest(docs)
    assert (run.written, run.unchanged) == (1, 1)
    assert built.index.search("refunds", None, audience=Audience.PUBLIC, limit=5).passages == ()
    found = built.index.search("refunds", None, audience=Audience.INTERNAL, limit=5).passages
    assert {each.chunk.url for each in found} == {"https://help.example/refunds", "https://help.example/more"}


def test_what_is_forgotten_begins_anew(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", refunds="Refunds take thirty days.")
    built = app(tmp_path / "home")
    built.ingest(docs, audience=Audience.INTERNAL)
    built.forget(SourceName(str(docs)))
    built.ingest(docs)
    assert built.index.search("refunds", None, audience=Audience.PUBLIC, limit=5).passages


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(MisconfiguredError, match=FILE):
        Remembered(tmp_path).keep(SourceName("/docs"), Stated())
