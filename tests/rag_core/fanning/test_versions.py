"""The version before: it answers again when somebody asks, and holds nothing that was forgotten."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import fanning
from bot.app import NO_WAY_BACK, App
from bot.settings import load
from rag_core.backends.opensearch.target import Target
from rag_core.domain import DocumentId
from rag_core.errors import RejectedError
from rag_core.ports import Records
from rag_core.reverting import roll_back
from rag_core.runs import RunState
from tests.making import write
from tests.rag_core.fanning.crew import KilledError, Make
from tests.rag_core.fanning.pages import every, found, text, word


def test_the_version_before_answers_again(crew: Make, target: Target, docs: Path) -> None:
    built, told = crew(), list[str]()
    built.ingest("r1")

    def rolled_back(once: str, records: Records = built.parts.records) -> str:
        return roll_back(built.parts.assembly, records, once, told.append)

    with pytest.raises(RejectedError, match="no version before"):
        rolled_back("too soon")
    write(docs, **{f"page{number}": text(number, 2) for number in range(6)})
    built.ingest("r2")
    with pytest.raises(KilledError):  # once it was done, before that could be noted
        rolled_back("once", Dying(built.parts.records))
    former = rolled_back("once")
    assert (found(target, word(1)), found(target, word(2))) == (every(range(6)), [])
    latter = rolled_back("and forth")
    assert found(target, word(2)) == every(range(6))
    assert rolled_back("once") == former  # delivered late: it says the same, and does nothing
    assert found(target, word(2)) == every(range(6))
    assert told == [former, former, latter]
    rolled_back("twice")
    assert built.ingest("r3").state is RunState.DONE  # what a source holds is read again
    assert found(target, word(2)) == every(range(6))


class Dying:
    """Records to which nothing can be put."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def put(self, *_: object, **__: object) -> None:
        raise KilledError


def test_what_was_forgotten_does_not_come_back_with_the_version_before(
    crew: Make, target: Target, docs: Path, tmp_path: Path
) -> None:
    built, said = crew(), list[str]()
    built.embedder = None
    for version in (1, 2):
        write(docs, page0=text(0, version))
        built.ingest(f"r{version}")
    node = {"opensearch_url": target.endpoint, "opensearch_index": target.alias, "opensearch_engine": "lucene"}
    app = App(
        load({}, home=str(tmp_path), opensearch_kind="domain", opensearch_signed=False, embedding_model="none", **node),
        notice=said.append,
    )
    assert app.forget(built.source, DocumentId("never")) == 0
    assert said == []
    before, page = fanning.roll_back(app, "c1"), DocumentId("page5")
    (docs / f"{page}.md").unlink()
    assert built.ingest("r3").state is RunState.DONE
    assert kept(target) == 2
    assert app.forget(built.source, page) == 1  # of the version before alone
    assert said == [NO_WAY_BACK]
    assert (kept(target), before in kept_names(target)) == (1, False)
    with pytest.raises(RejectedError, match="something in it was forgotten"):
        fanning.roll_back(app, "c2")
    write(docs, page0=text(0, 3))
    built.ingest("r4")
    assert app.forget(built.source) == 5
    assert (kept(target), found(target, word(1))) == (1, [])
    with pytest.raises(RejectedError):
        fanning.roll_back(app, "c3")


def kept_names(target: Target) -> list[str]:
    """The physical indices that there are."""
    found = httpx.get(f"{target.endpoint}/_resolve/index/{target.alias}-*").json()
    return [each["name"] for each in found["indices"]]


def kept(target: Target) -> int:
    return len(kept_names(target))
