"""What came in and what became of it, for a test to look at."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Call:
    """One request, parsed. Header names are in lower case.

    `outcome` is "pending", then "ok", the name of an error, or what broke: "reset", "close", "stall", "corrupt",
    "aborted" (the client hung up first).
    """

    number: int  # counts from 1 within its operation
    operation: str
    model: str  # the id as it was sent, a profile's prefix included
    region: str  # from the signature
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]
    at: float  # time.monotonic()
    outcome: str = "pending"
    events: int = 0  # how many token events of a stream were sent


@dataclass(slots=True)
class Recorder:
    """Calls in the order they came, the last `keep` of them; the counters count all."""

    keep: int
    calls: deque[Call] = field(init=False)
    counters: Counter[str] = field(default_factory=Counter)
    open_streams: int = 0
    peak_streams: int = 0

    def __post_init__(self) -> None:
        self.calls = deque(maxlen=self.keep)

    def add(self, call: Call) -> None:
        self.counters[call.operation] += 1
        call.number = self.counters[call.operation]
        self.calls.append(call)

    def close(self, call: Call, outcome: str) -> None:
        if call.outcome == "pending":
            call.outcome = outcome
            self.counters[f"{call.operation}.{outcome}"] += 1

    def stream_opened(self) -> None:
        self.open_streams += 1
        self.peak_streams = max(self.peak_streams, self.open_streams)

    def stream_closed(self) -> None:
        self.open_streams -= 1

    def clear(self) -> None:
        self.calls.clear()
        self.counters.clear()
        self.peak_streams = self.open_streams
