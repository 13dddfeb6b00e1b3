"""What counts as the same question, and what is embedded once."""

import random
from array import array
from datetime import timedelta

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.caching.embeddings import CachedEmbedder
from rag_core.caching.keys import normalised
from rag_core.caching.meaning import LONGEST, Meanings, Recent, quantised
from rag_core.caching.wording import Wording, apart
from rag_core.domain import (
    NEVER,
    Deadline,
    Vector,
)
from rag_core.ports import Cache
from tests.fakes.embedder import HashingEmbedder
from tests.rag_core.caching.desk import REFUNDS, SPF


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Why?", "ＷＨＹ ", True),
        ("Straße", "STRASSE", True),
        ("Is it 10 %?", "Is it 1.0 %?", False),
        ("a b", "ab", False),
        ("It does not", "It does", False),
        ("C++", "C", False),
        ("?", "!", False),
        ("ver\u200bify", "verify", True),
    ],
)
def test_only_what_means_nothing_is_folded(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


class Meter:
    """Counts what an embedder is asked."""

    def __init__(self) -> None:
        self.name, self.dimensions, self.questions = "hashing", 64, 0
        self.passages: list[str] = []
        self._embedder = HashingEmbedder()

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        self.questions += 1
        return self._embedder.embed_question(text)

    def embed_passages(self, texts: list[str]) -> list[Vector]:
        self.passages += texts
        return self._embedder.embed_passages(texts)


def test_what_was_embedded_is_not_embedded_again(cache: Cache) -> None:
    meter = Meter()
    embedder = CachedEmbedder(meter, cache)  # type: ignore[arg-type]
    texts = [f"text {number % 150}" for number in range(200)]
    assert embedder.embed_passages(texts) == HashingEmbedder().embed_passages(texts)
    assert embedder.embed_passages([*texts, "new"]) == HashingEmbedder().embed_passages([*texts, "new"])
    assert meter.passages == [*texts[:150], "new"]
    assert embedder.embed_question("text 1") == embedder.embed_question("text 1")
    assert meter.questions == 1
    meter.name = "other"
    embedder.embed_question("text 1")
    assert meter.questions == 2


def test_the_nearest_of_many_is_found_without_a_library() -> None:
    chance = random.Random(1)  # noqa: S311

    def noise(base: list[float], much: float) -> Vector:
        values = [value + much * chance.gauss(0, 1) for value in base]
        length = sum(value * value for value in values) ** 0.5
        return array("f", [value / length for value in values])

    meanings = Meanings(MemoryCache(), ttl=timedelta(hours=1), near=0.92)
    vectors = [noise([0.0] * 1024, 1.0) for _ in range(LONGEST + 40)]
    for number, vector in enumerate(vectors):
        meanings.keep("s", Recent(str(number), "d", (), quantised(vector)))
    for number in range(60, LONGEST + 40, 25):
        near = noise(list(vectors[number]), 0.01)
        assert [recent.stem for recent in meanings.near("s", near, "d")] == [str(number)]
        assert meanings.near("s", near, "e") == []


def test_a_word_decides_where_the_evidence_knows_it() -> None:
    one, other = (Wording.of(text).terms for text in ("Do refunds take long?", "Do refunds take thirty long?"))
    assert apart(one, other, [REFUNDS])
    assert not apart(one, other, [SPF])
    assert not apart(one, one, [REFUNDS])


def test_a_word_in_place_of_another_decides() -> None:
    one, other = (Wording.of(f"What is the {which} attachment size?").terms for which in ("min", "max"))
    assert apart(one, other, [])
