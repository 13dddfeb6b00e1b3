"""None lost, none twice, in bad weather."""

from pathlib import Path

from tests.integrations.slack.storm import Weather, storm


def test_every_question_is_answered_once(tmp_path: Path) -> None:
    toll = storm(tmp_path, 150, seed=1, weather=Weather(most_deliveries=8, losing=0.08))
    assert toll.killed > 100
    assert toll.lost_responses
    assert not toll.wrong
