"""Frames of application/vnd.amazon.eventstream.

A frame is total length, header length, CRC of these two, headers, payload, CRC of all before it; big-endian.
"""

import json
import struct
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = b"\x07"
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def frame(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def event(kind: str, payload: Mapping[str, Any]) -> bytes:
    # Bedrock pads every event with a member "p" of changing length, so that sizes do not betray the tokens.
    size = len(payload) * 7 % 23 + 3
    return frame(_headers("event", kind), json.dumps({**payload, "p": _PADDING[:size]}).encode())


@lru_cache(maxsize=65536)
def text_delta(index: int, text: str) -> bytes:
    """The frame there is most of. A benchmark's answers use the same words again and again."""
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}})


def exception(kind: str, message: str, **fields: Any) -> bytes:
    return frame(_headers("exception", kind), json.dumps({"message": message, **fields}).encode())


def corrupted(whole: bytes) -> bytes:
    """The same frame with one bit of its payload turned over: its CRC no longer holds."""
    position = len(whole) - 6
    return whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]


@cache
def _headers(message: str, kind: str) -> bytes:
    named = {
        ":exception-type" if message == "exception" else ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": message,
    }
    return b"".join(_header(name, value) for name, value in named.items())


def _header(name: str, value: str) -> bytes:
    encoded = value.encode()
    return bytes([len(name)]) + name.encode() + _STRING + struct.pack(">H", len(encoded)) + encoded
