"""Read an event stream a few times a second, not token by token.

A process that wakes for every token 5 ms apart spends twice the time of one that reads 30 of them at once, and botocore
decodes an event in 60 us, most of it for shapes that we do not need. What came is taken at once; then we look away.
The frames: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html, their headers as botocore reads them.
"""

import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any
from zlib import crc32

import msgspec
from botocore.compat import set_socket_timeout
from botocore.eventstream import ChecksumMismatch, EventStreamHeaderParser, InvalidPayloadLength, ParserError
from botocore.exceptions import EventStreamError

HEAD = struct.Struct(">III")  # the frame's length, that of its headers, the CRC of these two
LONGEST = 16 * 1024**2  # bytes of a frame
LEAST = 0.01  # seconds that a read waits: with none at all a socket does not block
WAITED = 0.0005  # seconds: what was read after these had not been there yet
Event = tuple[str, dict[str, Any]]  # its kind, its payload


def events(stream: Any, pause: Callable[[], float], patience: Callable[[], float]) -> Iterator[Event]:
    """Of a botocore EventStream; after all that is there, nothing is read for `pause` seconds, and
    the next piece is waited for at most `patience`, whatever the request began with.

    Raises what botocore does: EventStreamError, ParserError, urllib3's HTTPError.
    """
    raw, frames = stream._raw_stream, Frames()
    looked = time.monotonic()
    for piece in _pieces(raw, patience):
        waited = time.monotonic() - looked > WAITED
        yield from frames.feed(piece)
        if waited and not _readable(raw):  # on a busy machine a read takes long although there is more
            time.sleep(max(pause(), 0.0))
        looked = time.monotonic()
    if frames.unfinished:
        raise ParserError("the stream ended within a frame")


def _pieces(raw: Any, patience: Callable[[], float]) -> Iterator[bytes]:
    pieces = raw.read_chunked() if raw.chunked else iter(lambda: raw.read1(65_536), b"")
    while True:
        seconds = max(patience(), LEAST)
        with suppress(AttributeError):  # no socket: all of it was read
            set_socket_timeout(raw, seconds)
        piece = next(pieces, None)
        if piece is None:
            return
        yield piece


class Frames:
    """Bytes in as they come, events out."""

    def __init__(self) -> None:
        self._data = b""

    @property
    def unfinished(self) -> bool:
        return bool(self._data)

    def feed(self, piece: bytes) -> Iterator[Event]:
        data = self._data = self._data + piece if self._data else piece
        start = 0
        while len(data) - start >= HEAD.size:
            length, head, crc = HEAD.unpack_from(data, start)
            _check(data[start : start + 8], crc)
            if not head + 16 <= length <= LONGEST:
                raise InvalidPayloadLength(length)
            end = start + length
            if len(data) < end:
                break
            _check(data[start : end - 4], int.from_bytes(data[end - 4 : end], "big"))
            body = start + HEAD.size + head
            start, headers, payload = end, data[start + HEAD.size : body], data[body : end - 4]
            self._data = data[start:]
            yield _event(headers, payload)
        self._data = data[start:]


def _event(headers: bytes, payload: bytes) -> Event:
    named = _headers(headers)
    try:
        found: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any]) if payload else {}
    except msgspec.DecodeError as error:
        raise ParserError("a frame is no JSON") from error
    kind = named.get(":message-type")
    if kind == "event":
        return named[":event-type"], found
    code, message = named.get(":exception-type"), found.get("message") or found.get("Message", "")
    if kind == "error":
        code, message = named.get(":error-code"), named.get(":error-message", "")
    raise EventStreamError({"Error": {"Code": str(code or ""), "Message": str(message)}}, "ConverseStream")


@lru_cache(maxsize=64)
def _headers(encoded: bytes) -> dict[str, Any]:
    """There are a handful, one a kind of event."""
    found: dict[str, Any] = EventStreamHeaderParser().parse(encoded)
    return found


def _check(data: bytes, crc: int) -> None:
    if crc32(data) != crc:
        raise ChecksumMismatch(crc, crc32(data))


def _readable(raw: Any) -> bool:
    """Whether the kernel has more of it."""
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))
