"""Idempotency keys of ticket creation.

https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency: kept for two hours, and only what was
done is given back. What happens to a second request while the first is still worked on is not documented: here a 409.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.local.account.exchanging import RefusalError, Request, Response

KEPT = 2 * 3600.0
OTHER = "Request parameters don't match the given idempotency key"


@dataclass(slots=True)
class Kept:
    """What was answered under a key."""

    body: bytes
    until: float
    response: Response | None = None  # None: still worked on


class Replays:
    """What was answered to each key; `slow` is waited for while a creation is in flight."""

    def __init__(self, clock: Callable[[], float], lock: threading.RLock) -> None:
        self.slow: Callable[[], None] = lambda: None
        self._clock, self._lock = clock, lock
        self._kept: dict[str, Kept] = {}

    def once(self, request: Request, create: Callable[[Request], Response]) -> Response:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return create(request)
        if len(key) > 255:
            raise RefusalError(400, {"error": "IdempotentRequestError", "description": "Key is too long"})
        with self._lock:
            kept = self._kept.get(key)
            if kept and kept.until > self._clock():
                return self._again(kept, request)
            self._kept[key] = Kept(request.body, self._clock() + KEPT)
        try:
            self.slow()
            with self._lock:
                response = create(request)
        except RefusalError:
            del self._kept[key]
            raise
        self._kept[key].response = response
        return Response(response.status, response.payload, {**response.headers, "x-idempotency-lookup": "miss"})

    def _again(self, kept: Kept, request: Request) -> Response:
        if kept.body != request.body:
            raise RefusalError(400, {"error": "IdempotentRequestError", "description": OTHER})
        if kept.response is None:
            raise RefusalError(409, {"error": "Conflict", "description": "The request is being worked on"})
        response = kept.response
        return Response(response.status, response.payload, {**response.headers, "x-idempotency-lookup": "hit"})
