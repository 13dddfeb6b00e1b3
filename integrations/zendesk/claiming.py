"""One worker a ticket at a time: two deliveries, however close, never write at once."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from secrets import token_hex

from rag_core.domain import Deadline
from rag_core.errors import HeldError, SupportBotError
from rag_core.ports import Claims

AFTER = 5.0  # seconds by which a claim outlives the time its holder had
AGAIN = 2.0  # seconds after which a delivery that met another one may come again


@contextmanager
def held(claims: Claims, account: str, ticket: int, deadline: Deadline) -> Iterator[None]:
    """Raises HeldError where another is at it. What is killed keeps its claim until that ends by itself: a queue tries
    again for longer than that."""
    key, owner = f"zendesk:{account}:{ticket}", token_hex(8)
    if not claims.claim(key, ttl=timedelta(seconds=deadline.remaining + AFTER), owner=owner):
        raise HeldError("another worker is at this ticket", retry_after=AGAIN)
    try:
        yield
    except Exception:
        _release(claims, key, owner)
        raise
    _release(claims, key, owner)


def _release(claims: Claims, key: str, owner: str) -> None:
    with suppress(SupportBotError):  # it ends by itself
        claims.release(key, owner=owner)
