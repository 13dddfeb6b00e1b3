import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.services.cache import cached


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tests.services.cache.user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "supportbot-tests"


def make(folder: Path) -> None:
    (folder / "a").write_text("a")
    time.sleep(0.1)
    (folder / "b").write_text("b")


def test_two_sessions_may_fetch_at_once(elsewhere: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: cached("parts", make), range(4)))
    assert folders == {elsewhere / "parts"}
    assert sorted(path.name for path in elsewhere.rglob("*")) == ["a", "b", "parts"]


def test_a_failed_fetch_leaves_nothing(elsewhere: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "a").write_text("a")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cached("parts", fail)
    assert list(elsewhere.iterdir()) == []
