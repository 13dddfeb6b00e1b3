"""What every FeedbackLog must count by channel and by source."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rag_core.domain import Citation, DocumentId, Outcome, PersonId, QuestionId, SourceName
from rag_core.ports import FeedbackLog
from rag_core.tallies import Tally, Verdicts
from tests.contracts.feedback import DAY, TODAY, rating
from tests.making import NOON, answer, question

HANDBOOK, BLOG = SourceName("handbook"), SourceName("s3/blog")


def ask(
    log: FeedbackLog,
    name: str,
    channel: str,
    *cited: SourceName,
    outcome: Outcome = Outcome.ANSWERED,
    day: date = TODAY,
) -> None:
    asked = replace(question("Why?", name=name), channel=channel, asked_at=NOON - (TODAY - day))
    citations = tuple(
        Citation("Page", "https://help.example/page", source, DocumentId(f"page{n}")) for n, source in enumerate(cited)
    )
    log.record_answer(asked, replace(answer(asked, outcome), citations=citations))


def rate(log: FeedbackLog, name: str, person: str, *, helpful: bool) -> None:
    log.record_rating(rating(person, helpful=helpful, name=name))


def only(log: FeedbackLog) -> Tally:
    (tally,) = log.tally()
    return tally


class BreakdownContract:
    """Inherited beside FeedbackContract, whose `log` it takes."""

    def test_questions_are_counted_by_channel_and_outcome(self, log: FeedbackLog) -> None:
        ask(log, "q1", "slack")
        ask(log, "q2", "slack", outcome=Outcome.UNSUPPORTED)
        ask(log, "q3", "zendesk")
        ask(log, "q4", "slack", day=TODAY - DAY)
        expected: list[tuple[date, Mapping[str, Mapping[Outcome, int]]]] = [
            (TODAY - DAY, {"slack": {Outcome.ANSWERED: 1}}),
            (TODAY, {"slack": {Outcome.ANSWERED: 1, Outcome.UNSUPPORTED: 1}, "zendesk": {Outcome.ANSWERED: 1}}),
        ]
        assert [(tally.day, tally.asked_in) for tally in log.tally()] == expected
        assert [tally.day for tally in log.tally(TODAY)] == [TODAY]

    def test_one_recorded_again_counts_as_the_last(self, log: FeedbackLog) -> None:
        ask(log, "q1", "slack", outcome=Outcome.NO_EVIDENCE)
        ask(log, "q1", "slack")
        assert only(log).asked_in == {"slack": {Outcome.ANSWERED: 1}}

    def test_ratings_are_counted_by_channel_and_by_each_source(self, log: FeedbackLog) -> None:
        ask(log, "q1", "slack", HANDBOOK, BLOG, HANDBOOK)
        ask(log, "q2", "zendesk", BLOG)
        rate(log, "q1", "ada", helpful=True)
        rate(log, "q1", "bob", helpful=False)
        rate(log, "q2", "ada", helpful=False)
        assert only(log).rated_in == {"slack": Verdicts(1, 1), "zendesk": Verdicts(0, 1)}
        assert only(log).rated_from == {HANDBOOK: Verdicts(1, 1), BLOG: Verdicts(1, 2)}

    def test_who_thinks_again_counts_once(self, log: FeedbackLog) -> None:
        ask(log, "q1", "slack", HANDBOOK)
        rate(log, "q1", "ada", helpful=True)
        ask(log, "q1", "slack", BLOG)  # drafted again, from elsewhere
        assert only(log).rated_from == {HANDBOOK: Verdicts(1, 0)}
        rate(log, "q1", "ada", helpful=False)
        assert (only(log).rated_in, only(log).rated_from) == ({"slack": Verdicts(0, 1)}, {BLOG: Verdicts(0, 1)})

    def test_an_answer_that_cites_nothing_counts_for_its_channel_alone(self, log: FeedbackLog) -> None:
        ask(log, "q1", "api")
        rate(log, "q1", "ada", helpful=True)
        assert (only(log).rated_in, only(log).rated_from) == ({"api": Verdicts(1, 0)}, {})

    def test_what_is_forgotten_stays_counted_where_it_was(self, log: FeedbackLog) -> None:
        ask(log, "q1", "slack", HANDBOOK)
        rate(log, "q1", "ada", helpful=True)
        before = only(log)
        log.forget_rater(QuestionId("q1"), PersonId("ada"))
        assert only(log) == before
        log.forget(QuestionId("q1"))
        assert only(log) == before
