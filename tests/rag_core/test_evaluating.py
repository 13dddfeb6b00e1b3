"""The measures, against values worked out by hand."""

import json
import math
from pathlib import Path

import pytest

from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError
from rag_core.evaluating import Case, Finding, ask, auroc, found_evidence, ndcg, ranking, read_cases, scores
from tests.making import app, passage, write


def test_a_unit_counts_once_and_where_it_first_stands() -> None:
    found = [passage("a", "x", "One"), passage("b", "x", "Two"), passage("c", "x", "One"), passage("d", "y", "Two")]
    assert ranking(found, frozenset({"x#two", "y"})) == [False, True, True]
    assert ranking(found, frozenset({"y"})) == [False, True]
    assert ranking(found, frozenset({"x"})) == [True, False]


def test_a_passage_below_a_gold_heading_stands_in_it() -> None:
    assert ranking([passage("a", "x", "One", "Inner")], frozenset({"x#one"})) == [True]


def test_worked_example() -> None:
    case = Case("1", "q", frozenset({"x#one", "x#two"}), ("Thirty  DAYS",), answerable=True)
    found = [passage("no", "y", "Zero"), passage("thirty days", "x", "One"), passage("more", "x", "Two")]
    off = Case("2", "off", None, None, answerable=False)
    measured = scores([Finding(case, found, True, 0.9), Finding(off, [], False, 0.2)])
    assert measured["hit_at_1"] == 0
    assert measured["recall_at_3"] == 1
    assert measured["precision_at_3"] == pytest.approx(2 / 3)
    assert measured["mrr_at_10"] == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert measured["ndcg_at_10"] == pytest.approx((1 / math.log2(3) + 1 / 2) / ideal)
    assert (measured["evidence_at_1"], measured["evidence_at_3"]) == (0, 1)
    assert (measured["answered_of_answerable"], measured["declined_of_unanswerable"], measured["auroc"]) == (1, 1, 1)


def test_bounds() -> None:
    assert ndcg([True, True], 2) == 1
    assert ndcg([], 3) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
    assert auroc([], [0.5]) is None
    assert found_evidence([passage("Some Text here")], ("text HERE", "absent")) == 0.5


def test_what_is_not_known_is_not_measured() -> None:
    measured = scores([Finding(Case("1", "q", None, None, None), [passage("a")], True, 0.5)])
    assert set(measured.values()) == {None}


def test_over_a_real_index(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", refunds="## Time\n\nRefunds take thirty days.", spf="SPF is a TXT record.")
    built = app(tmp_path / "home")
    built.ingest(docs)
    cases = [
        Case("1", "How long do refunds take?", frozenset({"refunds#time"}), ("thirty days",), answerable=True),
        Case("2", "zebra giraffe", None, None, answerable=False),
    ]
    measured = scores(ask(built.answering, cases, Audience.PUBLIC))
    assert measured["hit_at_1"] == measured["evidence_at_1"] == measured["auroc"] == 1
    assert built.log.tally() == []


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1"}', '{"id": "1", "text": 5}', '"text"', '{"text": " "}'])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"id": "0", "text": "fine"}) + "\n" + line)
    with pytest.raises(MisconfiguredError, match="line 2"):
        read_cases(path)
