"""Faults on demand: which call of which operation goes wrong, and how.

A fault counts the calls it could have struck, so that "the third call" means the same in every test.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from tests.fakes.bedrock.refusal import IN_STREAM, STATUS, Refusal

BREAKS = ("reset", "close", "stall", "corrupt", "slow")


@dataclass(slots=True)
class Fault:
    """See `BedrockFake.fail` for the meaning of each."""

    operation: str
    kind: str
    times: int | None = 1
    after: int = 0
    calls: Collection[int] = ()
    model: str | None = None
    midway: bool = False
    after_events: int | None = None
    retry_after: float | None = None
    delay: float = 0.0
    message: str = ""
    _met: int = field(default=0, init=False)
    _struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in STATUS and self.kind not in BREAKS:
            raise ValueError(f"no fault {self.kind!r}: there are {', '.join((*BREAKS, *STATUS))}")
        self.midway = self.midway or self.after_events is not None or self.kind == "corrupt"
        if self.midway and self.operation == "ConverseStream" and self.kind in STATUS and self.kind not in IN_STREAM:
            raise ValueError(f"{self.kind} cannot come inside a stream, only {', '.join(IN_STREAM)} can")

    def strikes(self, operation: str, model: str) -> bool:
        if self.operation not in ("*", operation) or (self.model is not None and self.model not in model):
            return False
        self._met += 1
        due = self._met in self.calls if self.calls else self._met > self.after
        if not due or (not self.calls and self.times is not None and self._struck >= self.times):
            return False
        self._struck += 1
        return True

    def refusal(self) -> Refusal:
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        by_model = self.kind in ("ModelErrorException", "ModelStreamErrorException")
        fields = {"originalStatusCode": 500} if by_model else {}
        return Refusal(self.kind, self.message, headers=headers, **fields)
