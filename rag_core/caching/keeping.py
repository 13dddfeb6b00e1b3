"""Answers as bytes.

What does not decode as exactly what was kept is a miss: a cache is never trusted to hold what was put there.
"""

import msgspec

from rag_core.domain import Answer
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError

ERRORS = {kind.__name__: kind for kind in (MisconfiguredError, RejectedError, UnavailableError)}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What came of a draft, with the place it was made for."""

    stem: str
    answer: Answer | None = None
    error: str = ""
    message: str = ""
    origin: str = ""  # the place of the answer itself, where it was found by meaning

    @property
    def raised(self) -> SupportBotError | None:
        return ERRORS.get(self.error, UnavailableError)(self.message) if self.error else None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Kept)


def failed(stem: str, error: SupportBotError) -> Kept:
    kind = next((name for name, kind in ERRORS.items() if isinstance(error, kind)), UnavailableError.__name__)
    return Kept(stem, error=kind, message=str(error))


def encode(kept: Kept) -> bytes:
    return _encoder.encode(kept)


def decode(value: bytes | None, stem: str) -> Kept | None:
    if value is None:
        return None
    try:
        kept = _decoder.decode(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return kept if kept.stem == stem and (kept.answer is not None or kept.error) else None
