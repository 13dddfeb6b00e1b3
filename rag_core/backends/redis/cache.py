"""The Cache port on Redis.

A value says in its first byte how it was packed, so that what is not ours, or not whole, is a miss.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from redis import Redis

from rag_core.backends.redis.connecting import RedisAddress
from rag_core.backends.redis.linking import Link

PLAIN, PACKED = b"\x00", b"\x01"
SHORT = 1024  # bytes, below which packing is not tried
LARGEST = 8 * 1024 * 1024  # bytes of a value once unpacked
REMOVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
APPEND = """
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'v', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""


class RedisCache:
    """Cache, a context manager; made at once and connected with the first use."""

    def __init__(self, address: RedisAddress) -> None:
        self._link = Link(address)

    def __enter__(self) -> "RedisCache":
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def warm(self, seconds: float) -> bool:
        """Connect now, for at most so long, where time is cheap: as a process starts. Whether it is there."""
        return self._link.warm(seconds)

    @property
    def away(self) -> bool:
        """Whether it is being spared after a failure: for a health check."""
        return self._link.away

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        none: list[bytes | None] = [None] * len(keys)
        return self._link.call(lambda: [unpacked(value) for value in self._mget(keys)], none) if keys else []

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None:
        def work() -> None:
            with self._link.client.pipeline(transaction=False) as pipe:
                for key, value in values.items():
                    pipe.set(key, packed(value), px=ttl)
                pipe.execute()

        if values:
            self._link.call(work, None)

    def add(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        return self._link.call(lambda: bool(self._link.client.set(key, packed(value), px=ttl, nx=True)), True)

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None:
        def work() -> None:
            if holding is None:
                with self._link.client.pipeline(transaction=False) as pipe:
                    for key in keys:
                        pipe.delete(key)
                    pipe.execute()
                return
            for key in keys:  # a cluster's pipeline takes no scripts
                self._link.client.eval(REMOVE, 1, key, cast(Any, packed(holding)))

        if keys:
            self._link.call(work, None)

    def append(self, name: str, value: bytes, *, longest: int, ttl: timedelta) -> None:
        arguments: tuple[Any, ...] = (longest, packed(value), int(ttl.total_seconds() * 1000))
        self._link.call(lambda: self._link.client.eval(APPEND, 1, name, *arguments), None)

    def read(self, name: str, *, after: str = "", most: int = 1000) -> list[tuple[str, bytes]]:
        def work() -> list[tuple[str, bytes]]:
            entries: Any = self._link.client.xrange(name, f"({after}" if after else "-", "+", count=most)
            values = [(mark.decode(), unpacked(fields.get(b"v", b""))) for mark, fields in entries]
            return [(mark, value) for mark, value in values if value is not None]

        return self._link.call(work, [])

    def _mget(self, keys: Sequence[str]) -> Any:
        client = self._link.client
        return client.mget(keys) if isinstance(client, Redis) else client.mget_nonatomic(keys)


def packed(value: bytes) -> bytes:
    """Always the same for the same value: `remove(holding=)` compares it."""
    if len(value) > SHORT:
        smaller = zlib.compress(value, 1)
        if len(smaller) < 0.9 * len(value):
            return PACKED + smaller
    return PLAIN + value


def unpacked(value: bytes | None) -> bytes | None:
    if not value:
        return None
    if value[:1] == PLAIN:
        return value[1:]
    try:
        opened = zlib.decompressobj()
        whole = opened.decompress(value[1:], LARGEST) if value[:1] == PACKED else b""
    except zlib.error:
        return None
    return whole if whole and opened.eof else None
