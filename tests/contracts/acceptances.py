"""What every FeedbackLog must do with what agents sent of its drafts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from rag_core.domain import Outcome, QuestionId, Use
from rag_core.errors import RejectedError
from rag_core.ports import FeedbackLog
from rag_core.tallies import Tally
from tests.contracts.feedback import DAY, TODAY, accept, ask, rating, whole
from tests.making import NOON


class AcceptanceContract:
    """Inherited beside FeedbackContract, whose `log` it takes."""

    def test_an_acceptance_is_kept_with_its_answer(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        assert log.answer(QuestionId("q1")).acceptance is None
        log.record_rating(rating("zoe", helpful=True))
        given = accept(log, "q1", Use.EDITED, 0.640625, at=datetime(2026, 11, 3, 9, 0, 0, 1, tzinfo=NOON.tzinfo))
        kept = log.answer(QuestionId("q1"))
        assert (kept.acceptance, [each.person for each in kept.ratings]) == (given, ["zoe"])
        ask(log, "q1", at=NOON + DAY)  # recorded again
        assert log.answer(QuestionId("q1")).acceptance == given

    def test_acceptances_are_counted_by_use_and_those_of_hidden_drafts_apart(self, log: FeedbackLog) -> None:
        for number, (use, kept, shadow) in enumerate(
            (
                (Use.AS_IS, 1.0, False),
                (Use.EDITED, 0.5, False),
                (Use.EDITED, 0.75, False),
                (Use.UNUSED, 0.125, False),
                (Use.AS_IS, 1.0, True),
                (Use.AS_IS, 1.0, True),
                (Use.EDITED, 0.25, True),
            )
        ):
            ask(log, f"q{number}")
            accept(log, f"q{number}", use, kept, shadow=shadow)
        ask(log, "unsent")
        assert whole(log) == [
            Tally(
                TODAY,
                {Outcome.ANSWERED: 8},
                uses={Use.AS_IS: 1, Use.EDITED: 2, Use.UNUSED: 1},
                kept=1.25,
                shadow_uses={Use.AS_IS: 2, Use.EDITED: 1},
                shadow_kept=0.25,
            )
        ]

    def test_an_acceptance_counts_for_the_day_of_its_question(self, log: FeedbackLog) -> None:
        ask(log, "q1", at=NOON - 3 * DAY)
        ask(log, "q2")
        accept(log, "q1", Use.EDITED, 0.5, at=NOON)
        accept(log, "q2", Use.UNUSED, at=NOON + DAY)
        assert [(tally.uses, tally.kept) for tally in log.tally()] == [({Use.EDITED: 1}, 0.5), ({Use.UNUSED: 1}, 0)]
        assert [tally.uses for tally in log.tally(TODAY)] == [{Use.UNUSED: 1}]

    def test_a_later_acceptance_moves_in_the_counters(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        for use, kept, shadow in (
            (Use.UNUSED, 0.0, False),
            (Use.EDITED, 0.1, False),
            (Use.EDITED, 0.7, False),
            (Use.EDITED, 0.3, True),
        ):
            last = accept(log, "q1", use, kept, shadow=shadow)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, shadow_uses={Use.EDITED: 1}, shadow_kept=0.3)]
        assert log.answer(QuestionId("q1")).acceptance == last
        accept(log, "q1", Use.AS_IS, 1.0)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, uses={Use.AS_IS: 1})]

    def test_an_acceptance_of_nothing_is_rejected(self, log: FeedbackLog) -> None:
        with pytest.raises(RejectedError, match="no answer"):
            accept(log, "unknown", Use.AS_IS, 1.0)
        assert whole(log) == []

    def test_many_acceptances_at_once_count_as_the_last(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: accept(log, "q1", Use.EDITED, n / 64, shadow=n % 2 == 0), range(40)))
        last = log.answer(QuestionId("q1")).acceptance
        assert last
        (tally,) = whole(log)
        expected = Tally(TODAY, {Outcome.ANSWERED: 1}, uses={Use.EDITED: 1}, kept=last.kept)
        if last.shadow:
            expected = Tally(TODAY, {Outcome.ANSWERED: 1}, shadow_uses={Use.EDITED: 1}, shadow_kept=last.kept)
        assert tally == expected
