import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from rag_core.backends.sqlite.claims import CLAIMS, SqliteClaims
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.ports import Claims
from tests.contracts.claims import HOUR, ClaimsContract, Hands


def won(home: Path, keys: list[str]) -> list[str]:
    with SqliteClaims(home) as claims:
        return [key for key in keys if claims.claim(key, ttl=HOUR)]


class TestSqliteClaims(ClaimsContract):
    @pytest.fixture
    def claims(self, tmp_path: Path, clock: Hands) -> Iterator[Claims]:
        with SqliteClaims(tmp_path, clock=clock) as claims:
            yield claims

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> Iterator[Claims]:
        with SqliteClaims(tmp_path, wait=0.05) as claims, closing(sqlite3.connect(tmp_path / CLAIMS)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield claims

    def test_of_several_processes_one_wins_each_key(self, tmp_path: Path) -> None:
        keys = [f"k{number}" for number in range(50)]
        with ProcessPoolExecutor(4, get_context("spawn")) as pool:
            winners = [key for each in pool.map(won, [tmp_path] * 4, [keys] * 4) for key in each]
        assert sorted(winners) == sorted(keys)

    def test_it_survives_its_process(self, tmp_path: Path) -> None:
        assert won(tmp_path, ["q1"]) == ["q1"]
        assert won(tmp_path, ["q1"]) == []

    def test_what_has_ended_takes_no_room(self, tmp_path: Path, clock: Hands) -> None:
        with SqliteClaims(tmp_path, clock=clock) as claims:
            for number in range(50):
                claims.claim(f"k{number}", ttl=HOUR)
            clock.move(2 * HOUR)
            claims.claim("later", ttl=HOUR)
        with closing(sqlite3.connect(tmp_path / CLAIMS)) as db:
            assert db.execute("SELECT key FROM claim").fetchall() == [("later",)]

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / CLAIMS).write_bytes(b"not a database" * 100)
        with pytest.raises(MisconfiguredError, match="damaged"):
            SqliteClaims(tmp_path)

    def test_a_folder_in_its_place_is_named(self, tmp_path: Path) -> None:
        (tmp_path / CLAIMS).mkdir()
        with pytest.raises(MisconfiguredError, match="is a folder"):
            SqliteClaims(tmp_path)

    def test_a_file_that_cannot_be_opened_is_unavailable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object, **__: object) -> None:
            raise sqlite3.OperationalError("unable to open database file")

        monkeypatch.setattr(sqlite3, "connect", refused)
        with pytest.raises(UnavailableError, match="unable to open"):
            SqliteClaims(tmp_path)
