"""What every Staging must do."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag_core.errors import UnavailableError
from rag_core.ports import Staging


class StagingContract(ABC):
    """Inherit and give the fixtures `staging`, empty, and `unavailable`, which is down."""

    @pytest.fixture
    @abstractmethod
    def staging(self) -> Staging: ...

    @pytest.fixture
    @abstractmethod
    def unavailable(self) -> Staging: ...

    def test_what_was_put_is_given_back(self, staging: Staging) -> None:
        for content in (b"", b"\x00\xff", "Straße 🧾".encode(), b"x" * 3_000_000):
            staging.put("run-1", "documents/7", content)
            assert staging.get("run-1", "documents/7") == content

    def test_what_was_never_put_is_none(self, staging: Staging) -> None:
        assert staging.get("run-1", "documents/7") is None

    def test_runs_and_names_are_apart(self, staging: Staging) -> None:
        staging.put("run-1", "documents/1", b"one")
        staging.put("run-1", "documents/11", b"eleven")
        staging.put("run-10", "documents/1", b"another run")
        staging.remove("run-1")
        assert staging.get("run-1", "documents/1") is None
        assert staging.get("run-1", "documents/11") is None
        assert staging.get("run-10", "documents/1") == b"another run"
        staging.remove("run-1")

    def test_no_name_leads_out_of_its_run(self, staging: Staging) -> None:
        staging.put("run-2", "kept", b"kept")
        staging.put("run-1", "../run-2/kept", b"other")
        assert staging.get("run-2", "kept") == b"kept"

    def test_all_of_a_run_is_removed_however_much_it_is(self, staging: Staging) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: staging.put("run", f"documents/{number}", b"x"), range(25)))
        staging.remove("run")
        assert not any(staging.get("run", f"documents/{number}") for number in range(25))

    def test_trouble_is_said(self, unavailable: Staging) -> None:
        with pytest.raises(UnavailableError):
            unavailable.put("run", "documents/1", b"x")
