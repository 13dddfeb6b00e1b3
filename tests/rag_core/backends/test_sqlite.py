from pathlib import Path

import pytest

from rag_core.backends.sqlite import FEEDBACK, SqliteFeedbackLog
from rag_core.domain import QuestionId
from rag_core.errors import MisconfiguredError
from rag_core.ports import FeedbackLog
from tests.contracts.feedback import FeedbackContract, rating
from tests.making import answer, question


class TestSqliteFeedbackLog(FeedbackContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> FeedbackLog:
        return SqliteFeedbackLog(tmp_path)

    def test_it_survives_its_process(self, tmp_path: Path) -> None:
        log = SqliteFeedbackLog(tmp_path)
        log.record_answer(question("Why?"), answer(question("Why?")))
        log.record_rating(rating("ada", helpful=True))
        assert len(SqliteFeedbackLog(tmp_path).answer(QuestionId("q1")).ratings) == 1

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / FEEDBACK).write_bytes(b"not a database" * 100)
        with pytest.raises(MisconfiguredError, match="damaged"):
            SqliteFeedbackLog(tmp_path)
