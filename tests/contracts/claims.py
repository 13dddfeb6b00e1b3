"""What every Claims must do."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from rag_core.errors import UnavailableError
from rag_core.ports import Claims

HOUR = timedelta(hours=1)


class Hands:
    """A clock that stands still until a test moves it; its readings are seconds since the epoch."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by.total_seconds()


class ClaimsContract(ABC):
    """Inherit and give the fixtures `claims`, empty and reading `clock`, and `unavailable`, which cannot tell."""

    @pytest.fixture
    def clock(self) -> Hands:
        return Hands()

    @pytest.fixture
    @abstractmethod
    def claims(self, clock: Hands) -> Claims: ...

    @pytest.fixture
    @abstractmethod
    def unavailable(self) -> Claims: ...

    def test_one_of_many_wins(self, claims: Claims) -> None:
        for key in ("q1", "q2", "q3"):
            with ThreadPoolExecutor(8) as pool:
                won = list(pool.map(lambda _, key=key: claims.claim(key, ttl=HOUR), range(24)))
            assert won.count(True) == 1

    def test_keys_are_apart(self, claims: Claims) -> None:
        assert claims.claim("q1", ttl=HOUR)
        assert claims.claim("q2", ttl=HOUR)
        assert claims.claim("Q1", ttl=HOUR)

    def test_a_claim_ends_with_its_time(self, claims: Claims, clock: Hands) -> None:
        assert claims.claim("q1", ttl=HOUR)
        clock.move(HOUR - timedelta(seconds=2))
        assert not claims.claim("q1", ttl=HOUR)
        clock.move(timedelta(seconds=3))  # what lost did not prolong it
        assert claims.claim("q1", ttl=HOUR)
        assert not claims.claim("q1", ttl=HOUR)

    def test_it_is_held_for_as_long_as_a_queue_redelivers(self, claims: Claims, clock: Hands) -> None:
        assert claims.claim("event", ttl=timedelta(days=15))
        clock.move(timedelta(days=14, hours=23))
        assert not claims.claim("event", ttl=timedelta(days=15))

    def test_one_of_many_wins_what_has_ended(self, claims: Claims, clock: Hands) -> None:
        claims.claim("q1", ttl=HOUR)
        clock.move(2 * HOUR)
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda _: claims.claim("q1", ttl=HOUR), range(24)))
        assert won.count(True) == 1

    def test_what_was_given_back_can_be_claimed(self, claims: Claims) -> None:
        assert claims.claim("q1", ttl=HOUR)
        claims.release("q1")
        claims.release("unknown")
        assert claims.claim("q1", ttl=HOUR)

    def test_an_owner_that_comes_again_is_told_so(self, claims: Claims, clock: Hands) -> None:
        assert claims.claim("q1", ttl=HOUR, owner="delivery 7")
        assert not claims.claim("q1", ttl=HOUR, owner="delivery 8")
        assert not claims.claim("q1", ttl=HOUR)
        clock.move(HOUR / 2)
        assert claims.claim("q1", ttl=HOUR, owner="delivery 7")
        clock.move(HOUR * 0.75)  # from the second time on
        assert not claims.claim("q1", ttl=HOUR, owner="delivery 8")

    def test_an_owner_gives_back_only_its_own(self, claims: Claims, clock: Hands) -> None:
        assert claims.claim("q1", ttl=HOUR, owner="slow")
        clock.move(2 * HOUR)
        assert claims.claim("q1", ttl=HOUR, owner="next")
        claims.release("q1", owner="slow")
        claims.release("unknown", owner="slow")
        assert not claims.claim("q1", ttl=HOUR)
        claims.release("q1", owner="next")
        assert claims.claim("q1", ttl=HOUR)

    def test_where_it_cannot_be_told_nobody_guesses(self, unavailable: Claims) -> None:
        with pytest.raises(UnavailableError):
            unavailable.claim("q1", ttl=HOUR)
        with pytest.raises(UnavailableError):
            unavailable.release("q1")
