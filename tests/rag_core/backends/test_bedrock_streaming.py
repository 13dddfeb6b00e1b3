"""The event stream as it is read: whole events whatever the pieces, and few looks at it."""

import itertools
import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import EventStreamError
from urllib3.exceptions import ReadTimeoutError

from rag_core.assembling import Assembler
from rag_core.backends.bedrock.answering import _Reply
from rag_core.backends.bedrock.client import translated
from rag_core.backends.bedrock.pricing import NO_PRICES
from rag_core.backends.bedrock.streaming import Frames, events
from rag_core.errors import UnavailableError
from tests.fakes.bedrock import frames
from tests.fakes.bedrock.answering import Answer
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import passage

MODEL = "global.anthropic.claude-haiku-5-5"
TEXT = [frames.text_delta(0, word) for word in ("Thirty", " days", ".")]
WHOLE = b"".join([frames.event("messageStart", {"role": "assistant"}), *TEXT])


def fed(*pieces: bytes) -> list[tuple[str, Any]]:
    made = Frames()
    found = [event for piece in pieces for event in made.feed(piece)]
    assert not made.unfinished
    return found


@pytest.mark.parametrize("size", [1, 7, 16, 100, 1_000])
def test_pieces_may_end_anywhere(size: int) -> None:
    found = fed(*(WHOLE[start : start + size] for start in range(0, len(WHOLE), size)))
    assert [kind for kind, _ in found] == ["messageStart", *["contentBlockDelta"] * 3]
    assert "".join(payload["delta"]["text"] for _, payload in found[1:]) == "Thirty days."


@pytest.mark.parametrize("place", [0, 3, 5, 9, 40, -1])
def test_a_bit_that_turned_over_is_seen_and_what_came_before_it_stays(place: int) -> None:
    bad = bytearray(TEXT[1])
    bad[place] ^= 1
    found = []
    with pytest.raises(ParserError):  # noqa: PT012 - what it gives before it raises is the point
        for event in Frames().feed(TEXT[0] + bytes(bad) + TEXT[2]):
            found.append(event)
    assert [payload["delta"]["text"] for _, payload in found] == ["Thirty"]


def test_an_exception_has_its_name_and_its_message() -> None:
    with pytest.raises(EventStreamError) as raised:
        fed(frames.exception("throttlingException", "Slow down."))
    assert raised.value.response["Error"] == {"Code": "throttlingException", "Message": "Slow down."}


def test_an_error_that_does_not_say_why_may_pass() -> None:
    nameless = frames.frame(frames._header(":message-type", "error"), b"")
    with pytest.raises(UnavailableError, match="does not say why"), translated("the model m"):
        fed(nameless)


class Raw:
    """As urllib3's response, where the length is announced or the connection ends it."""

    chunked = False

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read1(self, _most: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


class Stream:
    def __init__(self, *pieces: bytes) -> None:
        self._raw_stream = Raw(*pieces)


def test_a_stream_that_is_not_chunked_is_read_too() -> None:
    assert len(list(events(Stream(WHOLE[:50], WHOLE[50:]), lambda: 0.0, lambda: 1.0))) == 4


def test_half_a_frame_at_the_end_is_no_end() -> None:
    with pytest.raises(ParserError):
        list(events(Stream(WHOLE, TEXT[0][:-1]), lambda: 0.0, lambda: 1.0))


def test_what_came_meanwhile_is_read_at_once() -> None:
    with BedrockFake() as fake:
        fake.settings.between_tokens = 0.005
        fake.script(Answer(" word" * 60))
        stream = fake.client().converse_stream(
            modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Why?"}]}]
        )
        looks = itertools.count()
        kinds = [kind for kind, _ in events(stream["stream"], lambda: 0.1 * bool(next(looks) + 1), lambda: 9.0)]
    assert kinds[0] == "messageStart"
    assert kinds[-2:] == ["messageStop", "metadata"]
    assert kinds.count("contentBlockDelta") == 60
    assert 2 <= next(looks) <= 6


def test_a_piece_is_waited_for_as_long_as_is_said_at_that_moment() -> None:
    with BedrockFake() as fake:
        asked: Any = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Why?"}]}]}
        client, patience = fake.client(config=Config(read_timeout=20)), itertools.chain([5.0], itertools.repeat(0.2))
        fake.fail("ConverseStream", with_="stall", midway=True, after_events=2)
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            list(events(client.converse_stream(**asked)["stream"], lambda: 0.0, lambda: next(patience)))
        assert time.monotonic() - started < 2
        assert list(events(client.converse_stream(**asked)["stream"], lambda: 0.0, lambda: 0.4))
        fake.settings.first_token = 0.8  # the next request on this connection waits as long as its own settings say
        assert list(events(client.converse_stream(**asked)["stream"], lambda: 0.0, lambda: 5.0))


TEXTS = [
    "It takes thirty days. Ask billing, e.g. Ada. Then wait!",
    'It costs 2.50 EUR. (See the fees.) "Really?" Yes.',
    "Do this:\n\n1. Open it.\n2. Close it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\nDone. Well",
    "Run\n\n```sh\nls. -l\n```\nand look. It is there.",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_a_statement_comes_with_the_same_piece_as_without_holding(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    passages = [passage(text)]
    shown: list[str] = []
    reply, plain = _Reply(passages, lambda statement: shown.append(statement.text)), Assembler(passages)
    reply.begin(MODEL, NO_PRICES)
    cited = {"location": {"searchResultLocation": {"searchResultIndex": 0}}}
    reply.take("contentBlockDelta", {"delta": {"citation": cited}})
    wanted = [statement.text for statement in plain.cite(0)]
    for piece in pieces:
        reply.take("contentBlockDelta", {"delta": {"text": piece}})
        wanted += [statement.text for statement in plain.text(piece)]
        assert shown == wanted
