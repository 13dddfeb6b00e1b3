import pytest

from rag_core.fusing import fuse


def test_a_leg_that_found_nothing_has_no_say() -> None:
    assert list(fuse({1: 3.0, 2: 1.0}, {})) == [1, 2]
    assert list(fuse({}, {5: 0.2, 6: 0.9})) == [6, 5] or list(fuse({}, {6: 0.9, 5: 0.2})) == [6, 5]
    assert fuse({}, {}) == {}


def test_equal_scores_keep_a_stable_order() -> None:
    assert list(fuse({2: 1.0, 1: 1.0}, {1: 0.5, 2: 0.5})) == [1, 2]


def test_what_both_legs_find_goes_before_what_one_finds() -> None:
    fused = fuse({1: 10.0, 2: 9.0}, {2: 0.8, 3: 0.8})
    assert next(iter(fused)) == 2
    assert max(fused.values()) <= 1.0 + 1e-9
    assert min(fused.values()) >= 0


@pytest.mark.parametrize("scale", [0.01, 1, 1000])
def test_the_scale_of_bm25_does_not_matter(scale: float) -> None:
    dense = {1: 0.3, 2: 0.6, 3: 0.5}
    fused = fuse({1: 4 * scale, 3: 1 * scale}, dense)
    assert fused == pytest.approx(fuse({1: 4, 3: 1}, dense))
