import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag_core.backends.sqlite.countdown import COUNTS, SqliteCountdown
from rag_core.ports import Countdown
from tests.contracts.claims import Hands
from tests.contracts.countdown import CountdownContract


class TestSqliteCountdown(CountdownContract):
    @pytest.fixture
    def counts(self, tmp_path: Path, clock: Hands) -> Iterator[Countdown]:
        with SqliteCountdown(tmp_path, clock=clock) as counts:
            yield counts

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> Iterator[Countdown]:
        with SqliteCountdown(tmp_path, wait=0.05) as counts:
            with closing(sqlite3.connect(tmp_path / COUNTS)) as other:
                other.execute("DROP TABLE unit")
            yield counts
