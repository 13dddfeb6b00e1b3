"""What every Cache must do."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from rag_core.ports import Cache

HOUR = timedelta(hours=1)
SHORT = timedelta(milliseconds=80)


class CacheContract:
    """Inherit and give the fixture `cache`, empty."""

    def test_a_value_comes_back_as_it_was(self, cache: Cache) -> None:
        values = {
            "empty": b"",
            "zeros": bytes(10),
            "long": b"abc" * 50_000,
            "random": random.Random(1).randbytes(5000),  # noqa: S311
        }
        cache.put(values, ttl=HOUR)
        assert cache.get([*values, "unknown"]) == [*values.values(), None]
        assert cache.get([]) == []

    def test_many_keys_at_once_wherever_they_lie(self, cache: Cache) -> None:
        values = {f"key {number}": str(number).encode() for number in range(200)}
        cache.put(values, ttl=HOUR)
        assert cache.get(list(values)) == list(values.values())
        cache.remove(list(values)[:100])
        assert cache.get(list(values)) == [None] * 100 + list(values.values())[100:]

    def test_the_last_one_counts_until_its_time_is_over(self, cache: Cache) -> None:
        cache.put({"a": b"1"}, ttl=SHORT)
        cache.put({"a": b"2"}, ttl=HOUR)
        cache.put({"b": b"3"}, ttl=SHORT)
        time.sleep(0.15)
        assert cache.get(["a", "b"]) == [b"2", None]

    def test_one_of_many_adds(self, cache: Cache) -> None:
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda n: cache.add("lease", str(n).encode(), ttl=HOUR), range(40)))
        assert added.count(True) == 1
        assert cache.get(["lease"]) == [str(added.index(True)).encode()]

    def test_what_has_expired_can_be_added_again(self, cache: Cache) -> None:
        assert cache.add("lease", b"1", ttl=SHORT)
        assert not cache.add("lease", b"2", ttl=HOUR)
        time.sleep(0.15)
        assert cache.add("lease", b"3", ttl=HOUR)

    def test_only_the_holder_removes(self, cache: Cache) -> None:
        cache.put({"lease": b"mine", "large": b"x" * 9000}, ttl=HOUR)
        cache.remove(["lease", "unknown"], holding=b"yours")
        assert cache.get(["lease"]) == [b"mine"]
        cache.remove(["lease"], holding=b"mine")
        cache.remove(["large"], holding=b"x" * 9000)
        assert cache.get(["lease", "large"]) == [None, None]

    def test_a_series_is_read_on_from_a_mark(self, cache: Cache) -> None:
        for number in range(5):
            cache.append("series", str(number).encode(), longest=100, ttl=HOUR)
        first = cache.read("series", most=3)
        assert [value for _, value in first] == [b"0", b"1", b"2"]
        rest = cache.read("series", after=first[-1][0])
        assert [value for _, value in rest] == [b"3", b"4"]
        assert cache.read("series", after=rest[-1][0]) == cache.read("unknown") == []

    def test_a_series_loses_its_oldest(self, cache: Cache) -> None:
        for number in range(700):
            cache.append("series", str(number).encode(), longest=200, ttl=HOUR)
        values = [value for _, value in cache.read("series")]
        assert 200 <= len(values) <= 400
        assert values[-1] == b"699"

    def test_a_series_ends_unless_it_goes_on(self, cache: Cache) -> None:
        cache.append("series", b"1", longest=10, ttl=SHORT)
        cache.append("over", b"1", longest=10, ttl=SHORT)
        cache.append("series", b"2", longest=10, ttl=HOUR)
        time.sleep(0.15)
        assert [value for _, value in cache.read("series")] == [b"1", b"2"]
        assert cache.read("over") == []

    def test_a_series_begun_anew_is_read_on(self, cache: Cache) -> None:
        cache.append("series", b"1", longest=10, ttl=HOUR)
        mark = cache.read("series")[-1][0]
        cache.remove(["series"])
        time.sleep(0.005)  # marks may be times
        cache.append("series", b"2", longest=10, ttl=HOUR)
        assert [value for _, value in cache.read("series", after=mark)] == [b"2"]

    def test_a_series_is_no_value_and_a_value_no_series(self, cache: Cache) -> None:
        cache.append("series", b"1", longest=10, ttl=HOUR)
        cache.put({"value": b"1"}, ttl=HOUR)
        assert cache.get(["series"]) == [None]
        assert cache.read("value") == []
        assert cache.get(["value"]) == [b"1"]
