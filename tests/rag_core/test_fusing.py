import pytest

from rag_core.fusing import LEAST_DENSE, MOST_DENSE, dense_weight, fuse, headed_first
from tests.making import chunk, document, passage

HALF = 0.5


def test_a_leg_that_found_nothing_has_no_say() -> None:
    assert list(fuse({1: 3.0, 2: 1.0}, {}, HALF)) == [1, 2]
    assert list(fuse({}, {6: 0.9, 5: 0.2}, HALF)) == [6, 5]
    assert fuse({}, {}, HALF) == {}


def test_equal_scores_keep_a_stable_order() -> None:
    assert list(fuse({2: 1.0, 1: 1.0}, {1: 0.5, 2: 0.5}, HALF)) == [1, 2]


def test_what_both_legs_find_goes_before_what_one_finds() -> None:
    fused = fuse({1: 10.0, 2: 9.0}, {2: 0.8, 3: 0.8}, HALF)
    assert next(iter(fused)) == 2
    assert all(0 <= score <= 1 for score in fused.values())


@pytest.mark.parametrize("scale", [0.01, 1, 1000])
def test_the_scale_of_bm25_does_not_matter(scale: float) -> None:
    dense = {1: 0.3, 2: 0.6, 3: 0.5}
    assert fuse({1: 4 * scale, 3: 1 * scale}, dense, 0.4) == pytest.approx(fuse({1: 4, 3: 1}, dense, 0.4))


def test_a_candidate_more_changes_nobody_elses_score() -> None:
    few = fuse({1: 4.0, 2: 3.0}, {1: 0.5, 2: 0.6}, HALF)
    more = fuse({1: 4.0, 2: 3.0, 3: 0.1}, {1: 0.5, 2: 0.6, 3: 0.1}, HALF)
    assert {key: more[key] for key in few} == few


def test_a_cosine_below_zero_is_no_evidence() -> None:
    assert fuse({1: 1.0}, {1: 0.5, 2: -0.3}, HALF)[2] == 0


def test_words_are_trusted_by_how_many_of_them_were_found() -> None:
    found = chunk("alpha beta gamma delta epsilon zeta", document("page"))
    assert dense_weight("alpha beta gamma delta epsilon zeta eta", found) == LEAST_DENSE
    assert dense_weight("omega", found) == MOST_DENSE
    assert LEAST_DENSE < dense_weight("alpha omega", found) < MOST_DENSE


def test_what_was_written_as_the_answer_to_the_question_comes_first() -> None:
    passages = [passage("Clicks.", "a", "Tracking"), passage("A year.", "faq", "How long are clicks stored?")]
    found = headed_first("how long are CLICKS stored", passages)
    assert [each.chunk.document.id for each in found] == ["faq", "a"]
    for other in ("how long are clicks stored and counted", "stored"):
        assert headed_first(other, passages) == tuple(passages)
