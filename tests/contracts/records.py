"""What every Records must do."""

import random
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from rag_core.domain import LARGEST_RECORD, Record
from rag_core.errors import RejectedError, UnavailableError
from rag_core.ports import Records
from tests.contracts.claims import Hands

HOUR = timedelta(hours=1)


def values(found: list[tuple[str, Record]]) -> list[tuple[str, bytes]]:
    return [(name, record.value) for name, record in found]


def add_one(records: Records, name: str = "count") -> None:
    """As often as somebody else comes between."""
    while True:
        seen = records.get("group", name)
        if records.change("group", name, str(int(seen.value) + 1 if seen else 1).encode(), seen=seen):
            return


class RecordsContract(ABC):
    """Inherit and give the fixtures `records`, empty and reading `clock`, and `unavailable`, which cannot tell."""

    @pytest.fixture
    def clock(self) -> Hands:
        return Hands()

    @pytest.fixture
    @abstractmethod
    def records(self, clock: Hands) -> Records: ...

    @pytest.fixture
    @abstractmethod
    def unavailable(self) -> Records: ...

    def test_a_record_comes_back_as_it_was(self, records: Records) -> None:
        given = {"empty": b"", "zeros": bytes(10), "é#/ \U0001f600": random.Random(1).randbytes(5000)}  # noqa: S311
        for name, value in given.items():
            records.put("group#1", name, value)
        assert {name: getattr(records.get("group#1", name), "value", None) for name in given} == given
        assert records.get("group#1", "unknown") is None
        assert records.get("group", "empty") is None

    def test_the_last_one_counts_and_has_another_revision(self, records: Records) -> None:
        revisions = set()
        for value in (b"1", b"2", b"2"):
            records.put("group", "name", value)
            found = records.get("group", "name")
            assert found is not None
            assert found.value == value
            revisions.add(found.revision)
        assert len(revisions) == 3

    def test_it_is_changed_only_as_it_was_seen(self, records: Records) -> None:
        assert records.change("group", "name", b"1", seen=None)
        assert not records.change("group", "name", b"2", seen=None)
        first = records.get("group", "name")
        assert records.change("group", "name", b"3", seen=first)
        assert not records.change("group", "name", b"4", seen=first)
        second = records.get("group", "name")
        assert second is not None
        assert second.value == b"3"
        records.put("group", "name", b"3")  # the same, and yet written since
        assert not records.change("group", "name", b"5", seen=second)

    def test_what_was_removed_is_absent(self, records: Records) -> None:
        records.put("group", "name", b"1")
        seen = records.get("group", "name")
        records.remove("group", "name")
        records.remove("group", "unknown")
        assert records.get("group", "name") is None
        assert records.list("group") == []
        assert not records.change("group", "name", b"2", seen=seen)
        assert records.change("group", "name", b"1", seen=None)
        assert not records.change("group", "name", b"2", seen=seen)  # made anew, and another

    def test_a_group_is_listed_by_name(self, records: Records) -> None:
        for name in ("b", "a", "B", "10", "9", "é"):
            records.put("group", name, name.encode())
        records.put("group#", "other", b"")
        assert [name for name, _ in records.list("group")] == ["10", "9", "B", "a", "b", "é"]
        assert values(records.list("group", limit=2)) == [("10", b"10"), ("9", b"9")]
        assert records.list("group", limit=0) == []
        assert records.list("gr") == []
        (_, listed), seen = records.list("group")[0], records.get("group", "10")
        assert listed == seen

    def test_a_group_of_large_records_is_listed_whole(self, records: Records) -> None:
        for number in range(12):
            records.put("group", f"{number:02}", bytes(LARGEST_RECORD - 1000))
        assert [name for name, _ in records.list("group")] == [f"{number:02}" for number in range(12)]

    def test_a_record_ends_with_its_time(self, records: Records, clock: Hands) -> None:
        records.put("group", "short", b"1", ttl=HOUR)
        assert records.change("group", "changed", b"1", seen=None, ttl=HOUR)
        records.put("group", "stays", b"1")
        seen = records.get("group", "short")
        clock.move(HOUR - timedelta(seconds=2))
        assert [name for name, _ in records.list("group")] == ["changed", "short", "stays"]
        clock.move(timedelta(seconds=3))
        assert [name for name, _ in records.list("group", limit=1)] == ["stays"]
        assert records.get("group", "short") is None
        assert not records.change("group", "short", b"2", seen=seen)
        assert records.change("group", "short", b"3", seen=None, ttl=HOUR)
        assert not records.change("group", "short", b"4", seen=None)

    def test_a_write_says_anew_how_long_it_lives(self, records: Records, clock: Hands) -> None:
        for name in ("put", "changed"):
            records.put("group", name, b"1", ttl=HOUR)
        records.put("group", "put", b"2")
        records.change("group", "changed", b"2", seen=records.get("group", "changed"), ttl=3 * HOUR)
        clock.move(2 * HOUR)
        assert values(records.list("group")) == [("changed", b"2"), ("put", b"2")]
        clock.move(2 * HOUR)
        assert values(records.list("group")) == [("put", b"2")]

    def test_all_groups_with_one_beginning_are_found(self, records: Records, clock: Hands) -> None:
        for group in ("turn#a", "turn#b", "turn", "other", "Turn#a", "%urn#a"):
            for name in ("1", "2"):
                records.put(group, name, f"{group} {name}".encode())
        records.put("turn#a", "ended", b"", ttl=HOUR)
        clock.move(2 * HOUR)
        found = sorted((group, name, record.value) for group, name, record in records.every("turn#"))
        assert found == [(group, name, f"{group} {name}".encode()) for group in ("turn#a", "turn#b") for name in "12"]
        assert len(list(records.every(""))) == 12
        for group, name, record in records.every("turn#"):
            assert records.change(group, name, b"", seen=record)
            records.remove(group, name)
        assert list(records.every("turn#")) == []

    def test_of_many_who_change_one_wins(self, records: Records) -> None:
        for _ in range(2):  # where nothing was, and where something was
            seen = records.get("group", "name")

            def change(number: int, seen: Record | None = seen) -> bool:
                return records.change("group", "name", str(number).encode(), seen=seen)

            with ThreadPoolExecutor(8) as pool:
                won = list(pool.map(change, range(24)))
            assert won.count(True) == 1
            assert getattr(records.get("group", "name"), "value", None) == str(won.index(True)).encode()

    def test_no_change_is_lost_between_threads(self, records: Records) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: add_one(records), range(40)))
        found = records.get("group", "count")
        assert found is not None
        assert found.value == b"40"

    def test_the_largest_is_kept_and_a_larger_one_rejected(self, records: Records) -> None:
        records.put("group", "name", bytes(LARGEST_RECORD))
        with pytest.raises(RejectedError, match="too large"):
            records.put("group", "name", bytes(LARGEST_RECORD + 1))
        with pytest.raises(RejectedError, match="too large"):
            records.change("group", "other", bytes(LARGEST_RECORD + 1), seen=None)
        assert values(records.list("group")) == [("name", bytes(LARGEST_RECORD))]

    def test_where_it_cannot_be_told_nobody_guesses(self, unavailable: Records) -> None:
        for act in (
            lambda: unavailable.put("group", "name", b""),
            lambda: unavailable.change("group", "name", b"", seen=None),
            lambda: unavailable.remove("group", "name"),
        ):
            with pytest.raises(UnavailableError):
                act()
